"""Decoders and denoisers by their own settings: weights as diffusers 0.42 counts them, and what is not read refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.work.diffusion.alone import check_settings
from wattline.line.work.diffusion.components import decoder_pass, denoiser_pass
from wattline.line.work.diffusion.model import load_diffusion
from wattline.line.work.diffusion.sizes import Sizes

CATALOG = default()
IMAGE = Sizes(np.asarray(512.0), np.asarray(512.0), np.asarray(1.0), np.asarray(77.0))
CLIP = Sizes(np.asarray(512.0), np.asarray(512.0), np.asarray(17.0), np.asarray(77.0))
WAN_22_5B: dict[str, Any] = {
    "_class_name": "AutoencoderKLWan", "base_dim": 160, "decoder_base_dim": 256, "z_dim": 48, "dim_mult": [1, 2, 4, 4],
    "num_res_blocks": 2, "attn_scales": [], "temperal_downsample": [False, True, True], "in_channels": 12,
    "out_channels": 12, "patch_size": 2, "is_residual": True, "scale_factor_temporal": 4, "scale_factor_spatial": 16,
}  # fmt: skip
LTX_097: dict[str, Any] = {
    "_class_name": "AutoencoderKLLTXVideo", "block_out_channels": [128, 256, 512, 1024, 2048], "latent_channels": 128,
    "decoder_block_out_channels": [256, 512, 1024], "decoder_layers_per_block": [5, 5, 5, 5], "patch_size": 4,
    "decoder_spatio_temporal_scaling": [True, True, True], "decoder_inject_noise": [False] * 4, "patch_size_t": 1,
    "timestep_conditioning": True, "upsample_factor": [2, 2, 2], "upsample_residual": [True, True, True],
}  # fmt: skip
SHUFFLED = {**CATALOG.find("component", "dc-32").meta["settings"], "upsample_block_type": "pixel_shuffle"}


@pytest.mark.parametrize(
    ("settings", "millions"),
    [
        (LTX_097, 552.815),
        (LTX_097 | {"upsample_factor": [1, 1, 1], "timestep_conditioning": False}, 983.093),
        (WAN_22_5B, 555.052),
        (SHUFFLED, 213.199),
    ],
)
def test_decoders_have_the_weights_that_diffusers_builds(settings: dict[str, Any], millions: float) -> None:
    assert decoder_pass(settings, CLIP).parameters == pytest.approx(millions * 1e6, rel=0.01)


def test_narrower_levels_are_less_work_and_shuffled_pixels_are_as_much() -> None:
    def work(settings: dict[str, Any]) -> float:
        return float(sum(item.flops for item in decoder_pass(settings, CLIP).operations))

    assert work(LTX_097) < 0.6 * work(LTX_097 | {"upsample_factor": [1, 1, 1]})
    assert work(SHUFFLED) == pytest.approx(work(SHUFFLED | {"upsample_block_type": "interpolate"}))


def test_a_network_that_animates_a_picture_looks_at_it_in_each_block() -> None:
    """Wan 2.1 I2V 14B: 16.39 billion weights as diffusers builds them, of which the text's network alone has 14.29."""
    plain = dict(load_diffusion("wan-2.1-14b", CATALOG).denoiser)
    animates = plain | {"in_channels": 36, "out_channels": 16, "image_dim": 1280, "added_kv_proj_dim": 5120}
    assert denoiser_pass(plain, CLIP).parameters == pytest.approx(14.2885e9, rel=1e-4)
    assert denoiser_pass(animates, CLIP).parameters == pytest.approx(16.3949e9, rel=1e-4)


def test_each_denoiser_and_decoder_of_the_catalog_has_settings_that_are_read() -> None:
    for name in CATALOG.records("diffusion"):
        model = load_diffusion(name, CATALOG)
        check_settings(model.denoiser)
        check_settings(model.decoder)


def test_a_motion_network_has_a_module_in_its_middle_unless_it_says_no() -> None:
    denoiser = dict(load_diffusion("animatediff", CATALOG).denoiser)
    without = denoiser_pass(denoiser, CLIP).parameters
    denoiser.pop("use_motion_mid_block")
    assert denoiser_pass(denoiser, CLIP).parameters - without == pytest.approx(36e6, rel=0.01)


@pytest.mark.parametrize(
    ("name", "change", "word"),
    [
        ("sana-1.5-4.8b", {"attention_head_dim": 16}, "only equal ones"),
        ("sdxl-turbo", {"down_block_types": ["DownBlock2D"]}, "down_block_types has 1 parts for 3 blocks"),
        ("stable-video-diffusion", {"up_block_types": 5}, "up_block_types"),
        ("stable-diffusion-3.5-large", {"caption_projection_dim": 1152}, "caption_projection_dim"),
        ("z-image-turbo", {"siglip_feat_dim": 1152}, "siglip_feat_dim"),
        ("hunyuan-video", {"mlp_ratio": 8.0}, "mlp_ratio"),
        ("flux.1-dev", {"out_channels": 128}, "out_channels"),
        ("animatediff", {"mid_block_layers": 2}, "mid_block_layers"),
        ("stable-diffusion-1.5", {"transformer_layers_per_block": "two"}, "transformer_layers_per_block|another kind"),
    ],
)
def test_settings_that_are_not_read_are_refused_in_one_line(name: str, change: dict[str, Any], word: str) -> None:
    model = load_diffusion(name, CATALOG)
    with pytest.raises(WattlineError, match=word) as refused:
        denoiser_pass({**model.denoiser, **change}, IMAGE if model.makes == "image" else CLIP)
    assert "\n" not in str(refused.value)
