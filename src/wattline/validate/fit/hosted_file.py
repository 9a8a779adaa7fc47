"""The catalog's file of what the host of an old engine takes of a step, as ``calibrate engine`` writes it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from wattline.line.chip.software import NAMES
from wattline.validate.evidence.hosted import ENGINE
from wattline.validate.fit.hosted import HOST, HostedFit


def hosted_file(fit: HostedFit, about: str, spreads: Mapping[str, tuple[float, float]] | None = None) -> str:
    """The text of ``catalog/fit/hosted.toml``.

    Parameters
    ----------
    fit : as fitted
    about : the rows, in words
    spreads : as ``spreads_left_out`` has them

    Returns
    -------
    The text of a TOML file.
    """
    head = (
        f"# Made by `wattline calibrate engine FILE...`; do not edit. {about}\n\n[_sources]\n"
        f'fit = {{ title = "Fitted to ML.ENERGY Leaderboard v2 data", year = 2026, where = "{about}" }}\n\n'
        '[_default]\nsource = "fit"\n'
    )
    blocks = [head]
    for name in ("kernel-time", "expert-time"):  # of the chip model itself: what the engine adds is the host's
        blocks.append(_fact(f"software-{name}-{ENGINE}", NAMES[name][0], 1.0, ""))
    for name, value in fit.values.items():
        key, about, unit = _place(name)
        blocks.append(_fact(key, about, value, unit))
    known = [value for name, value in fit.values.items() if name.startswith("power-")]
    blocks.append(_fact(f"software-host-power-{ENGINE}", NAMES["host-power"][0], float(np.mean(known)), ""))
    for name, (low, high) in (spreads or {}).items():
        what, _, kind = name.partition("-")
        about = f"{kind.title()}: engines whose host the chips wait for: measured {what} of a step beside the model's"
        blocks.append(
            f'[step-spread-hosted-{name}]\nname = "{about}"\nvalue = 1\nlow = {min(low, 0.99):.4g}\n'
            f'high = {max(high, 1.01):.4g}\ndist = "lognormal"\nunit = ""\nbasis = "derived"\n'
        )
    return "\n".join(blocks)


def _place(name: str) -> tuple[str, str, str]:
    """The fact's key, what it is, and its unit."""
    kind, _, what = name.partition("-")
    if name in HOST:
        return f"software-{name}-{ENGINE}", *NAMES[name]
    if kind == "power":
        return f"software-host-power-{ENGINE}-{what}", *NAMES["host-power"]
    if kind == "tokens":
        return f"prompt-tokens-{ENGINE}-{what}", f"tokens of a prompt of {what}, assumed", "token"
    return f"first-wait-{ENGINE}", "wait for the first token beside requests that begin in a step", ""


def _fact(key: str, about: str, value: float, unit: str) -> str:
    low, high = value / 1.5, value * 1.5
    lines = [f'["{key}"]', f'name = "{about}"', f"value = {value:.4g}"]
    if "-time-" not in key:
        lines += [f"low = {low:.4g}", f"high = {high:.4g}"]
    return "\n".join([*lines, f'unit = "{unit}"', 'basis = "derived"', ""])
