"""Groups of layers that a quantisation's list of exceptions leaves in 16 bits."""

from __future__ import annotations

import re
from typing import Any

LISTS = (
    *("ignore", "exclude_modules", "modules_to_not_convert", "ignored_layers", "exclude", "skip_modules"),
    *("llm_int8_skip_modules", "modules_to_exclude"),
)
ATTENTION = re.compile(r"self_attn|self_attention|linear_attn|attention|\battn\b")
WITHIN = re.compile(r"norm|indexer|rotary|sinks")
EXPERT = re.compile(r"experts")
LAYER = re.compile(r"(?:layers|blocks|h)\.(\d+)\.")
WHOLE_SHARE = 0.5  # of the layers that a list names, from which on it is the whole group


def left_out(quant: dict[str, Any], layers: int) -> set[str]:
    """``"attention"`` and ``"experts"``, where the exceptions leave most of a model's ``layers`` out."""
    names = [str(name) for key in LISTS for name in _list(quant.get(key))]
    names += [key[2:] for key in quant.get("dynamic") or {} if str(key).startswith("-:")]
    count = layers or max((int(m.group(1)) for n in names if (m := LAYER.search(n))), default=0) + 1
    out = set()
    for group, pattern in (("attention", ATTENTION), ("experts", EXPERT)):
        chosen = [n.lower() for n in names if pattern.search(n.lower()) and not WITHIN.search(n.lower())]
        if group == "experts":
            chosen = [n for n in chosen if "shared" not in n]
        listed = {int(m.group(1)) for n in chosen if (m := LAYER.search(n))}
        if any(not LAYER.search(n) for n in chosen) or len(listed) > WHOLE_SHARE * count > 0:
            out.add(group)
    return out


def group_of(name: str) -> str:
    """The group of weights that a module's name belongs to: ``"experts"``, ``"attention"`` or ``"dense"``."""
    low = name.lower()
    if EXPERT.search(low) and "shared" not in low:
        return "experts"
    return "attention" if ATTENTION.search(low) else "dense"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
