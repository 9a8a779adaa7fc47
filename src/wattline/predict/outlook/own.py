"""A user's own files for the outlook: figures of a series, or the stock of a company or country."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.world.drivers import OwnStock
from wattline.line.world.published import has_energy, read_lines
from wattline.line.world.stock import FIRST, LAST, YEARS

COLUMNS = ("servers_million", "chips_gw")


def check_own_file(path: Path | str, option: str) -> None:
    """Refuse a series where a stock is asked for, and the other way round.

    Parameters
    ----------
    path : the file
    option : that it was given by, ``--series`` or ``--stock``

    Raises WattlineError where it holds the other.
    """
    columns, _ = read_lines(path, option.removeprefix("--"))
    has_series, has_stock = has_energy(columns), any(column in columns for column in COLUMNS)
    if option == "--series" and not has_series:
        mend = "shipments of a stock; give it by --stock" if has_stock else "no column twh; it needs year and twh"
        raise WattlineError(f"--series {path}: has {mend}")
    if option == "--stock" and has_series:
        raise WattlineError(f"--stock {path}: has the electricity of a series (twh); give it by --series")


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
    columns, table = read_lines(path, "stock")
    names = [column for column in COLUMNS if column in columns]
    if "year" not in columns or not names:
        raise WattlineError(f"{name}: needs the columns year, and {' or '.join(COLUMNS)}")
    made = {column: np.zeros(len(YEARS)) for column in COLUMNS}
    rows: dict[int, tuple[int, dict[str, float]]] = {}
    for line, row in table:
        try:
            year, values = int(row["year"]), {column: float(row[column] or 0) for column in names}
        except (TypeError, ValueError):
            raise WattlineError(f"{name}, line {line}: year, {' and '.join(names)} must be numbers") from None
        if not FIRST <= year <= LAST or not all(0 <= value < 1e6 for value in values.values()):
            raise WattlineError(f"{name}, line {line}: give years from {FIRST} to {LAST} and shipments of 0 or more")
        first, before = rows.setdefault(year, (line, values))
        if values != before:  # a line that stands there twice is one; two figures of a year are not added up unseen
            raise WattlineError(
                f"{name}, line {line}: {year} stands in line {first} with other figures; give each year once"
            )
        for column, value in values.items():
            made[column][year - FIRST] = value
    if not any(values.any() for values in made.values()):
        raise WattlineError(f"{name}: has no shipments")
    return OwnStock(Path(path).stem, made["servers_million"], made["chips_gw"])
