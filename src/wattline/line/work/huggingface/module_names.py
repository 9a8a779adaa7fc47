"""What an entry of a quantisation's list names: a module, all of a name, or those that fit a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.layout import GROUPS, Matrix

# how families call the parts of a layer -> the usual name
SYNONYMS = (
    *((r"\b(self_attention|attention|attn)\b", "self_attn"), (r"\b(feed_forward|block_sparse_moe|ffn|moe)\b", "mlp")),
    (r"\bshared_expert\b", "shared_experts"),
)
REGEX = re.compile(r"[\\^$(|+]")
WILDCARD = re.compile(r"[*?\[]")
LAYER = re.compile(r"(?:^|\.)(?:layers|blocks|h)\.(\d+)(?:\.|$)(.*)$")
LAYER_IN_PATTERN = re.compile(r"(?:layers|blocks|h)\\?\.(\d+)(?=\\?\.|\*|$)")
EXPERT = re.compile(r"(?:^|\.)experts\.(\d+)(?:\.|$)(.*)$")
ALL = ("model", "layers", "model.layers", "language_model", "model.language_model", "transformer.h", "transformer")
OUTSIDE = re.compile(r"vision|visual|audio|image|speech|projector|connector|tower|\b(mtp|nextn|eagle|draft)\b")
NOTHING = -2  # a layer that no matrix is of
PREFIXES = (
    *("model.layers", "language_model.model.layers", "model.language_model.layers", "transformer.h"),
    "backbone.layers",
)


@dataclass(frozen=True)
class Entry:
    """One entry: a layer or any (-1), and a tail of names below it or a pattern of whole names."""

    layer: int
    tail: str
    pattern: re.Pattern[str] | None = None

    def share(self, matrix: Matrix) -> float:
        """The share of a matrix that the entry names: all, none, or the experts whose number it gives."""
        if self.layer not in (-1, matrix.layer):
            return 0.0
        if self.pattern is not None:
            return float(any(self.pattern.match(name) for name in _whole_names(matrix)))
        expert = EXPERT.search(self.tail) if matrix.copies > 1 else None
        if expert:
            alone = not expert[2] or any(name.endswith(f".{expert[2]}") for name in matrix.names)
            return 1 / matrix.copies if alone and int(expert[1]) < matrix.copies else 0.0
        return float(any(f".{self.tail}." in f".{name}." for name in matrix.names) or not self.tail)


@lru_cache(maxsize=65_536)
def entry_of(text: str, where: str) -> Entry:
    """The entry of a list as it is written: ``model.layers.3.mlp``, ``self_attn``, ``*.mlp.*``, ``re:.*q_proj``.

    Parameters
    ----------
    text : as it is written
    where : the file, for the error

    Returns the entry. Raises WattlineError for a pattern that cannot be read.
    """
    if OUTSIDE.search(text.lower()):  # an encoder's, or a head's that guesses ahead
        return Entry(NOTHING, text)
    if text in ALL:
        return Entry(-1, "")
    usual = text.removesuffix(".weight")
    for old, new in SYNONYMS:
        usual = re.sub(old, new, usual)
    regex = usual.removeprefix("re:") if usual.startswith("re:") or REGEX.search(usual) else ""
    if not regex and not WILDCARD.search(usual):
        layer = LAYER.search(usual)
        return Entry(int(layer[1]), layer[2]) if layer else Entry(-1, usual)
    try:
        pattern = re.compile(regex or translate(usual))
    except re.error:
        raise WattlineError(
            f"{where}: quantization_config: {shorten(text, 40)} is no pattern of names; correct it"
        ) from None
    numbers = set(LAYER_IN_PATTERN.findall(usual))
    return Entry(int(numbers.pop()) if len(numbers) == 1 else -1, "", pattern)


@lru_cache(maxsize=65_536)
def _whole_names(matrix: Matrix) -> tuple[str, ...]:
    """A matrix's names from the top, and those of what holds it."""
    out = []
    for name in matrix.names:
        for own in {name, name.replace(".experts.", ".experts.0.")} if matrix.copies > 1 else {name}:
            parts = own.split(".")
            for prefix in PREFIXES:
                out += [".".join((prefix, str(matrix.layer), *parts[: n + 1])) for n in range(len(parts))]
                out.append(f"{prefix}.{matrix.layer}")
    return tuple(dict.fromkeys(out))


def mean_bits(
    matrices: Sequence[Matrix], rules: Sequence[tuple[Entry, float]], usual: dict[str, float]
) -> dict[str, float]:
    """Mean bits of a weight by group, the first rule that names a matrix counting.

    Parameters
    ----------
    matrices : of the model
    rules : entries, and bits of what they name
    usual : by group, bits of what no rule names

    Returns
    -------
    A group of weights -> mean bits; of a group that the model lacks, as ``usual`` has it.
    """
    anywhere = [rule for rule in rules if rule[0].layer < 0]
    by_layer: dict[int, list[tuple[Entry, float]]] = {}
    for rule in rules:
        by_layer.setdefault(rule[0].layer, []).append(rule)
    sums = {group: [0.0, 0.0] for group in GROUPS}
    order = {id(rule): i for i, rule in enumerate(rules)}
    for matrix in matrices:
        own = sorted([*by_layer.get(matrix.layer, ()), *anywhere], key=lambda rule: order[id(rule)])
        rest, bits = 1.0, 0.0
        for entry, number in own:
            part = min(entry.share(matrix), rest)
            rest, bits = rest - part, bits + part * number
            if rest <= 0:
                break
        sums[matrix.group][0] += matrix.params
        sums[matrix.group][1] += matrix.params * (bits + max(rest, 0.0) * usual[matrix.group])
    return {group: bits / params if params else usual[group] for group, (params, bits) in sums.items()}
