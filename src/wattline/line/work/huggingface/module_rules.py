"""Bits that a quantisation gives to modules by their names or by patterns: HQQ and Quark."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from wattline.line.work.huggingface.exceptions import group_of

OUTSIDE = re.compile(r"head|embed|norm|router|\bgate\b|kv_?cache|output_layer")
GROUPS = ("experts", "dense", "attention")


def bits_by_rule(quant: Mapping[str, Any], bits: float, bits_of: Callable[[str], float]) -> dict[str, float]:
    """Mean bits of a weight by group of layers, where rules by module differ; empty where they do not.

    Parameters
    ----------
    quant : HQQ's ``quant_config`` names modules, Quark's ``layer_quant_config`` patterns of names
    bits : of the modules that no rule names
    bits_of : bits of a weight of a type by its name, 0 where it is not known

    Returns
    -------
    A group of layers -> bits.
    """
    rules = [rule for rule in named_rules(quant, bits, bits_of) if not OUTSIDE.search(rule[0].lower())]
    groups: dict[str, list[float]] = {}
    for name, each in rules:
        groups.setdefault(group_of(name), []).append(each)
    means = {group: sum(own) / len(own) for group, own in groups.items()}
    return {group: means.get(group, bits) for group in GROUPS} if set(means.values()) - {bits} else {}


def named_rules(quant: Mapping[str, Any], bits: float, bits_of: Callable[[str], float]) -> list[tuple[str, float]]:
    """Bits by name of a module or by pattern, as HQQ and Quark give them.

    Parameters
    ----------
    quant : HQQ's ``quant_config`` names modules, Quark's ``layer_quant_config`` patterns of names
    bits : of the modules that no rule names
    bits_of : bits of a weight of a type by its name, 0 where it is not known

    Returns the rules whose bits are known.
    """
    rules = _hqq(quant.get("quant_config"), bits) or _quark(quant.get("layer_quant_config"), bits_of)
    return [(name, each) for name, each in rules if each]


def _hqq(table: Any, bits: float) -> list[tuple[str, float]]:
    """Modules with bits of their own; none where one rule is for all (``weight_quant_params`` itself)."""
    if not isinstance(table, dict) or "weight_quant_params" in table:
        return []
    rules = []
    for name, each in table.items():
        own = each.get("weight_quant_params", each) if isinstance(each, dict) else None
        number = own.get("nbits") if isinstance(own, dict) else None
        if isinstance(number, int | float) and not isinstance(number, bool) and 0 < number <= 16:
            rules.append((str(name), float(number) + (bits - int(bits))))
    return rules


def _quark(table: Any, bits_of: Callable[[str], float]) -> list[tuple[str, float]]:
    rules = []
    for name, each in table.items() if isinstance(table, dict) else ():
        weight = each.get("weight") if isinstance(each, dict) else None
        if isinstance(weight, dict):
            rules.append((str(name), bits_of(str(weight.get("dtype", "")).lower())))
    return rules
