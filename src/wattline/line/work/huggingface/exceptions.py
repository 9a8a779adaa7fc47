"""Groups of layers that a quantisation leaves in 16 bits, or gives bits of their own."""

from __future__ import annotations

import re
from typing import Any

from wattline.core.errors import WattlineError, shorten

LISTS = (
    *("ignore", "exclude_modules", "modules_to_not_convert", "ignored_layers", "exclude", "skip_modules"),
    *("llm_int8_skip_modules", "modules_to_exclude", "linear_weights_not_to_quantize"),
)
ATTENTION = re.compile(r"self_attn|self_attention|linear_attn|attention|\battn\b")
OUTER = re.compile(r"lm_head|shared$|embed|norm|final_logits")  # tables and heads, which stay in 16 bits anyway
WITHIN = re.compile(r"norm|indexer|rotary|sinks")
EXPERT = re.compile(r"experts")
MLP = re.compile(r"(^|[.*])(mlp|feed_forward|block_sparse_moe)([.*$]|\\)*$")  # a layer's whole MLP, its experts with it
LAYER = re.compile(r"(?:layers|blocks|h)\.(\d+)\.")
OVERHEAD = 0.25  # bits a weight for the scales of groups of 64: 16 bits each
MODULES = {"attention": 4, "dense": 3, "experts": 3}  # of one layer, as MLX and AutoRound name them
WHOLE_SHARE = 0.5  # of the layers that a list names, from which on it is the whole group


def names_left_out(quant: dict[str, Any], where: str) -> list[str]:
    """The modules that a quantisation leaves as they are, as its lists name them.

    Parameters
    ----------
    quant : what the config says of its quantisation
    where : the file, for the error

    Returns the names and patterns. Raises WattlineError for a list that is none, or holds what is no name.
    """
    out: list[str] = []
    for key in LISTS:
        value = quant.get(key)
        names = [value] if isinstance(value, str) else value if value is not None else []
        if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
            raise WattlineError(f"{where}: quantization_config: {key} is no list of names of modules; correct it")
        out += [name for name in names if name]
    return out


def check_two_stacks(quant: Any, where: str) -> None:
    """Refuse exceptions within an encoder-decoder, whose modules are not laid out one by one here.

    Parameters
    ----------
    quant : what the config says of its quantisation, if anything
    where : the file, for the error

    Raises WattlineError for a module that is left out or has bits of its own, other than tables and heads.
    """
    if not isinstance(quant, dict):
        return
    named = [*names_left_out(quant, where), *(name for name, _ in module_rules(quant, 16.0))]
    within = [name for name in named if not OUTER.search(name)]
    if within:
        raise WattlineError(
            f"{where}: quantization_config: {shorten(within[0], 60)} is left out within an encoder-decoder, which is "
            "not read; remove the exception for an answer without it"
        )


def module_rules(quant: dict[str, Any], bits: float) -> list[tuple[str, float]]:
    """Bits that single modules have of their own: GPTQ's ``dynamic``, AutoRound's ``extra_config``, MLX's modules.

    Parameters
    ----------
    quant : what the config says of its quantisation
    bits : of the modules that are not named, with their scales [bit]

    Returns names or patterns and their bits, in the order in which they count.
    """
    rules = []
    for pattern, rule in (quant.get("dynamic") or {}).items():
        name = "re:" + re.sub(r"^[+-]:", "", str(pattern))
        rules.append((name, 16.0 if str(pattern).startswith("-:") else _own(rule, bits)))
    for name, rule in _named(quant).items():
        rules.append((name, 16.0 if rule is False else _own(rule, bits)))
    return rules


def _named(quant: dict[str, Any]) -> dict[str, Any]:
    """Modules with a rule of their own, by name: AutoRound's, and MLX's, which stand beside the bits themselves."""
    extra = quant.get("extra_config")
    own = {**(extra if isinstance(extra, dict) else {}), **{k: v for k, v in quant.items() if LAYER.search(str(k))}}
    return {str(name): rule for name, rule in own.items() if rule is False or isinstance(rule, dict)}


def layers_left_out(quant: dict[str, Any], layers: int) -> set[str]:
    """``"attention"``, ``"experts"`` and ``"dense"`` MLPs, where the exceptions leave most of a model's ``layers`` out.

    Parameters
    ----------
    quant : what the config says of its quantisation
    layers : of the model; 0 where they are not known

    Returns none, some or all of the words.
    """
    names = [str(name) for key in LISTS for name in _list(quant.get(key))]
    names += [key[2:] for key in quant.get("dynamic") or {} if str(key).startswith("-:")]
    count = layers or max((int(m.group(1)) for n in names if (m := LAYER.search(n))), default=0) + 1
    out = set()
    lower = [name.lower() for name in names if not WITHIN.search(name.lower())]
    mlps = [name for name in lower if MLP.search(name)]
    for group, chosen in (
        ("attention", [name for name in lower if ATTENTION.search(name)]),
        ("experts", [name for name in lower if EXPERT.search(name) and "shared" not in name] + mlps),
        ("dense", mlps),
    ):
        listed = {int(m.group(1)) for n in chosen if (m := LAYER.search(n))}
        if any(not LAYER.search(n) for n in chosen) or len(listed) > WHOLE_SHARE * count > 0:
            out.add(group)
    return out


def bits_by_module(quant: dict[str, Any], bits: float, layers: int, where: str) -> dict[str, float]:
    """Mean bits of a weight by group, where a quantisation gives single modules bits of their own; empty where none.

    Parameters
    ----------
    quant: MLX names modules beside ``bits``, AutoRound in ``extra_config``; False or 16 leaves one as it is.
    bits: of the modules that are not named, with their scales.
    layers: of the model.
    where: the file, for messages.

    Returns
    -------
    A group of weights -> mean bits.

    Raises
    ------
    WattlineError: bits are given by pattern, so that it is not known how many modules have them.
    """
    for pattern, rule in (quant.get("dynamic") or {}).items():
        if not str(pattern).startswith("-:") and isinstance(rule, dict) and _own(rule, bits) != bits:
            raise WattlineError(
                f"{where}: quantization_config: dynamic gives {str(pattern)[:40]} bits of its own, which is not read; "
                "remove it and give --precision, such as int4"
            )
    extra = quant.get("extra_config")
    named = {**(extra if isinstance(extra, dict) else {}), **{k: v for k, v in quant.items() if LAYER.search(str(k))}}
    groups: dict[str, list[float]] = {}
    for name, rule in named.items():
        own = 16.0 if rule is False else _own(rule, bits) if isinstance(rule, dict) else bits
        if (
            LAYER.search(name)
            and own != bits
            and not WITHIN.search(name.lower())
            and "gate" not in name.split(".")[-1:]
        ):
            groups.setdefault(group_of(name), []).append(own)
    out = {}
    for group, values in groups.items():
        share = min(1.0, len(values) / (MODULES[group] * max(layers, 1)))
        out[group] = share * sum(values) / len(values) + (1 - share) * bits
    return out


def _own(rule: Any, bits: float) -> float:
    """Bits of a weight that a rule of one module gives, with its scales; those of the others where it gives none."""
    number = rule.get("bits") if isinstance(rule, dict) else None
    if isinstance(number, bool) or not isinstance(number, int | float) or not 0 < number <= 32:
        return bits
    return float(number) if number >= 16 else float(number) + (bits - int(bits) or OVERHEAD)


def group_of(name: str) -> str:
    """The group of weights that a module's name belongs to: ``"experts"``, ``"attention"`` or ``"dense"``."""
    low = name.lower()
    if EXPERT.search(low) and "shared" not in low:
        return "experts"
    return "attention" if ATTENTION.search(low) else "dense"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
