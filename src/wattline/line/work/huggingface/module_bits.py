"""Mean bits of a weight by group, from all that a quantisation says of single modules, held against the model's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wattline.line.work.huggingface.exceptions import module_rules, names_left_out
from wattline.line.work.huggingface.layout import GROUPS, Matrix
from wattline.line.work.huggingface.module_names import Entry, entry_of, mean_bits
from wattline.line.work.huggingface.module_rules import named_rules

Rules = list[tuple[Entry, float]]
WIDE = 16.0  # bits of what is left as it is


def exact_bits(
    quant: dict[str, Any],
    bits: dict[str, float],
    bits_of: Callable[[str], float],
    where: str,
    matrices: Sequence[Matrix],
) -> dict[str, float]:
    """Mean bits by group of weights, the exceptions and the modules with bits of their own counted matrix by matrix.

    Parameters
    ----------
    quant : what the config says of its quantisation
    bits : by group, of what nothing is said of [bit]
    bits_of : bits of a weight of a type by its name, 0 where it is not known
    where : the file, for errors
    matrices : of the model

    Returns
    -------
    A group of weights -> mean bits.

    Raises WattlineError for a list or a pattern that cannot be read.
    """
    rules: Rules = [(entry_of(name, where), WIDE) for name in names_left_out(quant, where)]
    rules += [(entry_of(name, where), number) for name, number in module_rules(quant, max(bits.values()))]
    rules += [(entry_of(name, where), number) for name, number in named_rules(quant, max(bits.values()), bits_of)]
    targets, everything = _targets(quant, max(bits.values()), where)
    rules += targets
    if targets and not everything:
        bits = dict.fromkeys(GROUPS, WIDE)
    return mean_of(rules, bits, matrices)


def mean_of(rules: Rules, bits: dict[str, float], matrices: Sequence[Matrix]) -> dict[str, float]:
    """The means, free of what rounding adds; as they are where there is no rule.

    Parameters
    ----------
    rules : entries and the bits of what each names, the first that fits counting
    bits : by group, of what no rule names [bit]
    matrices : of the model

    Returns
    -------
    A group of weights -> mean bits.
    """
    if not rules:
        return bits
    return {group: round(mean, 9) for group, mean in mean_bits(matrices, rules, bits).items()}


def group_bits(weights: dict[str, Any]) -> float:
    """Bits of a weight of a group of compressed-tensors, with its scales where it has four; 0 where it gives none."""
    number = weights.get("num_bits")
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= WIDE:
        return 0.0
    return float(number) + ((0.5 if weights.get("type") == "float" else 0.25) if number == 4 else 0.0)


def _targets(quant: dict[str, Any], bits: float, where: str) -> tuple[Rules, bool]:
    """Groups of compressed-tensors by what they aim at, and GPTQ's only modules; whether any group aims at all."""
    rules: Rules = []
    groups, everything = quant.get("config_groups"), False
    for group in groups.values() if isinstance(groups, dict) else ():
        weights = group.get("weights") if isinstance(group, dict) else None
        targets = group.get("targets") if isinstance(group, dict) else None
        names = [str(each) for each in targets] if isinstance(targets, list) else []
        named = [name for name in names if "." in name or ":" in name]
        everything = everything or len(named) < len(names) or not names
        if isinstance(weights, dict) and group_bits(weights):
            rules += [(entry_of(name, where), group_bits(weights)) for name in named]
    only = quant.get("modules_in_block_to_quantize")
    blocks = [each if isinstance(each, list) else [each] for each in only] if isinstance(only, list) else []
    rules += [(entry_of(str(name), where), bits) for block in blocks for name in block]
    return rules, everything
