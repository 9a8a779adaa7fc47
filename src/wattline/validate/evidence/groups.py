"""Groups of rows for leaving out: by model, by family of models, by chip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wattline.core.errors import WattlineError
from wattline.line.chip.known import family_of
from wattline.validate.evidence.serving import ServingRow

BY = ("model", "family", "gpu", "gpus", "task", "precision")
LEAVE_OUT = (*BY[:3], "rows")  # rows: every tenth, ten times over, so that each model stays known by its others
TENTHS = 10


def group_of(row: ServingRow, by: str) -> str:
    """The group's name. Families are the releases of one house that share their design. Raises WattlineError for
    another grouping.

    Parameters
    ----------
    row : a measured configuration
    by : model, family, gpu, gpus (of which kind and how many), task or precision

    Returns
    -------
    The name, such as "llama".
    """
    if by == "model":
        return row.model.key
    if by == "family":
        return family_of(row.model)
    if by == "gpu":
        return row.chip.record.name
    if by == "gpus":
        return f"{row.chips} × {row.chip.record.title}"
    if by == "task":
        return row.task
    if by == "precision":
        return row.precision
    raise WattlineError(f"unknown grouping {by!r}; take one of {', '.join(BY)}")


def each_left_out(rows: Sequence[ServingRow], by: str) -> Iterator[tuple[str, list[int], list[int]]]:
    """For each group: its name, the other rows' places, its own rows' places.

    Parameters
    ----------
    rows : measured configurations
    by : a grouping of ``group_of``, or rows for tenths of them

    Returns
    -------
    Name, places of the others, places of the group's own.
    """
    names = [f"tenth {i % TENTHS}" if by == "rows" else group_of(row, by) for i, row in enumerate(rows)]
    for name in sorted(set(names)):
        inside = [i for i, other in enumerate(names) if other == name]
        yield name, [i for i, other in enumerate(names) if other != name], inside
