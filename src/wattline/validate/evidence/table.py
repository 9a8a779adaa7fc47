"""Rows of a CSV of measurements whose columns must be there."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.core.reading import read_text

LIMIT_BYTES = 10_000_000


def csv_rows(path: Path | str, columns: Sequence[str], what: str) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a file, each with its line and its cells by the name of their column, without spaces around.

    Parameters
    ----------
    path : of the file
    columns : that must be there; others are kept
    what : the file is, for an error: "file of training runs"

    Returns the rows, as they stand. Raises WattlineError where it is no CSV, a column is missing, or it is too large.
    """
    text = read_text(path, LIMIT_BYTES, what)
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        names = [name.strip() for name in reader.fieldnames or []]
        reader.fieldnames = names
        missing = [name for name in columns if name not in names]
        if missing:
            raise WattlineError(f"{path}: column {', '.join(missing)} missing; it has {', '.join(names) or 'none'}")
        return [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise WattlineError(f"{path}: not a CSV file ({error})") from None
