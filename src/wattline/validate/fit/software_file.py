"""``catalog/fit/software.toml``: the text of the fit of ``software_fit.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from wattline.core.fact import Array
from wattline.line.chip.software import NAMES
from wattline.validate.evidence.latencies import read_timed
from wattline.validate.fit.software import Key, SoftwareFit, fit_software

NOTHING = 1e-9  # the fit ends this near to its bound
FACTORS, FRONT = ("kernel-time", "expert-time"), ("front-s", "held-steps", "prompt-layer-s")

_HEAD = """\
# Made by `wattline calibrate serving FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to aiconfigurator's sample of measured TTFT and TPOT", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate(path: Path, progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit engines to a file of measurements.

    Parameters
    ----------
    path : of the file
    progress : called with the name of each part that is under way

    Returns
    -------
    The text of ``catalog/fit/software.toml``.

    Raises WattlineError where the file cannot be read.
    """
    rows, _ = read_timed(path)
    fit, used = fit_software(rows, progress)
    systems = ", ".join(sorted({row.system for row, _ in used}))
    return software_file(fit, f"{len(used):,} configurations on {systems}")


def software_file(fit: SoftwareFit, about: str) -> str:
    """The text of ``catalog/fit/software.toml``."""
    blocks = [_HEAD.format(about=about)]
    for names, fitted in ((FACTORS, fit.factors), (FRONT, fit.front)):
        for key, values in sorted(fitted.items()):
            blocks += _facts(names, key, values)
    return "\n".join(blocks)


def _facts(names: tuple[str, ...], key: Key, values: Array) -> Iterator[str]:
    who = "-".join(part for part in key if part)
    for name, value in zip(names, values, strict=True):
        about, unit = NAMES[name]
        yield "\n".join(
            [f'["software-{name}-{who}"]', f'name = "{about}: {", ".join(part for part in key if part)}"',
             f"value = {float(value) if value > NOTHING else 0.0:.4g}", f'unit = "{unit}"', 'basis = "derived"', ""]
        )  # fmt: skip
