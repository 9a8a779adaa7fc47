"""The format of the stored weights, by group of layers, from whatever a config says of its quantisation."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.flops import BYTES
from wattline.line.work.huggingface.exceptions import OVERHEAD, bits_by_module, group_of, layers_left_out
from wattline.line.work.huggingface.layers import LAYERS
from wattline.line.work.huggingface.layout import Matrix
from wattline.line.work.huggingface.module_bits import exact_bits, group_bits, mean_of
from wattline.line.work.huggingface.module_names import entry_of
from wattline.line.work.huggingface.module_rules import bits_by_rule
from wattline.line.work.huggingface.stated_bits import number_in, stated_bits

NAMED = (  # words of a scheme, in the order in which they decide
    *(
        ("nvfp4", "nvfp4"),
        ("mxfp4", "mxfp4"),
        ("mx_fp4", "mxfp4"),
        ("nv_fp4", "nvfp4"),
        ("mxfp8", "fp8"),
        ("w4afp8", "int4"),
        ("w4a8", "int4"),
        ("fp8", "fp8"),
    ),
    *(("e4m3", "fp8"), ("float8", "fp8"), ("w4a16", "int4"), ("w8a8", "int8"), ("w8a16", "int8")),
    *(
        ("mxfp6", "int6"),
        ("fp6", "int6"),
        ("float4", "nvfp4"),
        ("int4", "int4"),
        ("int8", "int8"),
        ("int2", "int2"),
        ("int3", "int3"),
    ),
    *(("fp4", "nvfp4"), ("nf4", "int4"), ("llm_int8", "int8")),
)
FIXED = {
    "awq": 4.0,
    "eetq": 8.0,
    "bitnet": 2.0,
    "spqr": 4.0,
    "fbgemm_fp8": 8.0,
    "quip": 2.0,
    "higgs": 4.0,
    "bitblas": 4.0,
    "marlin": 4.0,
    "smoothquant": 8.0,
}
EXPERTS_ALONE = ("mxfp4", "experts_int8")  # of weights; the others stay as they are
BY_BITS = {2: "int2", 3: "int3", 4: "int4", 5: "int5", 6: "int6", 8: "int8"}


@dataclass(frozen=True)
class Weights:
    """A format of ``flops.BYTES`` that names the checkpoint, and bits a weight by group of layers."""

    form: str
    experts: float = 0.0  # bits of a weight; 0 = as the format has them
    dense: float = 0.0
    attention: float = 0.0


def read_weights(
    top: dict[str, Any], beside: dict[str, Any] | None, where: str, matrices: Sequence[Matrix] = ()
) -> Weights:
    """The weights' formats from a config's ``quantization_config`` (``quantization``, ``compression_config``), or from
    ``hf_quant_config.json`` beside it.

    Raises WattlineError where a quantisation is there whose format cannot be read.

    Parameters
    ----------
    top : the whole config
    beside : ``hf_quant_config.json`` beside the config, where it is there
    where : the file, for the error
    matrices : of the model, by layer and name; where there are none, an exception counts for its whole group or not

    Returns the formats, with bits a weight by group where they are mixed.
    """
    quant = _quant(top)
    if quant is None and beside is not None:
        quant, where = beside, f"{where} (hf_quant_config.json beside it)"
    dtype = str(top.get("torch_dtype") or top.get("dtype") or "")
    if quant is None or quant == {}:
        return Weights("fp8" if "float8" in dtype else "bf16")
    if not isinstance(quant, dict):
        raise WattlineError(
            f"{where}: quantization_config is {shorten(repr(quant), 40)}, not an object; correct it or remove it"
        )
    if quant.get("quant_method") == "none":
        return Weights("fp8" if "float8" in dtype else "bf16")
    if "quant_algo" in quant and quant["quant_algo"] is None and not quant.get("quantized_layers"):
        return Weights("bf16")  # ModelOpt: the cache alone
    if _whole(quant, where):
        return Weights("bf16")
    mixed = quant.get("quantized_layers")
    if isinstance(mixed, dict) and mixed:
        # experts made NVFP4 of a checkpoint whose other weights stay in blocks of FP8, as they were published
        rest = 8.0 if quant.get("quant_method") == "fp8" and quant.get("weight_block_size") else 16.0
        return _mixed(mixed, where, matrices, rest)
    form, bits = _format(quant, where)
    if "fp4" in str(top.get("expert_dtype") or "") and form == "fp8":  # DeepSeek-V4: experts in 4 bits, the rest in 8
        return Weights("mxfp4", 4.25, 8.0, 8.0)
    depth = next((top[n] for n in LAYERS if isinstance(top.get(n), int)), 0)
    apart = _by_target(quant, form)
    if matrices:
        usual = 16.0 if quant.get("quant_method") in EXPERTS_ALONE else bits
        every = {"experts": bits, "dense": usual, "attention": usual}
        return _weights(apart.form if apart else form, exact_bits(quant, every, _bits_named, where, matrices))
    wide = layers_left_out(quant, depth)
    if apart is not None:
        return apart
    own = bits_by_module(quant, bits, depth, where) or bits_by_rule(quant, bits, _bits_named)
    if own:
        return _weights(form, {group: own.get(group, bits) for group in ("experts", "dense", "attention")})
    usual = 16.0 if quant.get("quant_method") in EXPERTS_ALONE else bits
    experts, dense, attention = (16.0 if group in wide else usual for group in ("experts", "dense", "attention"))
    return Weights(form, experts if "experts" in wide else bits, dense, attention)


def _quant(top: dict[str, Any]) -> Any:
    for name in ("quantization_config", "compression_config", "quantization"):
        if top.get(name) is not None:
            value = top[name]
            return (
                value.get("quantization", value)
                if isinstance(value, dict) and isinstance(value.get("quantization"), dict)
                else value
            )
    return None


def _whole(quant: dict[str, Any], where: str) -> bool:
    """Whether the weights stay in 16 bits: BitNet's are cut when loaded, or compressed-tensors has the cache alone.

    Raises WattlineError for weights that are stored sparse.
    """
    sparsity = quant.get("sparsity_config")
    stored = sparsity.get("format") if isinstance(sparsity, dict) else None
    if stored not in (None, "dense") or "24" in str(quant.get("format")) or "24" in str(quant.get("quant_method")):
        raise WattlineError(
            f"{where}: quantization_config: weights stored sparse (2:4) are not read; remove it and give --precision"
        )
    cache_alone = quant.get("config_groups") == {} and isinstance(quant.get("kv_cache_scheme"), dict)
    return cache_alone or quant.get("quantization_mode") == "online"


def _bits_named(text: str) -> float:
    """Bits of a type by its name, such as ``fp8_e4m3``; 16 of ``bfloat16``, 0 of any other."""
    form = next((form for mark, form in NAMED if mark in text), "bf16" if "float16" in text else "")
    return BYTES[form] * 8 if form else 0.0


def _mixed(layers: dict[str, Any], where: str, matrices: Sequence[Matrix], rest: float) -> Weights:
    """ModelOpt's mixed precision: an algorithm for each layer, counted matrix by matrix where these are known; else in
    each group of layers the commonest counts."""
    counts: dict[str, Counter[str]] = {}
    for name, each in _objects(layers).items():
        counts.setdefault(group_of(name), Counter())[str(each.get("quant_algo", ""))] += 1
    read = {g: _format({"quant_algo": c.most_common(1)[0][0]}, where) for g, c in counts.items()}
    if not read:
        raise WattlineError(f"{where}: quantized_layers names no layer; correct it or remove it")
    form = (read.get("experts") or read.get("dense") or next(iter(read.values())))[0]
    if matrices:
        bits = {algorithm: _format({"quant_algo": algorithm}, where)[1] for algorithm in _algorithms(layers)}
        rules = [(entry_of(n, where), bits[str(each.get("quant_algo", ""))]) for n, each in _objects(layers).items()]
        return _weights(form, mean_of(rules, dict.fromkeys(("experts", "dense", "attention"), rest), matrices))
    return _weights(form, {"dense": rest, "attention": rest} | {group: bits for group, (_, bits) in read.items()})


def _objects(layers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: each for name, each in layers.items() if isinstance(each, dict) and "head" not in name}


def _algorithms(layers: dict[str, Any]) -> set[str]:
    return {str(each.get("quant_algo", "")) for each in _objects(layers).values()}


def _weights(form: str, bits: dict[str, float]) -> Weights:
    """Bits by group; a group that nothing is said of stays in 16 bits."""
    dense = bits.get("dense", 16.0)
    return Weights(form, bits.get("experts", 16.0), dense, bits.get("attention", 16.0))


def _format(quant: dict[str, Any], where: str) -> tuple[str, float]:
    """The format's name and its bits a weight."""
    method = str(quant.get("quant_method", "")).lower()
    for text in _words(quant):
        if "fqn" in text:
            raise WattlineError(
                f"{where}: quantization_config: types by module (torchao) are not read; remove it and give --precision"
            )
        for mark, form in NAMED:
            if mark in text:
                return form, BYTES[form] * 8
    bits, floating = stated_bits(quant)
    if not bits:
        bits = FIXED.get(method, 0.0)
    if not bits and method in ("exl2", "exl3"):
        bits = number_in(quant, "bits")
    if bits:
        form = _nearest(bits, floating)
        if form:
            return form, BYTES[form] * 8 if bits == int(bits) else bits + OVERHEAD * (method not in ("exl2", "exl3"))
    shown = shorten(method or ", ".join(sorted(map(str, quant))), 60)
    raise WattlineError(
        f"{where}: quantization_config: its format ({shown}) is not known; remove it and give --precision, such as int4"
    )


def _nearest(bits: float, floating: bool) -> str:
    """A format of so many bits; of a fraction of a bit, the next whole one below names it."""
    if floating and bits in (4, 8):
        return "nvfp4" if bits == 4 else "fp8"
    if bits >= 16:
        return "bf16"
    return BY_BITS.get(round(bits) if bits == int(bits) else int(bits) if int(bits) in BY_BITS else 4, "")


def _words(quant: dict[str, Any]) -> list[str]:
    """What names a scheme, from the closest to the weights outwards."""
    names = (
        "quant_algo",
        "quant_type",
        "weight_dtype",
        "weights",
        "data_type",
        "forward_dtype",
        "qtype",
        "mode",
        "fmt",
        "format",
        "quant_method",
        "bnb_4bit_quant_type",
    )
    # torchao names the activations before the weights: Int8DynamicActivationInt4Weight
    texts = [re.sub(r"\S*activation_?", "", _text(quant.get(name))) for name in names]
    texts = [text.replace("float4", "mxfp4") if "mx" in text else text for text in texts]
    if re.fullmatch(r"(\w+_)?fp", str(quant.get("data_type", ""))) and quant.get("bits"):  # AutoRound: mx_fp, fp
        texts.insert(0, f"{str(quant['data_type']).replace('_', '')}{quant['bits']}")
    if quant.get("quant_method") == "fouroversix":  # its `dtype` is of the weights, NVFP4 where it is not given
        texts.insert(0, _text(quant.get("weight_dtype") or quant.get("dtype") or "nvfp4"))
    out = []
    for part in ("global_quant_config", "quantization"):
        inner = quant.get(part)
        if isinstance(inner, dict):
            weight = inner.get("weight")
            out += [_quark(weight)] if isinstance(weight, dict) else _words(inner)
    return [text for text in (*out, *texts) if text]


def _quark(weight: dict[str, Any]) -> str:
    """Quark's name of a weight's type: FP4 in groups of 32 is MXFP4, in groups of 16 NVFP4."""
    text = _text(weight.get("dtype"))
    return "mxfp4" if text == "fp4" and weight.get("group_size") == 32 else text


def _text(value: Any) -> str:
    """A name in small letters, of an object the names of its kinds (torchao's quant_type)."""
    if isinstance(value, dict):
        return " ".join([*(str(k) for k in value), *(_text(v) for v in value.values())]).lower()
    return _plain(str(value)) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """In small letters; ``Int4WeightOnlyConfig`` and ``int4_weight_only`` alike."""
    return re.sub(r"[-\s]", "_", text.lower())


def _by_target(quant: dict[str, Any], form: str) -> Weights | None:
    """Weights of compressed-tensors that gives groups of layers bits of their own; None where all have the same."""
    groups = quant.get("config_groups")
    bits: dict[str, float] = {}
    for group in groups.values() if isinstance(groups, dict) else ():
        weights = group.get("weights") if isinstance(group, dict) else None
        if isinstance(weights, dict):
            number = group_bits(weights)
            targets = [str(t) for t in group.get("targets") or []]
            names = {group_of(t) for t in targets if "." in t or ":" in t} or {"experts", "dense", "attention"}
            bits |= dict.fromkeys(names, number)
    if len(set(bits.values())) < 2:
        return None
    main = bits.get("experts", bits.get("dense", 16.0))
    return _weights(_nearest(int(main), True) if form in ("fp8", "nvfp4") else form, bits)
