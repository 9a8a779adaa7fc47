"""Transformers of images whose text and image go through the same blocks: FLUX.2, Z-Image, Lumina 2, AuraFlow,
HiDream.

Layers and widths are those of diffusers' modules; elementwise passes and kernels of a block are taken from the FLUX
blocks that were counted, whose steps they share.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import time_embedding, tokens_of

DOUBLE, SINGLE = (96.0, 55.0), (89.0, 30.0)
EXPERTS = (8.0, 40.0)  # what is gathered for experts and added to the sum, a token of each
NARROW_STEP = 256.0  # width of Z-Image's embedding of the step
LUMINA_STEP = 1024.0  # at most, of Lumina's


def flux_2(config: Config, sizes: Sizes) -> Pass:
    """``Flux2Transformer2DModel``: blocks of two streams, then blocks of one; modulation is shared by all blocks.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    head = number_in(config, "attention_head_dim", 128)
    tally = Tally("Flux2Transformer2DModel", head=head)
    double, single = number_in(config, "num_layers", 8), number_in(config, "num_single_layers", 48)
    width = head * number_in(config, "num_attention_heads", 48)
    inner = width * number_in(config, "mlp_ratio", 3.0)
    image, text = tokens_of(sizes, 2.0), sizes.text_tokens
    both = np.asarray(image + text)
    for rows in (image, text):
        tally.product(rows, width, width, 4 * double, False, "queries, keys, values, output")
        _gated(tally, rows, width, inner, double)
    tally.attention(both, both, width, double)
    tally.elementwise(both * width, DOUBLE[0] * double, DOUBLE[1] * double)
    tally.product(both, width, 3 * width + 2 * inner, single, False)
    tally.product(both, width + inner, width, single, False)
    tally.attention(both, both, width, single)
    tally.elementwise(both * width, SINGLE[0] * single, SINGLE[1] * single)
    tally.product(1.0, width, 6 * width, 2, False, "modulation")
    tally.product(1.0, width, 3 * width, 1, False, "modulation")
    channels = number_in(config, "in_channels", 128)
    tally.product(image, channels, width, 2, False)
    tally.product(text, number_in(config, "joint_attention_dim", 15360), width, 1, False)
    inputs = number_in(config, "timestep_guidance_channels", 256)
    embeddings = 2.0 if config.get("guidance_embeds", True) else 1.0
    time_embedding(tally, width, inputs, embeddings)
    tally.product(1.0, width, 2 * width, 1, False)
    tally.weights += head * (4 * double + 2 * single)
    return tally.done()


def z_image(config: Config, sizes: Sizes) -> Pass:
    """``ZImageTransformer2DModel``: refiners of the image and of the text, then blocks of both.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    width, heads = number_in(config, "dim", 3840), number_in(config, "n_heads", 30)
    kept = number_in(config, "n_kv_heads", heads) / heads
    step = min(width, NARROW_STEP)
    block = _Block(width, float(int(width / 3 * 8)), kept, step, 4)
    tally = Tally("ZImageTransformer2DModel", head=width / heads)
    image, text = tokens_of(sizes, 2.0), sizes.text_tokens
    _refined(tally, image, text, block, number_in(config, "n_refiner_layers", 2), number_in(config, "n_layers", 30))
    values = number_in(config, "in_channels", 16) * 4
    tally.product(image, values, width)
    tally.product(image, width, values)
    tally.product(text, number_in(config, "cap_feat_dim", 2560), width)
    tally.product(1.0, NARROW_STEP, LUMINA_STEP)
    tally.product(1.0, LUMINA_STEP, step)
    tally.product(1.0, step, width)
    return tally.done()


def lumina_2(config: Config, sizes: Sizes) -> Pass:
    """``Lumina2Transformer2DModel``: as Z-Image, with fewer heads of keys and values and a wider embedding of the step.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    width, heads = number_in(config, "hidden_size", 2304), number_in(config, "num_attention_heads", 24)
    kept = number_in(config, "num_kv_heads", 8) / heads
    several = number_in(config, "multiple_of", 256)
    inner = several * np.ceil(int(4 * width * number_in(config, "ffn_dim_multiplier", 1.0)) / several)
    step = min(width, LUMINA_STEP)
    block = _Block(width, float(inner), kept, step, 4)
    tally = Tally("Lumina2Transformer2DModel", head=width / heads)
    patch = number_in(config, "patch_size", 2)
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    refiners = number_in(config, "num_refiner_layers", 2)
    _refined(tally, image, text, block, refiners, number_in(config, "num_layers", 26))
    values = number_in(config, "in_channels", 16) * patch**2
    tally.product(image, values, width)
    tally.product(image, width, values)
    tally.product(text, number_in(config, "cap_feat_dim", 1024), width)
    time_embedding(tally, step)
    tally.product(1.0, step, width)
    return tally.done()


def aura_flow(config: Config, sizes: Sizes) -> Pass:
    """``AuraFlowTransformer2DModel``: a few blocks of two streams, then blocks of one, gated inside.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    head = number_in(config, "attention_head_dim", 256)
    tally = Tally("AuraFlowTransformer2DModel", head=head)
    width = head * number_in(config, "num_attention_heads", 12)
    inner = 256 * np.ceil(int(8 * width / 3) / 256)
    double, single = number_in(config, "num_mmdit_layers", 4), number_in(config, "num_single_dit_layers", 32)
    patch = number_in(config, "patch_size", 2)
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    both = np.asarray(image + text)
    for rows, blocks, modulations in ((image, double, 1), (text, double, 1), (both, single, 1)):
        tally.product(rows, width, width, 4 * blocks, False, "queries, keys, values, output")
        _gated(tally, rows, width, float(inner), blocks)
        tally.product(1.0, width, 6 * width, modulations * blocks, False, "modulation")
    tally.attention(both, both, width, double + single)
    tally.elementwise(both * width, DOUBLE[0] * double + SINGLE[0] * single, DOUBLE[1] * double + SINGLE[1] * single)
    values = number_in(config, "in_channels", 4) * patch**2
    tally.product(image, values, width)
    tally.product(image, width, values, 1, False)
    tally.product(text, number_in(config, "joint_attention_dim", 2048), width, 1, False)
    time_embedding(tally, width)
    tally.product(1.0, width, 2 * width, 1, False)
    tally.weights += (number_in(config, "pos_embed_max_size", 1024) + 8) * width  # positions, and tokens of its own
    return tally.done()


def hi_dream(config: Config, sizes: Sizes) -> Pass:
    """``HiDreamImageTransformer2DModel``: blocks of two streams, then of one; the image's feed-forward is a mixture of
    experts beside a shared one, and each block takes the text's states of a layer of their own.

    A picture that is no square is filled up to the tokens of the largest.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames; its tokens of text are T5's, and Llama's twice

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    head, patch = number_in(config, "attention_head_dim", 128), number_in(config, "patch_size", 2)
    tally = Tally("HiDreamImageTransformer2DModel", head=head)
    double, single = number_in(config, "num_layers", 16), number_in(config, "num_single_layers", 32)
    width = head * number_in(config, "num_attention_heads", 20)
    largest = np.prod(numbers_in(config, "max_resolution", (128.0, 128.0))) / patch**2
    image, text = tokens_of(sizes, patch), sizes.text_tokens
    image = np.where(sizes.height == sizes.width, image, np.maximum(image, largest))
    both = np.asarray(image + text)
    for rows, blocks, values in ((image, double, 12.0), (text, double, 0.0), (both, single, 6.0)):
        tally.product(rows, width, width, 4 * blocks, name="queries, keys, values, output")
        tally.weights += 2 * width * blocks
        if values:
            tally.product(1.0, width, values * width, blocks, name="modulation")
            _experts(tally, rows, width, config, blocks)
    _gated(tally, text, width, _third(4 * width), double)
    tally.attention(both, both, width, double + single)
    tally.elementwise(both * width, DOUBLE[0] * double + SINGLE[0] * single, DOUBLE[1] * double + SINGLE[1] * single)
    channels = number_in(config, "in_channels", 16) * patch**2
    tally.product(image, channels, width)
    tally.product(image, width, number_in(config, "out_channels", 16) * patch**2)
    t5, llama = numbers_in(config, "caption_channels", (4096.0, 4096.0))
    tally.product(text / 3, llama, width, double + single, False)
    tally.product(text / 3, t5, width, 1, False)
    time_embedding(tally, width)
    time_embedding(tally, width, number_in(config, "text_emb_dim", 2048))
    tally.product(1.0, width, 2 * width)
    return tally.done()


def _third(inner: float) -> float:
    """Two thirds of a width, up to a multiple of 256."""
    return float(256 * np.ceil(int(2 * inner / 3) / 256))


def _experts(tally: Tally, rows: Array, width: float, config: Config, count: float) -> None:
    """A gated mixture of experts and a shared one of half their width; a plain one where there are none."""
    routed, chosen = number_in(config, "num_routed_experts", 4), number_in(config, "num_activated_experts", 2)
    inner = _third(4 * width)
    if not routed:
        return _gated(tally, rows, width, inner, count)
    _gated(tally, np.asarray(rows * chosen / routed), width, inner, routed * count)
    _gated(tally, rows, width, _third(2 * width), count)
    tally.product(rows, width, routed, count, False, "router")
    return tally.elementwise(rows * width * chosen, EXPERTS[0] * count, EXPERTS[1] * count, "experts")


@dataclass(frozen=True)
class _Block:
    """Width, width inside, share of heads that keys and values have, width of the step, sets of modulation."""

    width: float
    inner: float
    kept: float
    step: float
    modulations: float


def _refined(tally: Tally, image: Array, text: Array, block: _Block, refiners: float, layers: float) -> None:
    """Blocks of the image alone, of the text alone (without the step), and of both."""
    both = np.asarray(image + text)
    for rows, count, modulated in ((image, refiners, True), (text, refiners, False), (both, layers, True)):
        tally.product(rows, block.width, block.width, 2 * count, False, "queries, output")
        tally.product(rows, block.width, block.width * block.kept, 2 * count, False, "keys, values")
        tally.attention(rows, rows, block.width, count)
        _gated(tally, rows, block.width, block.inner, count)
        tally.elementwise(rows * block.width, SINGLE[0] * count, SINGLE[1] * count)
        tally.weights += 4 * block.width * count
        if modulated:
            tally.product(1.0, block.step, block.modulations * block.width, count, name="modulation")


def _gated(tally: Tally, rows: Array, width: float, inner: float, count: float) -> None:
    """A gated feed-forward without biases."""
    tally.product(rows, width, inner, 2 * count, False)
    tally.product(rows, inner, width, count, False)
