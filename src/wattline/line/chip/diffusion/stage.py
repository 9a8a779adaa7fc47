"""The stages of making images or video on chips, as numbers: what each forward pass of a component does, how often."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

from wattline.core.fact import Array
from wattline.line.work.diffusion.model import DiffusionModel, Passes
from wattline.line.work.diffusion.sizes import number_in
from wattline.line.work.diffusion.tally import VALUE_BYTES, Pass


@dataclass(frozen=True, eq=False)
class DiffusionLayout:
    """How a job is spread over chips: tokens by ``ulysses`` × ``ring``, both passes of a step by ``guidance`` (1 or 2),
    layers by ``pipeline``."""

    ulysses: Array
    ring: Array
    guidance: Array
    pipeline: Array

    @classmethod
    def of(
        cls, ulysses: ArrayLike = 1, ring: ArrayLike = 1, guidance: ArrayLike = 1, pipeline: ArrayLike = 1
    ) -> DiffusionLayout:
        """A layout from plain numbers.

        Parameters
        ----------
        ulysses, ring : chips over which heads, and tokens, of one image are split
        guidance : chips over which the passes with and without text are split
        pipeline : chips over which its layers are split

        Returns the layout.
        """
        return cls(*(np.asarray(value, float) for value in (ulysses, ring, guidance, pipeline)))

    @property
    def tokens(self) -> Array:
        """Chips that share the tokens of one pass."""
        return np.asarray(self.ulysses * self.ring)

    @property
    def chips(self) -> Array:
        """Chips in all."""
        return np.asarray(self.ulysses * self.ring * self.guidance * self.pipeline)


@dataclass(frozen=True, eq=False)
class Stage:
    """One forward pass of a component on each chip, and how often it runs; all numeric, they broadcast.

    Arithmetic [FLOP] and ``traffic`` [B] are of one pass on one chip for all images that it carries, ``decoding`` the
    convolutions of a decoder; ``launches`` of kernels by the host; ``pixels`` that the host turns into pictures;
    ``weights`` [B] read; ``exchanged`` and ``ringed`` [B] over links, ``merged`` values of a ring's pieces; ``chips``
    at work, of ``all_chips``, the others waiting.
    """

    product: Array
    wide_attention: Array
    small_attention: Array
    convolution: Array
    decoding: Array
    traffic: Array
    weights: Array
    launches: Array
    layers: Array
    further_launches: Array
    exchanged: Array
    ringed: Array
    merged: Array
    ulysses: Array
    ring: Array
    pixels: Array
    runs: Array
    chips: Array
    all_chips: Array

    @classmethod
    def nothing(cls) -> Stage:
        """A stage that is not there."""
        values = {field.name: np.asarray(0.0) for field in fields(cls)}
        return cls(**values | {"ulysses": np.asarray(1.0), "ring": np.asarray(1.0)})

    @classmethod
    def stacked(cls, stages: list[Stage]) -> Stage:
        """Stages of several rows as one of arrays, shape ``(n_rows,)``."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.array([float(getattr(item, name)) for item in stages]) for name in names})


@dataclass(frozen=True, eq=False)
class DiffusionJob:
    """What is made at once: ``batch`` images or videos, in so many ``steps`` of ``passes`` forward passes."""

    batch: Array
    steps: Array
    passes: Array
    prior_steps: Array

    @classmethod
    def of(
        cls, model: DiffusionModel, batch: ArrayLike, steps: ArrayLike | None, passes: ArrayLike | None
    ) -> DiffusionJob:
        """A job, with the model's usual steps and passes where none are given.

        Parameters
        ----------
        model : the model, with its usual settings
        batch : requests together
        steps : of the sampler; the model's usual where None
        passes : forward passes a step; the model's usual where None

        Returns the job.
        """
        usual = model.usual
        chosen = (batch, usual.steps if steps is None else steps, usual.passes if passes is None else passes)
        together, times, each = (np.asarray(value, float) for value in chosen)
        return cls(together, times, each, np.asarray(usual.prior_steps))


def stages(
    model: DiffusionModel, passes: Passes, job: DiffusionJob, layout: DiffusionLayout, weight_bytes: float = VALUE_BYTES
) -> dict[str, Stage]:
    """The stages of a job by name: ``text``, ``prior`` where there is one, ``denoise``, ``decode``.

    Parameters
    ----------
    model : whose pipeline says what runs where
    passes : one forward pass of each component
    job : how many are made, in how many steps
    layout : the split over chips
    weight_bytes : bytes of a weight of the denoiser in memory; its other components keep 16 bits

    Returns each stage by name.
    """
    whole = layout.chips
    result = {}
    if passes.encoders:
        joined = _together(passes.encoders)
        # with guidance the empty text is read too, in a pass of its own
        result["text"] = _stage(joined, job.batch, job.passes, 1.0, whole, whole)
    if passes.prior:
        result["prior"] = _stage(passes.prior[0], job.batch * job.passes, job.prior_steps, 1.0, whole, whole)
    denoise = _denoise(model, passes.denoiser, job, layout)
    result["denoise"] = replace(denoise, weights=np.asarray(passes.denoiser.parameters * weight_bytes))
    working = whole if model.decodes_everywhere else np.asarray(1.0)
    times = job.batch if model.decodes_singly else np.asarray(1.0)
    decode = _stage(passes.decoder, job.batch / times, times, 1.0, working, whole)
    result["decode"] = replace(
        decode,
        convolution=np.asarray(0.0),
        decoding=decode.convolution,
        pixels=np.asarray(passes.pixels * job.batch / times),
    )
    return result


def _together(parts: tuple[Pass, ...]) -> Pass:
    operations = tuple(item for part in parts for item in part.operations)
    return Pass("text encoders", operations, sum(part.parameters for part in parts))


def _denoise(model: DiffusionModel, forward: Pass, job: DiffusionJob, layout: DiffusionLayout) -> Stage:
    """The denoiser: both passes of a step as one where the pipeline joins them, its tokens split over chips."""
    joined = 1.0 if model.joins_guidance else 0.0
    share = np.minimum(layout.guidance, job.passes)  # chips that take a pass of a step each
    carried = job.batch * np.where(joined > 0, job.passes / share, 1.0)
    runs = job.steps * np.where(joined > 0, 1.0, job.passes / share)
    split = np.asarray(layout.tokens * layout.pipeline)
    layers, width = blocks_and_width(model)
    rows = np.asarray(forward.attended / (width * layers)) if layers else np.asarray(0.0)
    text = model.usual.text_tokens if model.joins_text else 0.0
    # tokens of text that do not divide among the chips are computed by each of them
    whole = (np.mod(text, layout.tokens) > 0) & (layout.tokens > 1)
    repeated = np.where(whole, 1.0 + text * (layout.tokens - 1) / np.maximum(rows, 1.0), 1.0)
    stage = _stage(forward, np.asarray(carried * repeated), runs, split, layout.chips, layout.chips)
    values = np.asarray(rows * width * carried / layout.tokens * layers)
    ulysses, ring = layout.ulysses, layout.ring
    return Stage(
        **{name: getattr(stage, name) for name in _PLAIN},
        layers=np.asarray(layers),
        further_launches=np.asarray(1.0 / np.where(joined > 0, 1.0, job.passes / share)),
        exchanged=np.asarray(4 * values * VALUE_BYTES * (ulysses - 1) / ulysses),
        ringed=np.asarray(2 * values * VALUE_BYTES * (ring - 1)),
        merged=np.asarray(np.where(ring > 1, ring * values, 0.0)),
        ulysses=ulysses,
        ring=ring,
    )


_PLAIN = (
    "product", "wide_attention", "small_attention", "convolution", "decoding", "traffic", "weights", "launches",
    "pixels", "runs", "chips", "all_chips",
)  # fmt: skip


# settings of heads, of blocks and of the network's width, by the names that classes give them
HEADS, _DEPTHS = ("num_attention_heads", "n_heads"), ("num_layers", "n_layers", "num_mmdit_layers")
_WIDTHS = ("dim", "hidden_size")


def blocks_and_width(model: DiffusionModel) -> tuple[float, float]:
    """Attention layers of a transformer that are split over chips, and its width.

    Parameters
    ----------
    model : whose denoiser's settings are read

    Returns how many, and the width; 0 and 1 for networks of convolutions.
    """
    config = model.denoiser
    heads, depth = (next((name for name in names if name in config), "") for names in (HEADS, _DEPTHS))
    if not heads or not depth:
        return 0.0, 1.0
    whole = next((name for name in _WIDTHS if name in config and "attention_head_dim" not in config), "")
    each = number_in(config, "attention_head_dim", 64)
    width = number_in(config, whole) if whole else number_in(config, heads) * each
    dual = config.get("dual_attention_layers") or ()
    single = number_in(config, "num_single_layers", number_in(config, "num_single_dit_layers", 0))
    layers = number_in(config, depth) + single + len(dual)
    return layers, width


def pass_stage(forward: Pass, carried: ArrayLike, runs: ArrayLike = 1.0) -> Stage:
    """A pass on one chip.

    Parameters
    ----------
    forward : of one item
    carried : how many items it carries
    runs : how often it runs

    Returns the stage.
    """
    return _stage(forward, np.asarray(carried, float), runs, 1.0, np.asarray(1.0), np.asarray(1.0))


def _stage(forward: Pass, carried: Array, runs: ArrayLike, split: ArrayLike, chips: Array, whole: Array) -> Stage:
    share = np.asarray(carried / np.asarray(split, float))
    zero = np.asarray(0.0)
    return Stage(
        product=np.asarray(forward.flops("product") * share),
        wide_attention=np.asarray(forward.attention_flops(True) * share),
        small_attention=np.asarray(forward.attention_flops(False) * share),
        convolution=np.asarray(forward.flops("convolution") * share),
        decoding=zero,
        traffic=np.asarray(forward.traffic_bytes * share),
        weights=np.asarray(forward.parameters * VALUE_BYTES),
        launches=forward.launches,
        layers=zero,
        further_launches=zero,
        exchanged=zero,
        ringed=zero,
        merged=zero,
        ulysses=np.asarray(1.0),
        ring=np.asarray(1.0),
        pixels=zero,
        runs=np.asarray(runs, float),
        chips=np.asarray(chips, float),
        all_chips=np.asarray(whole, float),
    )
