"""What engines make of encoders, speech and Stable Diffusion XL, fitted to their results of MLPerf Inference.

Least squares on the logarithms of rates around what each factor was thought to be before any result. One result stands
for all of a chip in a number format and scenario, for submitters send the same system often.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.catalog.own import OwnFile
from wattline.core.fact import Array
from wattline.predict.answer import Answer
from wattline.predict.encoding.embed import embed
from wattline.predict.encoding.transcribe import transcribe
from wattline.predict.media.image import image
from wattline.validate.evidence.mlperf_works import WORKS, WorkResult

SAMPLES = 1e6
STEPS, BATCH = 20, 8  # of Stable Diffusion XL by the rules, and of its usual submissions
BERT_BATCH = 256
SCATTER = 0.05  # of the logarithms that a result is thought to have
LEAVE_OUT = ("chip", "generation")


@dataclass(frozen=True)
class EnginePrior:
    """What a factor was thought to be before any result: its value, the width of that thought (of its logarithm), how
    far below and above the fitted value it may lie, and what it is."""

    value: float
    width: float
    span: tuple[float, float]
    about: str
    unit: str = ""


# by name of the fact
PRIORS: dict[str, EnginePrior] = {
    "encoder-tensorrt-speed": EnginePrior(
        1.3, 0.3, (0.89, 1.12), "TensorRT of encoders: speed of products and attention beside eager's"
    ),
    "encoder-tensorrt-traffic": EnginePrior(
        0.2, 0.6, (0.5, 2.1), "TensorRT of encoders: elementwise traffic beside eager's, where norms and sums are fused"
    ),
    "encoder-narrow-speed-int8": EnginePrior(
        1.6, 0.3, (0.87, 1.13), "Encoders: speed of products in INT8 beside 16 bits"
    ),
    "encoder-narrow-speed-fp8": EnginePrior(
        1.5, 0.3, (0.87, 1.19), "Encoders: speed of products in FP8 at the tighter accuracy beside 16 bits"
    ),
    "encoder-limit-exponent": EnginePrior(
        1.0, 0.3, (0.78, 1.13), "Encoders: by which a rate falls with the power of a chip's watts for each FLOP/s"
    ),
    "mlperf-server-share-bert": EnginePrior(
        0.85, 0.15, (0.91, 1.05), "MLPerf's BERT: queries a second within their latency beside offline"
    ),
    "speech-read-efficiency": EnginePrior(
        0.5, 0.4, (0.83, 1.19), "Speech: share of memory bandwidth that reading kept keys and values of 30 s reaches"
    ),
    "speech-prepare-s": EnginePrior(
        0.005, 0.7, (0.5, 1.67), "Speech: wait of a chip while 30 s of sound are read and made a spectrogram", "s"
    ),
    "diffusion-tensorrt-speed": EnginePrior(
        1.3, 0.3, (0.87, 1.15), "TensorRT: speed of products, attention and convolutions beside eager's"
    ),
    "diffusion-narrow-speed": EnginePrior(1.5, 0.15, (0.87, 1.27), "Speed of products in 8 bits beside 16"),
    "diffusion-limit-exponent": EnginePrior(
        1.0, 0.3, (0.8, 1.1), "By which a rate of images falls with the power of a chip's watts for each FLOP/s"
    ),
    "mlperf-server-share-stable-diffusion-xl": EnginePrior(
        0.9, 0.15, (0.87, 1.05), "MLPerf's Stable Diffusion XL: queries a second within their latency beside offline"
    ),
}


def predict_work(row: WorkResult, draws: Draws) -> tuple[Answer, Array]:
    """The answer of a chip, and what it does a second.

    Parameters
    ----------
    row : the result
    draws : of the facts' ranges

    Returns the answer, and samples of BERT, tokens of Whisper or images a second, scalar or ``(n_draws,)``.
    """
    name, chip = WORKS[row.task], row.chip.record.name
    common: dict[str, Any] = {"engine": "tensorrt", "precision": row.precision, "draws": draws}
    if row.task == "bert":
        each = round(float(draws.catalog.fact("fit.mlperf-input-tokens-bert").value))
        answer = embed(name, chip, tokens=SAMPLES * each, document_tokens=each, batch=BERT_BATCH, **common)
        return answer, np.asarray(SAMPLES / answer.duration_s)
    if row.task == "whisper":
        spoken = draws.catalog.fact("fit.mlperf-output-tokens-whisper").value
        answer = transcribe(name, chip, text_tokens=spoken, **common)
        return answer, answer.figures()["output_tokens_per_s"]
    answer = image(name, chip, steps=STEPS, batch=BATCH, active=1, **common)
    return answer, answer.figures()["images_per_s"]


def server_share(row: WorkResult, draws: Draws) -> Array:
    """What is left of the rate where each query has its latency; 1 without.

    Parameters
    ----------
    row : the result
    draws : of the facts' ranges

    Returns the share, scalar or ``(n_draws,)``.
    """
    return np.asarray(1.0) if row.scenario == "Offline" else draws(f"fit.mlperf-server-share-{row.task}")


def fit_works(rows: Sequence[WorkResult], catalog: Catalog) -> dict[str, float]:
    """The factors of engines that rows rest on.

    Parameters
    ----------
    rows : results
    catalog : whose other facts are taken

    Returns value by name of the fact.
    """
    from scipy.optimize import least_squares

    kept = _distinct(rows)
    measured = np.log([rate for _, rate in kept])
    names = list(PRIORS)
    middle = np.log([PRIORS[name].value for name in names])
    widths = np.array([PRIORS[name].width for name in names])

    def residuals(x: Array) -> Array:
        draws = Draws(0, catalog=with_factors(catalog, dict(zip(names, map(float, np.exp(x)), strict=True))))
        rates = [float(predict_work(row, draws)[1] * server_share(row, draws)) for row, _ in kept]
        off = (np.log(rates) - measured) / SCATTER
        soft = np.sign(off) * np.sqrt(2 * (np.sqrt(1 + off**2) - 1))
        return np.concatenate([soft, (x - middle) / widths])

    best = least_squares(residuals, middle, max_nfev=8, diff_step=[1e-3] * len(names)).x
    return dict(zip(names, map(float, np.exp(best)), strict=True))


def _distinct(rows: Sequence[WorkResult]) -> list[tuple[WorkResult, float]]:
    """One row for all of a task, chip, number format and scenario, and their median rate of a chip."""
    groups: dict[tuple[str, ...], list[WorkResult]] = {}
    for row in rows:
        groups.setdefault((row.task, row.chip.record.name, row.precision, row.scenario), []).append(row)
    return [(own[0], float(np.median([row.per_s / row.chips for row in own]))) for own in groups.values()]


def with_factors(catalog: Catalog, values: Mapping[str, float]) -> Catalog:
    """The catalog with other values of the fit's facts, each with its span.

    Parameters
    ----------
    catalog : whose facts are laid over
    values : by name of the fact

    Returns the catalog.
    """
    text = "\n".join(f"[fit.{name}]\n{_lines(name, value, 10)}" for name, value in values.items())
    return Catalog(*catalog.own, OwnFile("factors of a fit", text))


def works_file(rows: Sequence[WorkResult], catalog: Catalog) -> str:
    """The text of ``catalog/fit/works.toml``.

    Parameters
    ----------
    rows : results
    catalog : whose other facts are taken

    Returns the text.
    """
    about = f"{len(rows)} results of BERT, Whisper and Stable Diffusion XL"
    blocks = [_HEAD.format(about=about)]
    for name, value in fit_works(rows, catalog).items():
        prior = PRIORS[name]
        end = f'dist = "lognormal"\nunit = "{prior.unit}"\nbasis = "derived"\n'
        blocks.append(f'[{name}]\nname = "{prior.about}"\n{_lines(name, value)}\n{end}')
    return "\n".join(blocks)


_HEAD = """\
# Made by `wattline calibrate encoding FILE.csv`; do not edit. {about}

[_sources]
fit = {{ title = "Fitted to results of MLPerf Inference (MLCommons, Apache-2.0)", year = 2026, where = "{about}" }}

[_default]
source = "fit"
"""


def _lines(name: str, value: float, digits: int = 5) -> str:
    low, high = PRIORS[name].span
    ends = (("value", value), ("low", value * low), ("high", value * high))
    return "\n".join(f"{end} = {number:.{digits}g}" for end, number in ends)


def group_of_work(row: WorkResult, by: str) -> str:
    """The chip or the generation of a row.

    Parameters
    ----------
    row : the result
    by : chip or generation

    Returns its name.
    """
    return row.chip.record.name if by == "chip" else row.chip.generation


def catalogs_without(
    rows: Sequence[WorkResult], by: str, catalog: Catalog, progress: Callable[[str], None] = lambda name: None
) -> list[Catalog]:
    """For each row a catalog whose factors have not seen its group.

    Parameters
    ----------
    rows : results
    by : chip or generation
    catalog : whose other facts are taken
    progress : called with what is under way

    Returns the catalogs, in the rows' order.
    """
    names = [group_of_work(row, by) for row in rows]
    fitted = {}
    for name in sorted(set(names)):
        progress(f"without {name}")
        rest = [row for row, other in zip(rows, names, strict=True) if other != name]
        fitted[name] = with_factors(catalog, fit_works(rest, catalog))
    return [fitted[name] for name in names]
