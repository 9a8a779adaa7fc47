"""``catalog/fit/tuned.toml``: the text of the fit of ``mlperf.py``, with the spread on what was left out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from wattline.catalog import Catalog, default
from wattline.line.chip.tuned import KNOWN, LEVELS, NAMES, SPREAD, vendors_by_generation
from wattline.line.engine.steady_load import load_facts
from wattline.validate.evidence.mlperf_inference import MlperfRow, read_mlperf
from wattline.validate.fit.mlperf import FIXED, SHARED_TUNED, MlperfFit, fit_mlperf
from wattline.validate.fit.mlperf_left_out import left_out_results
from wattline.validate.fit.mlperf_priors import BY_CHIP
from wattline.validate.fit.mlperf_ranges import LEFT_OUT, UnseenResult, time_ranges

# of power, which few results tell: p5 and p95 of measured over predicted by what was measured that is nearest
POWER = {KNOWN: 0.12, "chip": 0.16, "generation": 0.18, "vendor": 0.22, "any": 0.3}

_HEAD = """\
# Made by `wattline calibrate mlperf FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to results of MLPerf Inference (MLCommons, Apache-2.0)", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate(path: Path, progress: Callable[[str], None] = lambda name: None) -> str:
    """Fit to a file of results, and to parts of it without some models, chips and generations, for the spread.

    Parameters
    ----------
    path : of the results
    progress : called with what is under way

    Returns the text of ``catalog/fit/tuned.toml``.
    """
    catalog = default()
    rows, _ = read_mlperf(path, catalog)
    plain = load_facts(catalog)
    fit = fit_mlperf(rows, plain, progress=progress)
    left_out = {by: left_out_results(rows, by, plain, progress) for by in sorted(set(LEFT_OUT.values()))}
    chips = ", ".join(fit.measured)
    return tuned_file(fit, rows, left_out, f"{len(rows)} results on {chips}", catalog)


def tuned_file(
    fit: MlperfFit, rows: Sequence[MlperfRow], left_out: Mapping[str, Sequence[UnseenResult]], about: str,
    catalog: Catalog,
) -> str:  # fmt: skip
    """The text of ``catalog/fit/tuned.toml``.

    Parameters
    ----------
    fit : the coefficients
    rows : results that it was fitted to
    left_out : results by fits without their groups, by what was left out
    about : which results, for the file's head
    catalog : of what the file stands among

    Returns
    -------
    The file's text.
    """
    blocks = [_HEAD.format(about=about), *_chips(fit, rows, catalog), *_shared(fit, catalog)]
    for level in (KNOWN, *LEVELS):
        for chip, (low, high) in time_ranges(left_out[LEFT_OUT[level]], level).items():
            name = "-".join(part for part in (level, chip) if part)
            words = f"beside the model's under tuned engines: {f'{chip}, of ' if chip else ''}{_AS[level]}"
            blocks.append(_spread(f"{SPREAD}-time-{name}", f"measured time of a step {words}", low, high))
            off, power = POWER[level], f"measured power of a step {words}"
            blocks.append(_spread(f"{SPREAD}-power-{name}", power, 1 - off, 1 + off, "estimated"))
    return "\n".join(blocks)


_AS = {
    KNOWN: "chips that were measured, under a load that was",
    "chip": "chips that were measured",
    "generation": "chips of a generation that was measured",
    "vendor": "chips of a vendor that was measured",
    "any": "other chips",
}


def _chips(fit: MlperfFit, rows: Sequence[MlperfRow], catalog: Catalog) -> Iterator[str]:
    kin = sorted({(row.chip.vendor, row.chip.generation) for row in rows})
    measured = ", ".join(f'"{name}"' for name in fit.measured)
    for name in BY_CHIP:
        extra = [f"measured = [{measured}]"] if name == "kernel-time" else []
        yield _fact(f"tuned-{name}", f"{NAMES[name][0]}: any chip", fit.of_chip(name, "", ""), "", extra)
        for vendor in dict.fromkeys(vendor for vendor, _ in kin):
            yield _fact(f"tuned-{name}-{vendor}", f"{NAMES[name][0]}: {vendor}", fit.of_chip(name, vendor, ""), "")
        for vendor, generation in kin:
            value = fit.of_chip(name, vendor, generation)
            yield _fact(f"tuned-{name}-{generation}", f"{NAMES[name][0]}: {generation}", value, "")
        yield from _beforehand(fit, name, {each for pair in kin for each in pair}, catalog)


def _beforehand(fit: MlperfFit, name: str, measured: set[str], catalog: Catalog) -> Iterator[str]:
    """Vendors and generations of which no result of serving tells, but another benchmark does."""
    vendors = vendors_by_generation(catalog)
    pairs = {vendor: (vendor, "") for vendor in vendors.values()} | {of: (vendors[of], of) for of in vendors}
    for of, (vendor, generation) in sorted(pairs.items()):
        if of not in measured and f"{name}-{of}" in fit.beforehand:
            value = fit.of_chip(name, vendor, generation)
            yield _fact(f"tuned-{name}-{of}", f"{NAMES[name][0]}: {of}, as training tells", value, "")


def _shared(fit: MlperfFit, catalog: Catalog) -> Iterator[str]:
    def value(name: str) -> float:
        return float(np.exp(fit.values[name]))

    for name in SHARED_TUNED:
        yield _fact(f"tuned-{name}", NAMES[name][0], value(name), NAMES[name][1])
    for name, fixed in FIXED.items():
        yield _fact(f"tuned-{name}", f"{NAMES[name][0]}, estimated", fixed, NAMES[name][1])
    for name in sorted(fit.values):
        head, _, rest = name.partition("-")
        if head == "engine":
            yield _fact(
                f"tuned-engine-time-{rest}", f"time of kernels beside the usual engine's: {rest}", value(name), ""
            )
        if head == "year":
            yield _fact(f"tuned-year-time-{rest}", f"time of kernels of {rest} beside the latest", value(name), "")
    about = "99th percentile of the time between tokens beside a step's mean"
    yield _fact("load-tail", about, value("tail"), "")
    about = "capacity that random requests leave free, in standard deviations of those that run at once"
    yield _fact("load-deviations", about, value("deviations"), "")
    for task, tokens in sorted(fit.lengths.items()):
        stated = catalog.fact(f"fit.mlperf-input-tokens-{task}")
        extra = [f"low = {min(stated.low, tokens):.5g}", f"high = {max(stated.high, tokens):.5g}"]
        about = f"mean tokens of a prompt, moved within what is known of it: {task}"
        yield _fact(f"mlperf-fitted-input-tokens-{task}", about, tokens, "token", extra)


def _fact(key: str, about: str, value: float, unit: str, extra: Sequence[str] = (), basis: str = "derived") -> str:
    head = f'["{key}"]' if "." in key else f"[{key}]"
    lines = [head, f'name = "{about}"', f"value = {value:.5g}", *extra, f'unit = "{unit}"', f'basis = "{basis}"', ""]
    return "\n".join(lines)


def _spread(key: str, about: str, low: float, high: float, basis: str = "derived") -> str:
    extra = [f"low = {low:.5g}", f"high = {high:.5g}", 'dist = "lognormal"']
    return _fact(key, about, 1.0, "", extra, basis)
