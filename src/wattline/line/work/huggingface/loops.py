"""Models whose tokens pass some layers several times: which weights, how often, and the layers as they are passed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LAYER = re.compile(r"(^|\.)layers\.(\d+)\.")


@dataclass(frozen=True)
class Loops:
    """How often a token passes each weight, by the weight's name, and the kinds of layer in the order of passing."""

    times: Callable[[str], int]
    kinds: list[str]
    note: str = ""


def _span(first: int, after: int, times: int, kinds: list[str]) -> Loops:
    """A run of layers that is passed ``times`` times, each time with keys and values of its own."""

    def of(name: str) -> int:
        layer = LAYER.search(name)
        return times if layer and first <= int(layer[2]) < after else 1

    return Loops(of, kinds[:first] + times * kinds[first:after] + kinds[after:])


def _dory(text: Any) -> Loops | None:
    if text.recurrent_kv_cache_mode != "per_loop":
        return None  # loops that read one cache
    first = text.n_input_layers
    return _span(first, first + text.n_recurrent_layers, text.n_recurrent_loops, list(text.layer_types))


def _inkling(text: Any) -> Loops:
    return _span(text.loop_layer_index_start, text.loop_layer_index_end, text.loop_num_passes, list(text.layer_types))


def _hrm(text: Any) -> Loops:
    """A low stack within each cycle of a high one; ``num_hidden_layers`` counts each pass of a layer already."""
    high, low = text.H_cycles, text.H_cycles * text.L_cycles
    return Loops(
        lambda name: low if "l_module." in name else high if "h_module." in name else 1,
        ["full_attention"] * text.num_hidden_layers,
    )


LOOPED: dict[str, Callable[[Any], Loops | None]] = {
    "dory": _dory,
    "hrm_text": _hrm,
    **dict.fromkeys(("inkling2_loop_text", "inkling2_loop"), _inkling),
}


def passes(kind: str, text: Any) -> Loops | None:
    """How a model's layers are passed where some are more than once, or None where that is not known.

    Parameters
    ----------
    kind : its ``model_type``
    text : the config that transformers made of its language model

    Returns the passes.
    """
    return LOOPED[kind](text) if kind in LOOPED else None
