"""Models of images and video as passes: parameters as published, arithmetic by hand, sizes as arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.core.errors import NotFound, WattlineError
from wattline.line.work.diffusion.components import decoder_pass, denoiser_pass, encoder_pass
from wattline.line.work.diffusion.model import KIND, load_diffusion
from wattline.line.work.diffusion.sizes import Sizes
from wattline.line.work.diffusion.tally import Tally

CATALOG = default()
MODELS = sorted(CATALOG.records(KIND))


@pytest.mark.parametrize("name", MODELS)
def test_a_denoiser_counts_the_parameters_that_its_publisher_states(name: str) -> None:
    model = load_diffusion(name, CATALOG)
    assert model.record is not None
    counted = model.passes(model.sizes()).denoiser.parameters
    assert counted == pytest.approx(model.record["total_params"].value, rel=0.015)


@pytest.mark.parametrize("name", sorted(CATALOG.records("component")))
def test_an_encoder_or_decoder_counts_its_parameters(name: str) -> None:
    record = CATALOG.find("component", name)
    settings_ = record.meta["settings"]
    if "_class_name" in settings_:
        sizes = Sizes(*(np.asarray(value) for value in (512.0, 512.0, 1.0, 77.0)))
        counted, near = decoder_pass(settings_, sizes).parameters, 0.13  # totals of decoders are not published
    else:
        counted, near = encoder_pass(settings_, np.asarray(77.0)).parameters, 0.015
    assert counted == pytest.approx(record["total_params"].value, rel=near)


def test_every_catalog_model_is_found_by_its_aliases_and_its_id() -> None:
    assert load_diffusion("flux", CATALOG).key == "flux.1-dev"
    assert load_diffusion("Wan-AI/Wan2.1-T2V-14B-Diffusers", CATALOG).key == "wan-2.1-14b"
    assert load_diffusion("sdxl", CATALOG).makes == "image"
    with pytest.raises(NotFound, match="hunyuan"):
        load_diffusion("hunyuanvidoe", CATALOG)


def test_flux_at_its_usual_size_takes_the_arithmetic_that_its_layers_say() -> None:
    """4,096 tokens of image and 512 of text, 3,072 wide, 19 double and 38 single blocks."""
    model = load_diffusion("flux.1-dev", CATALOG)
    single = model.passes(model.sizes()).denoiser
    tokens, width = 4096 + 512, 3072
    assert float(single.flops("attention")) == pytest.approx(57 * 4 * tokens**2 * width)
    blocks = (19 + 38) * 2 * tokens * 12 * width**2
    assert float(single.flops("product")) == pytest.approx(blocks, rel=0.01)


def test_products_convolutions_and_attention_count_by_hand() -> None:
    tally = Tally("by hand", head=72.0)
    tally.product(10, 4, 6)
    tally.convolution(100, 3, 8)
    tally.attention(10, 20, 144)
    tally.elementwise(1000, 3, 2)
    single = tally.done()
    assert float(single.flops("product")) == 2 * 10 * 4 * 6
    assert float(single.flops("convolution")) == 2 * 100 * 9 * 3 * 8
    assert float(single.flops("attention")) == 4 * 10 * 20 * 144
    assert float(single.attention_flops(wide=False)) == pytest.approx(4 * 10 * 20 * 144 * 96 / 72)
    assert float(single.attention_flops(wide=True)) == 0
    assert float(single.traffic_bytes) == 6000
    assert float(single.launches) == 1 + 1 + 1 + 2
    assert single.parameters == 4 * 6 + 6 + 9 * 3 * 8 + 8


@given(st.sampled_from(MODELS), st.integers(4, 24), st.integers(4, 24), st.integers(0, 12))
@settings(max_examples=60, deadline=None)
def test_sizes_as_arrays_give_what_each_size_gives_alone(name: str, tall: int, wide: int, more: int) -> None:
    """Arithmetic never falls where the picture grows, either way of asking."""
    model = load_diffusion(name, CATALOG)
    heights, widths = np.array([64.0 * tall, 64.0 * (tall + 2)]), np.array([64.0 * wide, 64.0 * (wide + 2)])
    frames = np.array([1.0 + 8 * more] * 2) if model.makes == "video" else np.ones(2)
    together = model.passes(model.sizes(heights, widths, frames))
    alone = [model.passes(model.sizes(h, w, f)) for h, w, f in zip(heights, widths, frames, strict=True)]
    for part in ("denoiser", "decoder"):
        both = getattr(together, part)
        for number in ("total_flops", "traffic_bytes"):
            value = np.broadcast_to(getattr(both, number), (2,))
            assert value == pytest.approx([float(getattr(getattr(each, part), number)) for each in alone])
        assert np.broadcast_to(both.total_flops, (2,))[1] >= np.broadcast_to(both.total_flops, (2,))[0]


def test_a_class_that_is_not_known_is_refused_by_name() -> None:
    sizes = Sizes(*(np.asarray(value) for value in (512.0, 512.0, 1.0, 77.0)))
    with pytest.raises(WattlineError, match="FluxTransformer2DModel"):
        denoiser_pass({"_class_name": "FluxTransformer3DModel"}, sizes)
    with pytest.raises(WattlineError, match="d_model is missing"):
        encoder_pass({"architectures": ["T5EncoderModel"]}, np.asarray(77.0))
    with pytest.raises(WattlineError, match="num_layers is 'many'"):
        denoiser_pass({"_class_name": "FluxTransformer2DModel", "num_layers": "many"}, sizes)


def test_video_decodes_in_tiles_that_overlap() -> None:
    """A picture as large as a tile is decoded once; one a stride larger in two tiles."""
    settings_ = CATALOG.find("component", "wan").meta["settings"]

    def at(height: float) -> float:
        sizes = Sizes(np.asarray(height), np.asarray(192.0), np.asarray(5.0), np.asarray(77.0))
        return float(decoder_pass(settings_, sizes).launches)

    assert at(384.0) == pytest.approx(2 * at(192.0))
