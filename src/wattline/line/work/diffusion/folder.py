"""A diffusers folder read as a model: ``model_index.json`` names the components, each with its ``config.json``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from wattline.catalog import Catalog, Record, default
from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import parse_json, read_text
from wattline.line.work.diffusion import unet
from wattline.line.work.diffusion.components import DECODERS, DENOISERS, ENCODERS
from wattline.line.work.diffusion.model import KIND, DiffusionModel, UsualOutput, from_record
from wattline.line.work.diffusion.sizes import Config, number_in

LIMIT_BYTES = 2_000_000
INDEX = "model_index.json"
# components that take no part in the work: what prepares text and pictures, and the arithmetic of steps
ASIDE = (
    "tokenizer",
    "scheduler",
    "feature_extractor",
    "safety_checker",
    "image_processor",
    "processor",
    "image_encoder",
    "guider",
)
# classes whose work is less than a thousandth of the whole: sound of a video's latents
ASIDE_KINDS = ("AutoencoderKLLTX2Audio", "LTX2Vocoder", "LTX2VocoderWithBWE")
VIDEO_FRAMES, VIDEO_FPS, USUAL_STEPS = 49.0, 16.0, 50.0


def read_folder(path: Path) -> DiffusionModel:
    """The model in a folder, or beside its ``model_index.json``.

    Parameters
    ----------
    path : the folder, or the file

    Returns the model.

    Raises WattlineError where a file is missing or wrong, and for a component whose class is not known.
    """
    folder = path.parent if path.name == INDEX else path
    index = _json(folder / INDEX)
    parts = {name: value for name, value in index.items() if isinstance(value, list) and len(value) == 2 and value[1]}
    denoisers, encoders, decoder = [], [], None
    for name, (_, kind) in parts.items():
        if name.startswith(ASIDE) or kind in ASIDE_KINDS:
            continue
        config = _component(folder, name, str(kind))
        if kind in DENOISERS:
            denoisers.append(config)
        elif kind in DECODERS:
            decoder = config
        elif kind in ENCODERS:
            encoders.append(config)
        else:
            raise WattlineError(
                f"{folder / INDEX}: component {shorten(name)} is a {shorten(str(kind))}, which is not known"
            )
    if not denoisers or decoder is None:
        missing = "denoiser" if not denoisers else "decoder"
        raise WattlineError(f"{folder / INDEX}: names no {missing} that is known")
    if any(other != denoisers[0] for other in denoisers[1:]):
        raise WattlineError(
            f"{folder / INDEX}: {len(denoisers)} denoisers of different settings; which steps each takes is not known"
        )
    return _model(folder, denoisers, decoder, tuple(encoders))


def _component(folder: Path, name: str, kind: str) -> Config:
    config = _json(folder / name / "config.json")
    config.setdefault("architectures", [kind])
    return {**config, "_class_name": config.get("_class_name", kind)}


def _json(path: Path) -> dict[str, Any]:
    text = read_text(path, LIMIT_BYTES, "configuration")
    try:
        data = parse_json(text)
    except ValueError as error:
        raise WattlineError(f"{path}: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise WattlineError(f"{path}: not a JSON object")
    return data


def _model(folder: Path, denoisers: list[Config], decoder: Config, encoders: tuple[Config, ...]) -> DiffusionModel:
    denoiser = denoisers[0]
    kind = str(denoiser["_class_name"])
    video = "3D" in kind or kind in ("UNetMotionModel", "I2VGenXLUNet", "UNetSpatioTemporalConditionModel")
    kin = _kin(denoisers, decoder, default())
    usual = _usual(denoiser, encoders, video) if kin is None else from_record(kin, default()).usual
    if not video and "sample_size" in denoiser and kind in unet.KINDS:
        side = number_in(denoiser, "sample_size") * 8
        usual = replace(usual, height=side, width=side)
    name = folder.resolve().name
    makes = "video" if video else "image"
    return DiffusionModel(name, name, kind, makes, denoiser, decoder, encoders, usual, experts=len(denoisers))


def _kin(denoisers: list[Config], decoder: Config, catalog: Catalog) -> Record | None:
    """The catalog's model of the same class whose denoiser has the most settings alike, and among those the one with as
    many denoisers and such a decoder: its pipeline is taken."""
    denoiser = denoisers[0]
    kind = denoiser["_class_name"]
    same = [each for each in catalog.records(KIND).values() if each.meta["denoiser"].get("_class_name") == kind]

    def alike(record: Record) -> tuple[int, bool, int]:
        own: Config = record.meta["denoiser"]
        experts = int(record["experts"].value) if "experts" in record.facts else 1
        parts: Config = catalog.find("component", record.meta["decoder"]).meta["settings"]
        return (
            sum(denoiser.get(name) == value for name, value in own.items()),
            experts == len(denoisers),
            sum(decoder.get(name) == value for name, value in parts.items()),
        )

    return max(same, key=alike, default=None)


def _usual(denoiser: Config, encoders: tuple[Config, ...], video: bool) -> UsualOutput:
    """What is made where nothing is asked, by a class of which the catalog has no model."""
    side = number_in(denoiser, "sample_size", 128) * 8 if not video else 480.0
    built_in = bool(denoiser.get("guidance_embeds"))
    return UsualOutput(
        height=side,
        width=side if not video else 832.0,
        steps=USUAL_STEPS,
        passes=1.0 if built_in else 2.0,
        text_tokens=512.0 if len(encoders) and "T5" in str(encoders[-1].get("architectures")) else 77.0,
        frames=VIDEO_FRAMES if video else 1.0,
        fps=VIDEO_FPS if video else 0.0,
    )
