"""LTX: the decoders of its video, and LTX-2, which makes sound beside the picture: two streams that read each other.

Layers and widths are those of diffusers' modules; elementwise passes and kernels of a stream are taken as LTX-Video's,
those of the attention between streams as half of them. What makes sound of its latents (a decoder and a vocoder) is
less than a thousandth of the work and is left out.
"""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.decoders import residual
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import (
    cross_attention,
    feed_forward,
    self_attention,
    time_embedding,
)
from wattline.line.work.diffusion.video_decoders import CUBE, add_caches
from wattline.line.work.diffusion.video_transformers import LTX

BETWEEN, CONNECTOR = (50.0, 25.0), (30.0, 12.0)
USUAL_FPS = 24.0  # frames a second at which the sound's length follows from the frames
# a level's growth of space (of both sides) and of time, by its ``upsample_type``
GROWTH = {"spatiotemporal": (4.0, 2.0), "spatial": (4.0, 1.0), "temporal": (1.0, 2.0)}
# settings of ``AutoencoderKLLTX2Video`` where a configuration leaves them out
DECODER = {
    "decoder_block_out_channels": (256.0, 512.0, 1024.0),
    "decoder_layers_per_block": (5.0, 5.0, 5.0, 5.0),
    "decoder_spatio_temporal_scaling": (True, True, True),
    "upsample_factor": (2.0, 2.0, 2.0),
}


def ltx_2_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLLTX2Video``: as LTX-Video's, each level by its own growth of space and of time.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    return ltx_decoder({**DECODER, **config}, sizes)


def ltx_decoder(config: Config, sizes: Sizes) -> Pass:
    """``AutoencoderKLLTXVideo``: patches of 4 × 4 pixels, each level doubling space and time.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("AutoencoderKLLTXVideo decoder")
    widths = numbers_in(
        config, "decoder_block_out_channels", numbers_in(config, "block_out_channels", (128.0, 256.0, 512.0, 512.0))
    )
    layers = numbers_in(
        config, "decoder_layers_per_block", numbers_in(config, "layers_per_block", (4.0, 3.0, 3.0, 3.0, 4.0))
    )
    scaling = list(
        config.get("decoder_spatio_temporal_scaling") or config.get("spatio_temporal_scaling") or (1, 1, 1, 0)
    )
    frames, height, across = sizes.latent(32.0, 8.0)
    positions = np.asarray(frames * height * across)
    inputs = widths[-1]
    tally.convolution(positions, number_in(config, "latent_channels", 128), inputs, CUBE)
    timed = bool(config.get("timestep_conditioning"))
    factors = numbers_in(config, "upsample_factor", (1.0,) * len(widths))
    kinds = list(config.get("upsample_type") or ("spatiotemporal",) * len(widths))
    for _ in range(int(layers[-1])):
        residual(tally, positions, inputs, inputs, CUBE)
    _step_embedding(tally, 4 * inputs * timed)
    for level in range(len(widths) - 1, -1, -1):
        width, inputs = widths[level] // factors[level], inputs // factors[level]
        _step_embedding(tally, 4 * inputs * timed)
        if inputs != width:
            residual(tally, positions, inputs, width, CUBE)
        if scaling[level]:
            space, time = GROWTH[kinds[len(widths) - 1 - level]]
            tally.convolution(positions, width * factors[level], space * time * width, CUBE)
            longer = np.asarray(time * frames - (time - 1))
            positions, frames = np.asarray(positions * space * longer / frames), longer
            tally.elementwise(positions * width, 4, 4)
        for _ in range(int(layers[level])):
            residual(tally, positions, width, width, CUBE)
        inputs = width
    _step_embedding(tally, 2 * inputs * timed)
    tally.convolution(positions, inputs, 3.0 * number_in(config, "patch_size", 4) ** 2, CUBE)
    add_caches(tally, (2.0, 4.0))
    return tally.done()


def _step_embedding(tally: Tally, width: float) -> None:
    """The step that a decoder is told, lifted to ``width`` values; nothing where that is 0."""
    if width:
        tally.product(1.0, 256.0, width, name="step")
        tally.product(1.0, width, width, name="step")


def ltx_2(config: Config, sizes: Sizes) -> Pass:
    """``LTX2VideoTransformer3DModel``: a stream of video and a narrower stream of sound, each with the text, and an
    attention from either to the other.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("LTX2VideoTransformer3DModel")
    frames, height, across = sizes.latent(32.0, 8.0)
    video = _ModalityStream(config, "", np.asarray(frames * height * across))
    each_s = number_in(config, "audio_sampling_rate", 16000) / number_in(config, "audio_hop_length", 160)
    each_s /= number_in(config, "audio_scale_factor", 4)
    sound = _ModalityStream(config, "audio_", np.maximum(np.round(sizes.frames / USUAL_FPS * each_s), 1.0))
    for stream in (video, sound):
        stream.add(tally, config, sizes.text_tokens)
    layers, narrow = number_in(config, "num_layers", 48), sound.width
    tally.head = sound.head
    for own, other in ((video, sound), (sound, video)):
        tally.product(own.rows, own.width, narrow, layers)
        tally.product(other.rows, other.width, narrow, 2 * layers)
        tally.product(own.rows, narrow, own.width, layers)
        tally.attention(own.rows, other.rows, narrow, layers, "cross-attention")
        tally.elementwise(own.rows * own.width, BETWEEN[0] * layers, BETWEEN[1] * layers)
        tally.weights += layers * (2 * narrow + 5 * own.width)
        if own.gated:
            tally.product(own.rows, own.width, sound.heads, layers)
    return tally.done()


class _ModalityStream:
    """A stream of LTX-2: its tokens, heads and width; its blocks and its ends."""

    def __init__(self, config: Config, prefix: str, rows: Array) -> None:
        self.prefix, self.rows = prefix, rows
        self.heads = number_in(config, f"{prefix}num_attention_heads", 32)
        self.head = number_in(config, f"{prefix}attention_head_dim", 64 if prefix else 128)
        self.width = self.heads * self.head
        self.gated = bool(config.get(f"{prefix}gated_attn"))

    def add(self, tally: Tally, config: Config, text: Array) -> None:
        """The stream's own blocks and what stands before and after them."""
        rows, width, layers = self.rows, self.width, number_in(config, "num_layers", 48)
        tally.head = self.head
        self_attention(tally, rows, rows, width, width, layers)
        cross_attention(tally, rows, text, width, number_in(config, f"{self.prefix}cross_attention_dim", width), layers)
        feed_forward(tally, rows, width, 4 * width, layers)
        tally.elementwise(rows * width, LTX[0] * layers, LTX[1] * layers)
        modulated = bool(config.get(f"{self.prefix}cross_attn_mod"))
        tally.weights += layers * (4 + (9 + 2 if modulated else 6)) * width + 2 * width
        if self.gated:
            tally.product(rows, width, self.heads, 2 * layers)
        tally.product(rows, number_in(config, f"{self.prefix}in_channels", 128), width)
        tally.product(rows, width, number_in(config, f"{self.prefix}out_channels", 128))
        if config.get("use_prompt_embeddings", True):
            tally.product(text, number_in(config, "caption_channels", 3840), width)
            tally.product(text, width, width)
        steps = [9.0 if modulated else 6.0, 4.0, 1.0]
        if modulated and config.get("use_prompt_adaln_single", True):
            steps.append(2.0)
        for values in steps:
            time_embedding(tally, width)
            tally.product(1.0, width, values * width, name="modulation")


def ltx_2_connectors(config: Config, tokens: Array) -> Pass:
    """``LTX2TextConnectors``: the states of all layers of the text encoder in one product, and a few blocks for either
    stream, over as many tokens.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    tokens : tokens of the text

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    tally = Tally("LTX2TextConnectors")
    caption, rows = number_in(config, "caption_channels", 3840), np.asarray(tokens, float)
    states, bias = caption * number_in(config, "text_proj_in_factor", 49), bool(config.get("proj_bias"))
    apart = bool(config.get("per_modality_projections"))
    own = [number_in(config, "video_hidden_dim", 4096), number_in(config, "audio_hidden_dim", 2048)]
    for width in own if apart else [caption]:
        tally.product(rows, states, width, 1, bias)
    for side in ("video", "audio"):
        heads = number_in(config, f"{side}_connector_num_attention_heads", 30)
        tally.head = number_in(config, f"{side}_connector_attention_head_dim", 128)
        width, layers = heads * tally.head, number_in(config, f"{side}_connector_num_layers", 2)
        self_attention(tally, rows, rows, width, width, layers)
        feed_forward(tally, rows, width, 4 * width, layers)
        tally.elementwise(rows * width, CONNECTOR[0] * layers, CONNECTOR[1] * layers)
        tally.weights += (2 * layers + number_in(config, f"{side}_connector_num_learnable_registers", 128)) * width
        if config.get(f"{side}_gated_attn"):
            tally.product(rows, width, heads, layers)
    return tally.done()
