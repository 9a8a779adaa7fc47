"""Errors of forecasts by lead time, on the screen."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from wattline.report.terminal.answer import remarks
from wattline.report.terminal.tables import plain_table
from wattline.report.words import Json

LEFT_OUT = {
    "region": "; the regression is fitted on the other grids alone",
    "year": "; the regression is fitted on the years before",
}


def carbon_validation_text(data: Json) -> RenderableType:
    """Mean absolute error over the mean, a row for each grid and forecaster, a column for each lead."""
    inputs, files = data["inputs"], data["results"]["files"]
    words = f"Forecasts of {inputs['signal']} by hours ahead: mean absolute error over the mean"
    leads = [f"{error['lead_h']:g} h" for error in next(iter(files[0]["models"].values()))]
    table = plain_table("", "forecast", *leads, "mean error at 24 h", left=("", "forecast"))
    for each in files:
        for i, (model, errors) in enumerate(each["models"].items()):
            day = next((error for error in errors if error["lead_h"] >= 24), errors[-1])
            shares = [f"{error['share']:.1%}" for error in errors]
            table.add_row(each["name"] if i == 0 else "", model, *shares, f"{day['mean']:+.3g} {each['unit']}")
    return Group(Text(words + LEFT_OUT.get(inputs["left_out"], ""), style="bold"), table, *remarks(data))
