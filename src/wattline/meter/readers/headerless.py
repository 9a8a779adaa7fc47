"""A table without names: its first column told as time by its form, its second as watts where nothing else fits.

``headers`` names such columns time, column_2 and so on; what the second holds is decided here, and is said in a note.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wattline.core.errors import WattlineError
from wattline.core.fact import Array
from wattline.meter.interpretation import Choices
from wattline.meter.places import NOT_DRAWN, words_of
from wattline.meter.readers import units
from wattline.meter.readers.frame import numbers
from wattline.meter.readers.headers import SECOND
from wattline.meter.readers.named_values import Value, value_of
from wattline.meter.recording import Recording

if TYPE_CHECKING:
    import polars as pl

# usual watts of what is metered: whole numbers above may be milliwatts, numbers below kilowatts
MIN_W, MAX_WHOLE_W, MAX_W = 2.0, 2_000.0, 100_000.0
OTHER = NOT_DRAWN | {"memory", "mem", "clock", "freq", "frequency", "fan", "voltage", "current", "load", "usage"}


def name_columns(frame: pl.DataFrame, choices: Choices, source: str, stem: str) -> tuple[Choices, str]:
    """What the second column of a table without names is.

    Parameters
    ----------
    frame, choices, source : the table, what the user says of it, its name in errors
    stem : the file's name without its ending, which may tell a unit

    Returns the choices with it, and a note; both as they were, and no note, where the table has names of its own or
    the user says what is what. Raises WattlineError where the column may be something else.
    """
    if SECOND not in frame.columns or any(choices.columns):
        return choices, ""
    unit = choices.unit([SECOND]) or ""
    unit_of_name = units.possible_units(unit, "xX") if unit else _of_file(stem)
    why = "" if unit_of_name else _doubt(frame, stem)
    if len(frame.columns) != 2 or why:
        raise WattlineError(
            f"{source} has no header{why or ', and several columns beside its times'}: say which is which with "
            f"--columns time=time,{SECOND}=power (or energy), and its unit with --unit {SECOND}=W"
        )
    quantity = unit_of_name[0].quantity if unit_of_name else "power"
    name = unit_of_name[0].name if unit_of_name else "W"
    chosen = replace(choices, columns={"time": "time", SECOND: quantity}, units={**choices.units, SECOND: name})
    what = f"{SECOND} taken as {name}" + ("" if unit else f" (else: --unit {SECOND}=mW)")
    return chosen, f"the table has no header: {what}"


def with_note(recording: Recording, note: str) -> Recording:
    """The recording with that note, where its interpretation would name an option that nobody gave.

    Parameters
    ----------
    recording, note : of a table without names; as ``named`` gives it

    Returns it.
    """
    rows = (replace(row, note=note) if row.name == SECOND else row for row in recording.interpretation)
    return replace(recording, notes=(note, *recording.notes), interpretation=tuple(rows))


def _of_file(stem: str) -> tuple[units.Unit, ...]:
    """The unit that the file's name tells, as gpu_power_mw does."""
    outcome = value_of(stem) if len(stem) > 1 else ""  # j.csv may be of a job
    return units.of_header(stem) if isinstance(outcome, Value) else ()


def _doubt(frame: pl.DataFrame, stem: str) -> str:
    """Why a column without a name may not be watts; empty where nothing speaks against it."""
    if odd := sorted(OTHER & set(words_of(stem))):
        return f", and its name tells of {odd[0]}"
    values: Array = numbers(frame[SECOND])
    values = values[np.isfinite(values)]
    if not len(values):
        return f", and {SECOND} holds no number"
    if (np.diff(values) >= 0).all() and values[-1] > values[0]:
        return f", and {SECOND} never falls, as a counter of energy"
    middle, whole = float(np.median(values)), bool((values == np.round(values)).all())
    if values.min() < 0 or not MIN_W <= middle <= (MAX_WHOLE_W if whole else MAX_W):
        return f", and the size of {SECOND} (about {middle:.4g}) leaves its unit open"
    return ""
