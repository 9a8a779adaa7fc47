"""What kind of sensor stands behind each format, and how well it measures."""

from __future__ import annotations

from wattline.catalog import fact
from wattline.meter.sensor import Spec


def _error(name: str) -> float:
    return fact(f"constant.meter-error-{name}").value / 100


def node(source: str = "mlperf-node", note: str = "") -> Spec:
    """A server's own meter.

    Parameters
    ----------
    source : name of what read it
    note : shown beside its energy

    Returns
    -------
    The spec, with its error.
    """
    return Spec(source, error=_error("node"), note=note)


def wall(source: str = "ptd") -> Spec:
    """A power analyser at the wall."""
    return Spec(source, error=_error("wall"))


def nvml(note: str = "", window_s: float = 0.0, source: str = "nvml") -> Spec:
    """A GPU's own reading; ``note`` names the field that was read.

    Parameters
    ----------
    note : the field that was read
    window_s : time over which a reading is the mean [s]
    source : the tool that read it

    Returns how the sensor measures.
    """
    return Spec(source, window_s=window_s, error=_error("nvml"), note=note)


def unknown_sensor(source: str, note: str = "") -> Spec:
    """A file that does not say what measured it.

    Parameters
    ----------
    source : name of what wrote the file
    note : shown beside its energy

    Returns
    -------
    The spec, with the error of sensors that are not known.
    """
    return Spec(source, error=_error("unknown"), note=note)


def model_spec(source: str, note: str = "") -> Spec:
    """Worked out, not measured.

    Parameters
    ----------
    source : name of what worked it out
    note : shown beside its energy

    Returns
    -------
    The spec, never shown as measured.
    """
    return Spec(source, error=_error("modelled"), modelled=True, note=note)


def of_source(source: str, is_modelled: bool) -> Spec:
    """The usual spec of a source by its name.

    Parameters
    ----------
    source : name of the sensor or tool
    is_modelled : worked out, not measured

    Returns
    -------
    The spec, with its error.
    """
    if is_modelled:
        return model_spec(source)
    if source in ("nvml", "dcgm", "zeus", "codecarbon"):
        return nvml(source=source)
    return {"ptd": wall(source), "mlperf-node": node(source)}.get(source, unknown_sensor(source))
