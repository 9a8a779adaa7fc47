"""The fitted coefficients of making images and video as catalog files, written and read back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from wattline import catalog
from wattline.core.fact import Array
from wattline.line.chip.diffusion.coefficients import DIFFUSION_PRIORS, diffusion_fact
from wattline.line.chip.diffusion.known import BATCHES, TABLE, KnownModels, known_models
from wattline.validate.evidence.diffusion import DiffusionRow, DiffusionRows
from wattline.validate.fit.diffusion import (
    DiffusionCalibration,
    fit_diffusion,
    learn_known,
    predict_left_out_diffusion,
)

BETWEEN = 1.15  # how far beyond the measured generations another may lie
COVERED = (4.0, 96.0)  # a little beyond p5 and p95, which were read off the same rows
# what is known of a configuration -> how it was left out
KINDS = {"": "family", "known": "split", "measured": "rows", "chip": "chip"}
ABOUT = {
    "": "models not measured: ",
    "known": "splits not measured of measured models: ",
    "measured": "configurations measured themselves: ",
    "chip": "chips not measured: ",
}
_HEAD = """\
# Made by `wattline calibrate diffusion FILE...`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to ML.ENERGY leaderboard data, v2 and v3", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def calibrate_diffusion(
    rows: Sequence[DiffusionRow], progress: Callable[[str], None] = lambda name: None
) -> tuple[str, str]:
    """Fit to measured rows, and without parts of them for the spread on the unseen.

    Parameters
    ----------
    rows : as they were measured
    progress : called with the name of each part that is left out

    Returns
    -------
    The texts of ``catalog/fit/diffusion.toml`` and of the table of measured models beside it.
    """
    data = DiffusionRows.of(rows)
    fit = fit_diffusion(data)
    left_out = {kind: predict_left_out_diffusion(data, fit, by, progress) for kind, by in KINDS.items()}
    chips = " and ".join(sorted({row.chip.record.title for row in rows}))
    about = f"{len(rows)} configurations on {chips}"
    blocks = [_HEAD.format(about=about)]
    for name, prior in DIFFUSION_PRIORS.items():
        values = {g: fit.value(name, g) for g in fit.generations} if prior.apart else {}
        for generation, value in values.items():
            blocks.append(_fact(diffusion_fact(name, generation), f"{generation.title()}: {prior.about}", value, name))
        low = min(values.values(), default=fit.value(name)) / BETWEEN
        high = max(values.values(), default=fit.value(name)) * BETWEEN
        words = f"chips not measured: {prior.about}" if values else prior.about
        blocks.append(_fact(diffusion_fact(name), words, fit.value(name), name, low, high))
    for kind, predicted in left_out.items():
        blocks += _spreads(rows, predicted, kind)
    return "\n".join(blocks), _table(learn_known(data, fit.predict(data)))


def _fact(key: str, about: str, value: float, name: str, low: float | None = None, high: float | None = None) -> str:
    lines = [f"[{key}]", f'name = "{about}"', f"value = {value:.5g}"]
    if low is not None and high is not None:
        lines += [f"low = {low:.5g}", f"high = {high:.5g}", 'dist = "lognormal"']
    unit = DIFFUSION_PRIORS[name].unit if name else ""
    return "\n".join([*lines, f'unit = "{unit}"', 'basis = "derived"', ""])


def _spreads(rows: Sequence[DiffusionRow], predicted: tuple[Array, Array], kind: str) -> list[str]:
    """Measured over predicted time and power, p5 and p95, of images and of video, and how both go together."""
    blocks = []
    ratios = {
        "time": np.array([row.time_s for row in rows]) / predicted[0],
        "power": np.array([row.power_w for row in rows]) / predicted[1],
    }
    for makes in ("image", "video"):
        own = [i for i, row in enumerate(rows) if row.model.makes == makes]
        for what, ratio in ratios.items():
            low, high = (float(x) for x in np.percentile(ratio[own], COVERED))
            about = f"{ABOUT[kind]}measured {what} of {makes}s beside the model's"
            key = "-".join(part for part in ("diffusion-spread", kind, what, makes) if part)
            blocks.append(_fact(key, about, 1.0, "", min(low, 0.99), max(high, 1.01)))
        together = float(np.corrcoef(np.log(ratios["time"][own]), np.log(ratios["power"][own]))[0, 1])
        about = f"{ABOUT[kind]}correlation of what time and power of {makes}s are beside the model's"
        blocks.append(
            _fact("-".join(p for p in ("diffusion-spread", kind, "together", makes) if p), about, together, "")
        )
    return blocks


def _table(known: KnownModels) -> str:
    """The text of the table of measured models."""
    head = "# Made by `wattline calibrate diffusion FILE...`; do not edit. Measured over predicted, by batch"
    lines = [head, ",".join(["measure", "configuration", *(f"{batch:.0f}" for batch in BATCHES)])]
    for measure, curves in known.curves.items():
        lines += [",".join([measure, key, *(f"{x:.3f}" for x in np.exp(log))]) for key, log in curves.items()]
    return "\n".join(lines) + "\n"


def diffusion_from_catalog() -> tuple[DiffusionCalibration, KnownModels]:
    """The shipped fit, and what is known of measured models."""
    known = catalog.default().records("fit")
    head = diffusion_fact("launch_s") + "-"
    generations = tuple(name.removeprefix(head) for name in known if name.startswith(head))

    def log(name: str, generation: str = "") -> float:
        return float(np.log(known[diffusion_fact(name, generation)]["value"].value))

    shared = {name: log(name) for name in DIFFUSION_PRIORS}
    apart = {
        (name, g): log(name, g) - shared[name]
        for name, prior in DIFFUSION_PRIORS.items()
        if prior.apart
        for g in generations
    }
    return DiffusionCalibration(shared, apart, generations), known_models(catalog.HERE / "fit" / TABLE)
