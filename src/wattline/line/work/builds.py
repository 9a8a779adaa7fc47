"""A model by the name of one of its builds: ``nvidia/Llama-3.3-70B-Instruct-NVFP4`` is Llama 3.3 70B in NVFP4."""

from __future__ import annotations

import re
from functools import lru_cache

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError

# words at the end of a build's name -> the format of its weights
FORMATS = {
    **dict.fromkeys(("nvfp4", "fp4"), "nvfp4"),
    "mxfp4": "mxfp4",
    "fp8": "fp8",
    **dict.fromkeys(("bf16", "fp16", "f16", "16bit"), "bf16"),
    **dict.fromkeys(("w8a8", "int8", "8bit", "8bits"), "int8"),
    **dict.fromkeys(("awq", "gptq", "int4", "4bit", "4bits", "w4a16", "w4a8"), "int4"),
}
# words that say how a format was made, or what the same weights are for
BESIDE = {
    *(
        "quantized",
        "quantised",
        "dynamic",
        "static",
        "block",
        "pertensor",
        "per",
        "tensor",
        "channel",
        "kv",
        "bnb",
        "mlx",
    ),
    *("unsloth", "quanto", "autoround", "g128", "gs32", "hf", "instruct", "chat", "it", "base", "hub", "v1"),
    *("int8mix", "fp16mix", "qat"),
}
GGUF = "gguf"
# llama.cpp's names of its formats: Q4_K_M, IQ4_XS, UD-Q8_K_XL, Q8_0, MXFP4_MOE
_LLAMA_CPP = re.compile(r"[-:._](?:ud[-_])?(?:i?q(\d)(?:_[a-z0-9]+)*|(mxfp4)_moe)$")
_BITS = {"4": "int4", "8": "int8"}
_OTHER_BITS = re.compile(r"([2356])bits?")
_PARTS = re.compile(r"[\s_\-.:]+")
_TOKENS = re.compile(r"[^\W\d]+|\d+")
# what may be missing at the end of a name that one model alone bears: its size and its active parameters
_SIZES = re.compile(r"^(-\d+){1,2}-[bm](-a-\d+(-\d+)?-b)?$|^-a-\d+(-\d+)?-b$")
_PREFIX = re.compile(r"^meta[- ](?=llama)")


def find_build(name: str, catalog: Catalog) -> tuple[Record, str | None] | None:
    """The base model of a build, and the format of its weights where the name states one; None where it is no build.

    Parameters
    ----------
    name : with or without its publisher; one that the catalog has itself is taken as it is
    catalog : where the base models stand

    Returns
    -------
    The base model's record and the format or None; None where it is no build.

    Raises WattlineError for a GGUF of a known model, whose name states no format.
    """
    parts = _split(name)
    index = _index(catalog)
    formats: list[str] = []
    while parts:
        record = index.get(_spelling(parts))
        if record is not None:
            _refuse_other_bits(name, formats, record)
            return catalog.records("model")[record], format_of(name)
        last = parts[-1]
        if last == GGUF and not formats:
            _refuse_gguf(name, parts[:-1], index)
        if last in FORMATS or _OTHER_BITS.fullmatch(last):
            formats.append(last)
        elif last not in BESIDE and last != GGUF:
            break
        parts = parts[:-1]
    record = _without_size(_spelling(_split(name)), index)
    return None if record is None else (catalog.records("model")[record], None)


def _refuse_other_bits(name: str, formats: list[str], base: str) -> None:
    for word in formats:
        if bits := _OTHER_BITS.fullmatch(word):
            raise WattlineError(
                f"{name}: weights of {bits[1]} bits are no format here; the nearest is {base} --precision "
                f"{'int4' if int(bits[1]) <= 5 else 'int8'}"
            )


def _without_size(spelling: str, index: dict[str, str]) -> str | None:
    """The one record whose names go on from this one with its size alone: ``qwen3-235b``, ``kimi-linear``."""
    whole = {
        record for known, record in index.items() if known.startswith(spelling) and _SIZES.match(known[len(spelling) :])
    }
    return whole.pop() if spelling and len(whole) == 1 else None


def _spelling(parts: list[str]) -> str:
    """A name's letters and digits apart, so that ``llama3.1:8b`` and ``llama-3.1-8b`` are one."""
    return "-".join(_TOKENS.findall("-".join(parts)))


def format_of(name: str) -> str | None:
    """The format of weights that a name ends with; None where it ends with none."""
    for last in reversed(_split(name)):
        if last in FORMATS:
            return FORMATS[last]
        if last not in BESIDE:
            return None
    return None


def _refuse_gguf(name: str, parts: list[str], index: dict[str, str]) -> None:
    while parts and _spelling(parts) not in index:
        parts = parts[:-1] if parts[-1] in BESIDE or parts[-1] in FORMATS else []
    if parts:
        base = index[_spelling(parts)]
        raise WattlineError(
            f"{name}: a GGUF comes in many formats; name the model and its format, such as {base} --precision int4"
        )


def _split(name: str) -> list[str]:
    own = _PREFIX.sub("", str(name).strip().lower().rsplit("/", 1)[-1].removesuffix(".gguf"))
    if form := _LLAMA_CPP.search(own):
        own = f"{own[: form.start()]}-{form[2] or _BITS.get(form[1], f'{form[1]}bit')}"
    parts = [part for part in _PARTS.split(own) if part]
    return parts[:-1] if parts[-1:] == ["int8"] and parts[-2:-1] == ["mxfp4"] else parts  # MXFP4-Q8: the rest in 8 bits


@lru_cache(maxsize=4)
def _index(catalog: Catalog) -> dict[str, str]:
    """Names without their publishers -> the record; a name that two records bear stands for neither."""
    index: dict[str, set[str]] = {}
    for name, record in catalog.records("model").items():
        for alias in (name, *record.meta.get("aliases", ()), record.meta.get("hf_id", name)):
            parts = _split(alias)
            while True:
                index.setdefault(_spelling(parts), set()).add(name)
                if len(parts) < 2 or parts[-1] not in BESIDE | FORMATS.keys():
                    break
                parts = parts[:-1]
    own = {_spelling(_split(name)): name for name in catalog.records("model")}
    return {name: next(iter(records)) for name, records in index.items() if len(records) == 1} | own
