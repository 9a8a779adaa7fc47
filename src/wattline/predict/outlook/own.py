"""A user's own files for the outlook: figures of a series, or the stock of a company or country."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.reading import read_text
from wattline.line.world.drivers import OwnStock
from wattline.line.world.published import LIMIT_BYTES
from wattline.line.world.stock import FIRST, LAST, YEARS

COLUMNS = ("servers_million", "chips_gw")


def read_stock(path: Path | str) -> OwnStock:
    """Shipments by year from a CSV: ``year``, and ``servers_million`` or ``chips_gw`` (TDP of AI chips) or both.

    Parameters
    ----------
    path : the file

    Returns
    -------
    Its name, and the two series by year.

    Raises WattlineError where it cannot be read.
    """
    name = str(path)
    lines = read_text(path, LIMIT_BYTES, "stock").splitlines()
    table = csv.DictReader((x for x in lines if x.strip() and not x.startswith("#")), skipinitialspace=True)
    names = [column for column in COLUMNS if column in (table.fieldnames or [])]
    if "year" not in (table.fieldnames or []) or not names:
        raise WattlineError(f"{name}: needs the columns year, and {' or '.join(COLUMNS)}")
    made = {column: np.zeros(len(YEARS)) for column in COLUMNS}
    for i, row in enumerate(table, 2):
        try:
            year, values = int(row["year"]), {column: float(row[column] or 0) for column in names}
        except (TypeError, ValueError):
            raise WattlineError(f"{name}, row {i}: year, {' and '.join(names)} must be numbers") from None
        if not FIRST <= year <= LAST or not all(0 <= value < 1e6 for value in values.values()):
            raise WattlineError(f"{name}, row {i}: give years from {FIRST} to {LAST} and shipments of 0 or more")
        for column, value in values.items():
            made[column][year - FIRST] += value
    if not any(values.any() for values in made.values()):
        raise WattlineError(f"{name}: has no shipments")
    return OwnStock(Path(path).stem, made["servers_million"], made["chips_gw"])
