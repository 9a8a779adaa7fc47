"""Networks of convolutions that denoise: Stable Diffusion's, SDXL's, Kandinsky's, and those of video made from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wattline.core.errors import WattlineError
from wattline.line.work.diffusion.sizes import Config, Sizes, number_in, numbers_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.unet_parts import Grid, UnetKind, UnetParts

KINDS = {
    "UNet2DConditionModel": UnetKind(),
    "UNetMotionModel": UnetKind(motion=True),
    "UNet3DConditionModel": UnetKind(temporal_convolutions=True, temporal_attention=True),
    "I2VGenXLUNet": UnetKind(temporal_convolutions=True, temporal_attention=True),
    "UNetSpatioTemporalConditionModel": UnetKind(spatio_temporal=True),
}
WIDTHS = (320.0, 640.0, 1280.0, 1280.0)


def unet(config: Config, sizes: Sizes) -> Pass:
    """A network of Stable Diffusion's kind, by its ``_class_name``: blocks down, a middle, blocks up with skips.

    Parameters
    ----------
    config : settings of the component, as its maker wrote them
    sizes : what is made, in pixels and frames

    Returns the operations and weights of one pass. Raises WattlineError for a setting that is no number of its kind.
    """
    name = str(config.get("_class_name"))
    if any("Simple" in str(block) for block in config.get("down_block_types") or ()):
        from wattline.line.work.diffusion.unet_kandinsky import kandinsky_2

        return kandinsky_2(config, sizes)
    tally = Tally(name)
    kind = KINDS[name]
    widths = numbers_in(config, "block_out_channels", WIDTHS)
    frames, height, width = sizes.latent(8.0)
    grid = Grid(np.asarray(height * width), frames)
    text_width = numbers_in(config, "cross_attention_dim", (1024.0,))[0]
    text = np.asarray(1.0) if kind.spatio_temporal else sizes.text_tokens
    parts = UnetParts(tally, kind, 4 * widths[0], text, text_width, _heads(config, widths, kind))
    depths = _depths(config, "transformer_layers_per_block", len(widths))
    up = config.get("reverse_transformer_layers_per_block")
    up_depths = _depths(config, "reverse_transformer_layers_per_block", len(widths)) if up else depths[::-1]
    _head_and_tail(parts, config, grid, widths, name)
    skips, grid = _down(parts, config, grid, widths, depths)
    _middle(parts, config, grid, widths[-1], depths[-1])
    _up(parts, config, grid, widths, up_depths, skips)
    return tally.done()


def _heads(config: Config, widths: Sequence[float], kind: UnetKind) -> dict[float, float]:
    """Size of a head by the level's width: the configuration's ``attention_head_dim`` counts heads, a name that stuck;
    in 3D networks it is a size."""
    given = config.get("num_attention_heads") or config.get("attention_head_dim")
    if given is None or kind.temporal_attention:
        return {}
    counts = numbers_in({"heads": given}, "heads", (8.0,) * len(widths))
    return {width: width / max(heads, 1.0) for width, heads in zip(widths, counts, strict=False)}


def _depths(config: Config, name: str, count: int) -> list[Any]:
    value = config.get(name)
    depths = [1] * count if value is None else [value] * count if isinstance(value, int) else list(value)
    if len(depths) != count:
        raise WattlineError(f"{config.get('_class_name')}: {name} has {len(depths)} parts for {count} blocks")
    return depths


def _depth(depths: Any, layer: int) -> float:
    """Transformer blocks after a residual block; a list gives one for each."""
    return float(depths[min(layer, len(depths) - 1)] if isinstance(depths, Sequence) else depths)


def _head_and_tail(parts: UnetParts, config: Config, grid: Grid, widths: Sequence[float], name: str) -> None:
    tally, first = parts.tally, widths[0]
    tally.convolution(grid.all, number_in(config, "in_channels", 4), first)
    tally.convolution(grid.all, first, number_in(config, "out_channels", 4))
    tally.elementwise(grid.all * first, 4, 2)
    tally.product(1.0, first, 4 * first, name="step")
    tally.product(1.0, 4 * first, 4 * first, name="step")
    extra = number_in(config, "projection_class_embeddings_input_dim", 0)
    if extra:
        tally.product(1.0, extra, 4 * first)
        tally.product(1.0, 4 * first, 4 * first)
    if wide := number_in(config, "encoder_hid_dim", 0):  # text of another width than the network's
        tally.product(parts.text, wide, parts.text_width)
    if name in ("UNet3DConditionModel", "I2VGenXLUNet"):
        parts.temporal(grid, first)


def _layers(config: Config, count: int) -> tuple[float, ...]:
    return numbers_in(config, "layers_per_block", (2.0,) * count)


def _down(
    parts: UnetParts, config: Config, grid: Grid, widths: Sequence[float], depths: Sequence[Any]
) -> tuple[list[float], Grid]:
    types = _types(config, "down_block_types", _usual(len(widths)))
    skips, inputs = [widths[0]], widths[0]
    for level, (width, kind, layers) in enumerate(zip(widths, types, _layers(config, len(widths)), strict=True)):
        for layer in range(int(layers)):
            parts.residual(grid, inputs, width)
            if "Attn" in kind:
                parts.transformer(grid, width, _depth(depths[level], layer))
            if parts.kind.motion:
                parts.temporal(grid, width)
            inputs = width
            skips.append(width)
        if level < len(widths) - 1:
            grid = grid.halved()
            parts.resample(grid, width, up=False)
            skips.append(width)
    return skips, grid


def _types(config: Config, name: str, usual: list[str]) -> list[str]:
    types = config.get(name) or usual
    if not isinstance(types, list | tuple) or len(types) != len(usual):
        count = len(types) if isinstance(types, list | tuple) else 1
        raise WattlineError(f"{config.get('_class_name')}: {name} has {count} parts for {len(usual)} blocks")
    return [str(item) for item in types]


def _usual(count: int) -> list[str]:
    return ["CrossAttnDownBlock2D"] * (count - 1) + ["DownBlock2D"]


def _middle(parts: UnetParts, config: Config, grid: Grid, width: float, depth: Any) -> None:
    if not config.get("mid_block_type", "UNetMidBlock2DCrossAttn"):
        return
    parts.residual(grid, width, width)
    if "CrossAttn" in str(config.get("mid_block_type", "CrossAttn")):
        parts.transformer(grid, width, _depth(depth, 99))
    if parts.kind.motion and config.get("use_motion_mid_block", True):
        parts.temporal(grid, width)
    parts.residual(grid, width, width)


def _up(
    parts: UnetParts, config: Config, grid: Grid, widths: Sequence[float], depths: Sequence[Any], skips: list[float]
) -> None:
    types = _types(config, "up_block_types", _usual(len(widths))[::-1])
    inputs = widths[-1]
    layers_of = _layers(config, len(widths))[::-1]
    for level, (width, kind, layers) in enumerate(zip(widths[::-1], types, layers_of, strict=True)):
        for layer in range(int(layers) + 1):
            parts.residual(grid, inputs + skips.pop(), width, joined=True)
            if "Attn" in kind:
                parts.transformer(grid, width, _depth(depths[level], layer))
            if parts.kind.motion:
                parts.temporal(grid, width)
            inputs = width
        if level < len(widths) - 1:
            grid = grid.halved(down=False)
            parts.resample(grid, width, up=True)
