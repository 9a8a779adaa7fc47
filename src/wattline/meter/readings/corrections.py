"""The one place where a series is corrected for how its sensor errs, before it is cleaned and summed."""

from __future__ import annotations

from importlib import import_module

from wattline.meter.recording import Series

# source of a Spec -> "module:function" of a correction, Series -> Series: readings, Spec.error and Spec.window_s mended
CORRECTIONS: dict[str, str] = {"nvml": "wattline.meter.gpu_sensor.correct:mend"}


def correct(series: Series) -> Series:
    """The series as its sensor's correction leaves it; the same object where none is known."""
    where = CORRECTIONS.get(series.spec.source)
    if where is None:
        return series
    module, _, name = where.partition(":")
    mended = getattr(import_module(module), name)(series)
    assert isinstance(mended, Series)
    return mended
