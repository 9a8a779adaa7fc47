"""The fitted coefficients of the paths, by the year of the figures that they were fitted to."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from wattline.line.world.path_model import PathModel, stated_model
from wattline.line.world.tables import table_rows

FILE = "coefficients.csv"


@lru_cache(maxsize=1)
def fitted_models() -> dict[int, PathModel]:
    """Coefficients by year of origin, the oldest first: each fitted to what was published by the end of that year."""
    values: dict[int, dict[str, float]] = {}
    for row in table_rows(FILE):
        values.setdefault(int(row["origin"]), {})[row["coefficient"]] = float(row["value"])
    return {origin: replace(stated_model(), **values[origin]) for origin in sorted(values)}


def path_model(as_of: int) -> PathModel:
    """The coefficients that an outlook of this year may use: those of the newest origin that is not later.

    Parameters
    ----------
    as_of : year of the outlook

    Returns
    -------
    The coefficients with their origin.
    """
    models = fitted_models()
    origins = [origin for origin in models if origin <= as_of]
    return models[origins[-1]] if origins else stated_model()
