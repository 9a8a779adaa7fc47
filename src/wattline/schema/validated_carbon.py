"""The JSON of ``validate carbon``: errors of forecasts by lead time."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import EnvelopeJson, StrictJson, item


class ForecastInputs(StrictJson):
    """What was forecast, and what the regression had not seen."""

    signal: Literal["lifecycle", "direct", "marginal", "price", "clean"] = item("The signal.")
    left_out: Literal["region", "year"] | None = item(
        "What the regression was not fitted on: the grid itself, the year scored; null where it learns as it walks."
    )
    delay_h: float = item("Hours from the end of a step to its publication.")


class LeadErrorJson(StrictJson):
    """How far forecasts lay from what came, at one lead."""

    lead_h: float = item("Hours from the issue to the step that it is about.")
    forecasts: int = item("Forecasts scored.")
    mean_absolute: float = item("Mean absolute error, in the file's `unit`.")
    root_mean_square: float = item("Root of the mean squared error.")
    mean: float = item("Mean of forecast less outcome.")
    share: float = item("Mean absolute error over the mean of what came.")


class ForecastFileJson(StrictJson):
    """One grid."""

    file: str = item("The file.")
    name: str = item("The zone, or the file's name.")
    region: str | None = item("Region of the catalog whose sun and usual weather were taken; null without.")
    unit: str = item("Unit of the errors.")
    first_utc: str = item("Begin of the series.")
    last_utc: str = item("Its end.")
    models: dict[Literal["persistence", "climatology", "regression"], list[LeadErrorJson]] = item(
        "Errors of each forecaster, a row for each lead."
    )


class ForecastResults(StrictJson):
    """Every file."""

    files: list[ForecastFileJson] = item("In the order that they were given.")


class ValidateCarbonJson(EnvelopeJson[ForecastInputs, ForecastResults]):
    """Forecasts of carbon and price beside what came, by lead time."""

    command: Literal["validate carbon"]
