"""Folders of diffusers: every family of the catalog written as its pipeline's folder and read back; what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattline as wl
from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.work.diffusion.components import ENCODERS
from wattline.line.work.diffusion.folder import read_folder
from wattline.line.work.diffusion.ltx import GROWTH, ltx_2_decoder
from wattline.line.work.diffusion.model import KIND, DiffusionModel, load_diffusion

CATALOG = default()
# models without a second network before the denoiser, which a pipeline of its own runs
MODELS = [name for name in sorted(CATALOG.records(KIND)) if load_diffusion(name, CATALOG).prior is None]


def written(folder: Path, model: DiffusionModel, **more: tuple[str, dict[str, Any]]) -> Path:
    """A model as its publisher lays it out: an index, and a configuration a component."""
    parts: dict[str, tuple[str, dict[str, Any]]] = {
        "transformer": (model.class_name, dict(model.denoiser)),
        "vae": (str(model.decoder["_class_name"]), dict(model.decoder)),
    }
    for place, encoder in enumerate(model.encoders, start=1):
        kind = str((encoder.get("architectures") or ["T5EncoderModel"])[0])
        parts["text_encoder" if place == 1 else f"text_encoder_{place}"] = (kind, dict(encoder))
    if model.experts > 1:
        parts |= {f"transformer_{n}": parts["transformer"] for n in range(2, model.experts + 1)}
    parts |= more
    index = {name: ["diffusers", kind] for name, (kind, _) in parts.items()}
    index |= {"tokenizer": ["transformers", "T5Tokenizer"], "scheduler": ["diffusers", "EulerDiscreteScheduler"]}
    index |= {"feature_extractor": [None, None], "image_encoder": ["transformers", "CLIPVisionModelWithProjection"]}
    for name, (_, config) in parts.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))
    (folder / "model_index.json").write_text(json.dumps({"_class_name": "Pipeline"} | index))
    return folder


@pytest.mark.parametrize("name", MODELS)
def test_a_folder_says_what_the_catalog_says(name: str, tmp_path: Path) -> None:
    model = load_diffusion(name, CATALOG)
    read = read_folder(written(tmp_path / "model", model))
    assert read.makes == model.makes
    assert read.experts == model.experts
    passes, known = read.passes(read.sizes(512, 512)), model.passes(model.sizes(512, 512))
    assert passes.parameters == pytest.approx(known.parameters)
    # a distilled model shares its network with the one that it was made from, and a folder does not tell them apart
    kin = [load_diffusion(other, CATALOG) for other in MODELS]
    assert read.usual.passes in [each.usual.passes for each in kin if each.denoiser == model.denoiser]
    same = [each.usual for each in kin if each.denoiser == model.denoiser and each.experts == model.experts]
    assert (read.usual.height, read.usual.width, read.usual.frames) in [(u.height, u.width, u.frames) for u in same]


@pytest.mark.parametrize(("name", "published"), [
    ("flux.2-dev", 32.2e9), ("z-image-turbo", 6.155e9), ("lumina-image-2.0", 2.61e9), ("auraflow-0.3", 6.8e9),
    ("kolors", 2.58e9), ("qwen-image", 20.43e9), ("hunyuan-video", 12.82e9), ("hunyuan-video-1.5", 8.3e9),
    ("wan-2.2-a14b", 2 * 14.29e9), ("ltx-2", 19e9), ("hidream-i1-full", 17e9),
])  # fmt: skip
def test_denoisers_have_the_parameters_that_were_published(name: str, published: float) -> None:
    model = load_diffusion(name, CATALOG)
    counted = model.passes(model.sizes()).denoiser.parameters * model.experts
    assert counted == pytest.approx(published, rel=0.02)


@pytest.mark.parametrize("kind", ["StableCascadeUNet", "PRXTransformer2DModel", "SanaVideoTransformer3DModel"])
def test_a_network_that_is_not_known_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    model = load_diffusion("sdxl", CATALOG)
    folder = written(tmp_path / "model", model, prior=(kind, {}))
    with pytest.raises(WattlineError, match=kind):
        read_folder(folder)


def test_sound_beside_a_video_is_read_past(tmp_path: Path) -> None:
    """LTX-2's folder names a decoder and a vocoder of its sound, whose work is less than a thousandth."""
    model = load_diffusion("ltx-2", CATALOG)
    more = {"audio_vae": ("AutoencoderKLLTX2Audio", {}), "vocoder": ("LTX2Vocoder", {})}
    read = read_folder(written(tmp_path / "model", model, **more))
    assert read.usual.passes == model.usual.passes
    known = model.passes(model.sizes())
    assert read.passes(read.sizes()).parameters == pytest.approx(known.parameters)
    silent = {**model.denoiser, "audio_num_attention_heads": 1}
    assert replace(model, denoiser=silent).passes(model.sizes()).parameters < known.parameters


def test_levels_of_a_decoder_grow_space_or_time_or_both() -> None:
    sizes = load_diffusion("ltx-2", CATALOG).sizes(512, 512, 9)
    flops = {name: float(ltx_2_decoder({"upsample_type": [name] * 3}, sizes).total_flops) for name in GROWTH}
    assert flops["temporal"] < flops["spatial"] < flops["spatiotemporal"]


def test_pixels_without_a_decoder_and_two_kinds_of_denoisers_are_refused(tmp_path: Path) -> None:
    """DeepFloyd's first stage has no decoder; two denoisers of different settings share steps in a way not known."""
    model = load_diffusion("stable-diffusion-1.5", CATALOG)
    folder = written(tmp_path / "pixels", model)
    index = json.loads((folder / "model_index.json").read_text())
    del index["vae"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WattlineError, match="no decoder"):
        read_folder(folder)
    other = dict(model.denoiser) | {"cross_attention_dim": 1024}
    with pytest.raises(WattlineError, match="different settings"):
        read_folder(written(tmp_path / "two", model, unet_2=(model.class_name, other)))


def test_each_of_two_denoisers_takes_a_part_of_the_steps(tmp_path: Path) -> None:
    """Wan 2.2 takes the time of one of its denoisers, and the memory of both."""
    second, first = (load_diffusion(name, CATALOG) for name in ("wan-2.2-a14b", "wan-2.1-14b"))
    assert second.passes(second.sizes()).parameters > first.passes(first.sizes()).parameters + 14e9
    made = [
        wl.video(read_folder(written(tmp_path / model.key, model)), size="832x480", frames=33, steps=10, draws=0)
        for model in (second, first)
    ]
    assert float(made[0].energy_j) == pytest.approx(float(made[1].energy_j), rel=1e-6)


def test_text_encoders_of_every_class_count_what_they_hold() -> None:
    """ChatGLM's settings have names of their own and its table of words stands at both ends."""
    glm = CATALOG.find("component", "chatglm3-6b")
    counted = ENCODERS["ChatGLMModel"](glm.meta["settings"], np.asarray(77.0)).parameters
    assert counted == pytest.approx(6.244e9, rel=0.01)
