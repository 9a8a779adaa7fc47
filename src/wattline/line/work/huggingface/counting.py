"""Parameters of a model as transformers builds it on the meta device, by what becomes of them (extra ``models``)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.loops import passes

INSTALL = "install wattline[models] to count it with transformers"
OUTSIDE = re.compile(r"vision|visual|audio|image|speech|projector|connector|aligner|perceiver|resampler|qformer|tower")
TABLES = re.compile(r"embed|wte|wpe|position|token_shift")
HEAD = re.compile(r"(^|\.)(lm_head|embed_out|output_layer|head|(lm_head|predictions)\.decoder)\.weight$")
EXPERT = re.compile(r"experts")
LOOPS = re.compile(r"loop|_cycles$|recurrent_(steps|depth)|num_recurr")
INDEXER = re.compile(r"indexer\.\w+\.weight$")
PICTURES = {  # encoder-decoders of pictures: the encoder's weights by their names
    "vision-encoder-decoder": re.compile(r"^encoder\."),
    "pix2struct": re.compile(r"^encoder\."),
    "pp_formulanet": re.compile(r"^model\.encoder\."),
}
HEADS_TOO = {
    "jetmoe": re.compile(r"^model\.layers\.\d+\.(mlp|self_attention\.experts)\.(input|output)_linear\.weight$")
}
CAUSAL = ("IMAGE_TEXT_TO_TEXT", "MULTIMODAL_LM", "CAUSAL_LM", "SEQ_TO_SEQ_CAUSAL_LM")  # the whole one first


@dataclass(frozen=True)
class ParameterCount:
    """Parameters by what becomes of them."""

    total: int
    outside: int  # of encoders before the language model
    tables: int
    experts: int  # routed ones
    matmul: int  # matrices that every token passes, without the output layer
    indexers: int  # layers that pick tokens for sparse attention
    matmul_again: int  # of these matrices, what a token passes more than once, by how often more
    experts_again: int


def has_transformers() -> bool:
    """Whether transformers and torch are there."""
    return all(find_spec(name) is not None for name in ("transformers", "torch"))


def exact_total(top: dict[str, Any], where: str) -> int:
    """All parameters of the model that transformers builds from a config.

    Parameters
    ----------
    top : the whole config
    where : the file, for the error

    Returns the number of parameters. Raises WattlineError as ``exact_model``.
    """
    return built_whole(top, where)[1].total


def text_of(full: Any) -> Any:
    """The part of transformers' config that describes what writes text.

    Parameters
    ----------
    full : the config of the whole model

    Returns the part; the whole where nothing is nested.
    """
    if full.model_type in PICTURES and hasattr(full, "decoder"):
        return full.decoder
    return full.get_text_config() if hasattr(full, "get_text_config") else full


def built_whole(top: dict[str, Any], where: str) -> tuple[Any, ParameterCount]:
    """The model that transformers builds from a config.

    Parameters
    ----------
    top : the whole config
    where : the file, for the error

    Returns transformers' own config, and the parameters counted. Raises WattlineError as ``exact_model``.
    """
    kind = str(top.get("model_type") or "")
    shown = shorten(kind, 40)
    if not has_transformers():
        raise WattlineError(f"{where}: the architecture {shown!r} is not known; {INSTALL}")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    import transformers

    if kind not in transformers.CONFIG_MAPPING:
        known = f"transformers {transformers.__version__}"
        raise WattlineError(f"{where}: the architecture {shown!r} is known neither here nor to {known}")
    bare = {k: v for k, v in top.items() if k not in ("quantization_config", "auto_map", "model_type")}
    try:
        full = transformers.CONFIG_MAPPING[kind](**bare)
        with torch.device("meta"):
            built = _class_of(transformers, full)(full)
        built.tie_weights()
        _check_once(built, full)
    except WattlineError as error:
        raise WattlineError(f"{where}: {shown}: {error}") from None
    except Exception as error:
        reason = shorten(f"{type(error).__name__}: {error}".splitlines()[0], 120)
        raise WattlineError(f"{where}: transformers cannot build a {shown} from it ({reason})") from None
    return full, _counted(built, full)


def _check_once(built: Any, full: Any) -> None:
    """Refuses layers that a token passes more than once in a way that is not known: their work is not that of their
    weights."""
    text = text_of(full)
    if passes(text.model_type, text) is not None:
        return
    loops = [name for name, value in text.to_dict().items() if LOOPS.search(name) and value and value != 1]
    names: dict[int, list[str]] = {}
    for name, each in built.named_parameters(remove_duplicate=False):
        names.setdefault(id(each), []).append(name.lower())
    tables = {id(each) for each in built.parameters() if each.dim() == 1 or each.shape[0] == text.vocab_size}
    shared = [key for key, each in names.items() if len(each) > 1 and key not in tables]
    if shared or loops:
        raise WattlineError("its layers are passed more than once, which is not priced yet")


def _class_of(transformers: Any, full: Any) -> Any:
    """The class that writes text from such a config."""
    for what in CAUSAL:
        classes = getattr(transformers, f"MODEL_FOR_{what}_MAPPING", None)
        if classes is not None and type(full) in classes:
            each = classes[type(full)]
            return each[0] if isinstance(each, tuple) else each
    raise TypeError("it writes no text")


def _counted(built: Any, full: Any) -> ParameterCount:
    seen: set[int] = set()
    text = text_of(full)
    looped = passes(text.model_type, text)
    sums = {"total": 0, "outside": 0, "tables": 0, "experts": 0, "matmul": 0, "matmul_again": 0, "experts_again": 0}
    indexers = {name.rpartition("indexer")[0] for name, _ in built.named_parameters() if INDEXER.search(name)}
    for name, each in built.named_parameters():
        if id(each) in seen:
            continue
        seen.add(id(each))
        sums["total"] += each.numel()
        part = _part(name.lower(), each.dim(), full.model_type)
        sums[part] += each.numel()
        if looped and part in ("matmul", "experts"):
            sums[f"{part}_again"] += each.numel() * (looped.times(name.lower()) - 1)
    return ParameterCount(**sums, indexers=len(indexers))


def _part(name: str, dims: int, kind: str) -> str:
    inside = "language_model" in name or "text_model" in name
    outside = PICTURES[kind].search(name) if kind in PICTURES else OUTSIDE.search(name) and not inside
    if outside:
        return "outside"
    if TABLES.search(name) or HEAD.search(name):
        return "tables"
    experts = HEADS_TOO[kind].search(name) if kind in HEADS_TOO else EXPERT.search(name) and "shared" not in name
    return "experts" if experts and dims >= 2 else "matmul"
