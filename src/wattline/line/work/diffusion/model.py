"""A model that makes images or video: its components, what it makes where nothing is asked, and its passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog, Record
from wattline.core.errors import NotFound
from wattline.core.fact import Array
from wattline.line.work.diffusion.components import decoder_pass, denoiser_pass, encoder_pass, prior_pass
from wattline.line.work.diffusion.sizes import Config, Sizes
from wattline.line.work.diffusion.tally import Pass

KIND = "diffusion"
CLIP_TOKENS = 77
# denoisers whose text is CLIP's tokens and T5's one after the other
JOINED_TEXT = ("SD3Transformer2DModel", "HunyuanDiT2DModel")
# whose text goes through the denoiser's blocks with what is made
JOINS_TEXT = (
    "SD3Transformer2DModel",
    "FluxTransformer2DModel",
    "QwenImageTransformer2DModel",
    "CogVideoXTransformer3DModel",
    "HunyuanVideoTransformer3DModel",
    "HunyuanVideo15Transformer3DModel",
    "MochiTransformer3DModel",
    "Flux2Transformer2DModel",
    "ZImageTransformer2DModel",
    "Lumina2Transformer2DModel",
    "AuraFlowTransformer2DModel",
    "HiDreamImageTransformer2DModel",
)
# whose pipelines run two forward passes a step for guidance, one after the other; the others join them in one
SEPARATE_GUIDANCE = (
    "WanTransformer3DModel",
    "QwenImageTransformer2DModel",
    "Lumina2Transformer2DModel",
    "HunyuanVideo15Transformer3DModel",
    "LTX2VideoTransformer3DModel",
)
# whose pipelines decode on every chip; elsewhere the last chip decodes while the others wait
DECODES_EVERYWHERE = ("WanTransformer3DModel", "HunyuanVideoTransformer3DModel", "QwenImageTransformer2DModel")
# whose decoders take one image or video after the other
DECODES_SINGLY = (
    "AutoencoderKLWan",
    "AutoencoderKLHunyuanVideo",
    "AutoencoderKLHunyuanVideo15",
    "AutoencoderKLCogVideoX",
    "AutoencoderKLMochi",
)


@dataclass(frozen=True)
class UsualOutput:
    """What a model makes where nothing is asked: size [px], frames and frames a second, steps, forward passes a step
    (2 with guidance by a pass without the text), tokens of the text and those that encoders read."""

    height: float
    width: float
    steps: float
    passes: float
    text_tokens: float
    frames: float = 1.0
    fps: float = 0.0
    encoder_tokens: float = 0.0
    prior_steps: float = 0.0


@dataclass(frozen=True, eq=False)
class DiffusionModel:
    """A model by its components' settings; ``record`` is its entry of the catalog, where it has item. Of ``experts``
    denoisers of one kind each takes a part of the steps."""

    key: str
    name: str
    family: str
    makes: str
    denoiser: Config
    decoder: Config
    encoders: tuple[Config, ...]
    usual: UsualOutput
    prior: Config | None = None
    experts: int = 1
    record: Record | None = None
    components: Mapping[str, Record] = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """The denoiser's class."""
        return str(self.denoiser.get("_class_name"))

    @property
    def joins_guidance(self) -> bool:
        """Whether both passes of a step run as item."""
        return self.class_name not in SEPARATE_GUIDANCE

    @property
    def joins_text(self) -> bool:
        """Whether the text's tokens go through the denoiser's blocks with those of what is made."""
        return self.class_name in JOINS_TEXT

    @property
    def decodes_everywhere(self) -> bool:
        """Whether every chip decodes the whole."""
        return self.class_name in DECODES_EVERYWHERE

    @property
    def decodes_singly(self) -> bool:
        """Whether a batch is decoded one after the other."""
        return str(self.decoder.get("_class_name")) in DECODES_SINGLY

    def sizes(
        self, height: ArrayLike | None = None, width: ArrayLike | None = None, frames: ArrayLike | None = None
    ) -> Sizes:
        """What is made: the model's usual size where none is given.

        Parameters
        ----------
        height, width : pixels
        frames : of a video

        Returns the sizes, with the model's usual tokens of text.
        """
        chosen = (height, width, frames)
        usual = (self.usual.height, self.usual.width, self.usual.frames)
        tall, wide, long = (
            np.asarray(own if value is None else value, float) for value, own in zip(chosen, usual, strict=True)
        )
        return Sizes(tall, wide, long, np.asarray(self.usual.text_tokens))

    def passes(self, sizes: Sizes) -> Passes:
        """One forward pass of each component."""
        prior = () if self.prior is None else (prior_pass(self.prior),)
        return Passes(
            tuple(encoder_pass(config, np.asarray(self._tokens(config))) for config in self.encoders),
            denoiser_pass(self.denoiser, sizes),
            decoder_pass(self.decoder, sizes),
            np.asarray(sizes.height * sizes.width * sizes.frames),
            prior,
            self.experts,
        )

    def _tokens(self, config: Config) -> float:
        """Tokens that an encoder reads."""
        if str(config.get("model_type", "")).startswith(("clip", "bert")):
            return float(CLIP_TOKENS)
        if self.usual.encoder_tokens:
            return self.usual.encoder_tokens
        return self.usual.text_tokens - (CLIP_TOKENS if self.class_name in JOINED_TEXT else 0.0)


@dataclass(frozen=True, eq=False)
class Passes:
    """One forward pass of each component, for one image or video, and its ``pixels`` in all frames."""

    encoders: tuple[Pass, ...]
    denoiser: Pass
    decoder: Pass
    pixels: Array
    prior: tuple[Pass, ...] = ()
    experts: int = 1

    @property
    def parameters(self) -> float:
        """Weights that all components hold together."""
        every = (*self.encoders, *[self.denoiser] * self.experts, self.decoder, *self.prior)
        return sum(item.parameters for item in every)


def load_diffusion(name: str, catalog: Catalog) -> DiffusionModel:
    """The model by name, alias or id at Hugging Face.

    Parameters
    ----------
    name : of the model
    catalog : whose records are searched

    Returns the model.

    Raises NotFound with the nearest names.
    """
    try:
        return from_record(catalog.find(KIND, name), catalog)
    except NotFound:
        short = name.removesuffix("-diffusers").removesuffix("-Diffusers")
        if short == name or "/" not in name:
            raise
        return from_record(catalog.find(KIND, short), catalog)


def from_record(record: Record, catalog: Catalog) -> DiffusionModel:
    """A model of the catalog's ``diffusion`` kind.

    Parameters
    ----------
    record : of the kind ``diffusion``
    catalog : where its components are

    Returns the model. Raises NotFound where a component is not in the catalog.
    """
    meta: Mapping[str, Any] = record.meta
    names = [*meta["text_encoders"], meta["decoder"]]
    parts = {name: catalog.find("component", name) for name in names}
    usual = {name: record[name].value for name in UsualOutput.__dataclass_fields__ if name in record.facts}
    return DiffusionModel(
        key=record.name,
        name=record.title,
        family=str(meta.get("family", record.name)),
        makes=str(meta["makes"]),
        denoiser=meta["denoiser"],
        decoder=parts[meta["decoder"]].meta["settings"],
        encoders=tuple(parts[name].meta["settings"] for name in meta["text_encoders"]),
        usual=UsualOutput(**usual),
        prior=meta.get("prior"),
        experts=int(record["experts"].value) if "experts" in record.facts else 1,
        record=record,
        components=parts,
    )
