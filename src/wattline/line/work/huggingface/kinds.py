"""What kind of model a config describes, where its language model is nested, and what is refused by name."""

from __future__ import annotations

import re
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.counting import PICTURES
from wattline.line.work.huggingface.fields import MEND, Config
from wattline.line.work.huggingface.table import command_of, decoders_too, rows, unpriced_kinds
from wattline.line.work.huggingface.ties import tie_of
from wattline.line.work.huggingface.towers import tower_layout

TEXT_PARTS = ("text_config", "llm_config", "language_config", "thinker_config", "decoder_config_text")
NOT_WRITING = re.compile(
    r"(For(MaskedLM|SequenceClassification|TokenClassification|QuestionAnswering|MultipleChoice|ImageClassification"
    r"|PreTraining|NextSentencePrediction|CTC|AudioClassification|FeatureExtraction|RewardModel)|RewardModel)$"
)
WRITES = re.compile(r"(?<!With)(LMHeadModel|ForCausalLM|GenerationDecoder)$")
BY_CLASS = {
    **{
        "llamaforcausallm": "llama",
        "mistralforcausallm": "mistral",
        "gpt2lmheadmodel": "gpt2",
        "qwen2forcausallm": "qwen2",
    },
    **{"qwen3forcausallm": "qwen3", "mixtralforcausallm": "mixtral", "deepseekv3forcausallm": "deepseek_v3"},
    "longcatflashngramforcausallm": "longcat_flash_ngram",
}


INHERITED = (
    *("tie_word_embeddings", "quantization_config", "compression_config", "quantization", "torch_dtype", "dtype"),
    *("_name_or_path", "name_or_path", "expert_dtype"),
)


def text_config(top: dict[str, Any], where: str) -> Config:
    """The part that describes the language model, wherever it is nested.

    From the parts around it only what counts for the whole model is taken, and a vocabulary that it lacks itself.

    Parameters
    ----------
    top : the whole config
    where : the file, for the error

    Returns the part, with the type of its architecture.
    """
    part = top
    for _ in range(3):
        nested = next((part[p] for p in TEXT_PARTS if isinstance(part.get(p), dict)), None)
        if nested is None:
            break
        outer = {n: part[n] for n in INHERITED if part.get(n) is not None} | tie_of(part, nested)
        words = {n: part[n] for n in ("vocab_size", "model_type") if part.get(n) is not None}
        usual = tower_layout(str(part.get("model_type") or "").lower()).get("text_default", {})
        own = {k: v for k, v in nested.items() if v is not None}
        part = {**dict.fromkeys(nested), **usual, **words, **own, **outer}
    kind = str(part.get("model_type") or "").lower()
    if not kind:
        names = [str(n).lower() for n in top.get("architectures") or []]
        kind = next((BY_CLASS[n] for n in names if n in BY_CLASS), "")
    known = rows()
    if kind not in known and f"{kind}_text" in known:
        kind += "_text"
    elif part is not top and kind == str(top.get("model_type") or "").lower():
        kind = str(tower_layout(kind).get("text", kind))
    return Config(dict(part), kind, shorten(where, 200))


def wholes_of(top: dict[str, Any]) -> list[dict[str, Any]]:
    """The config, and the parts of it that hold a language model together with what sees and hears.

    Parameters
    ----------
    top : contents of a ``config.json``

    Returns the config first, then the parts from the outermost inwards.
    """
    out, part = [top], top
    for _ in range(2):
        part = next((part[name] for name in TEXT_PARTS if isinstance(part.get(name), dict)), {})
        if not any(isinstance(part.get(name), dict) for name in TEXT_PARTS):
            break
        out.append(part)
    return out


def with_usual_names(top: dict[str, Any], where: str) -> dict[str, Any]:
    """A Mamba's config by its authors (``ssm_cfg``, no ``model_type``), T5Gemma 2's and ProphetNet's under the usual
    names; any other as it is.

    Parameters
    ----------
    top : the whole config
    where : the file, for the error

    Returns the config. Raises WattlineError for a Mamba with attention or MLPs, and for a width that is no number.
    """
    _check_names(top, where)
    if top.get("model_type") in RENAMED:
        return RENAMED[top["model_type"]](top)
    own = top.get("ssm_cfg")
    if top.get("model_type") or not isinstance(own, dict) or "d_model" not in top:
        return top
    second = own.get("layer") == "Mamba2"
    known = ("layer", "d_state", "d_conv", "expand", "headdim", "ngroups", "chunk_size", "rmsnorm")
    if top.get("attn_layer_idx") or top.get("d_intermediate") or not set(own) <= set(known):
        raise WattlineError(f"{where}: a Mamba with attention, MLPs or an ssm_cfg of other fields; {MEND}")
    words, multiple, width = top.get("vocab_size"), top.get("pad_vocab_size_multiple", 1), top["d_model"]
    expand = own.get("expand", 2)
    if not all(type(n) is int and 0 < n < 10**9 for n in (words, multiple, width, expand)):
        names = "d_model, vocab_size, pad_vocab_size_multiple and expand"
        raise WattlineError(f"{where}: {names} must be whole numbers above 0; correct them")
    usual = {
        **{"model_type": "mamba2" if second else "mamba", "hidden_size": width, "expand": expand},
        **{"num_hidden_layers": top.get("n_layer"), "vocab_size": -(-int(words or 0) // multiple) * multiple},
        **{"state_size": own.get("d_state", 128 if second else 16), "conv_kernel": own.get("d_conv", 4)},
        "tie_word_embeddings": top.get("tie_embeddings", True),
    }
    head = own.get("headdim", 64)
    if second and isinstance(head, int) and head > 0:
        usual |= {"head_dim": head, "num_heads": expand * width // head, "n_groups": own.get("ngroups", 1)}
    rest = ("d_model", "n_layer", "ssm_cfg", "vocab_size", "tie_embeddings", "attn_cfg")
    return {**{name: value for name, value in top.items() if name not in rest}, **usual}


def _check_names(top: dict[str, Any], where: str) -> None:
    """Refuses a type that is no name, and classes that are no list of names."""
    for part in (top, *(top[name] for name in TEXT_PARTS if isinstance(top.get(name), dict))):
        kind, classes = part.get("model_type"), part.get("architectures")
        if kind is not None and not isinstance(kind, str):
            raise WattlineError(f"{where}: model_type is {shorten(repr(kind), 40)}, not a name; correct it")
        if classes is not None and not (isinstance(classes, list) and all(isinstance(n, str) for n in classes)):
            raise WattlineError(
                f"{where}: architectures is {shorten(repr(classes), 40)}, not a list of names; correct it"
            )


def _t5gemma2(top: dict[str, Any]) -> dict[str, Any]:
    """The encoder's text and pictures, which are nested in one, side by side."""
    encoder = top.get("encoder")
    if not isinstance(encoder, dict) or not isinstance(encoder.get("text_config"), dict):
        return top
    return {**top, "encoder": encoder["text_config"], "vision_config": encoder.get("vision_config")}


def _prophetnet(top: dict[str, Any]) -> dict[str, Any]:
    return {re.sub(r"^num_(encoder|decoder)_(layers|attention_heads)$", r"\1_\2", name): v for name, v in top.items()}


RENAMED = {"t5gemma2": _t5gemma2, "prophetnet": _prophetnet}


def check_priced(top: dict[str, Any], cfg: Config) -> None:
    """Refuses what writes no text, or writes it in a way that is not priced yet, by its name. Raises WattlineError for
    what writes no text token by token, an encoder-decoder of an unknown kind, and a config without a type.

    Parameters
    ----------
    top : contents of a ``config.json``
    cfg : of them those of the language model
    """
    name = str(top.get("model_type") or cfg.kind).lower()
    what = unpriced_kinds().get(name) or unpriced_kinds().get(cfg.kind)
    command, classes = command_of().get(name, ""), [str(n) for n in top.get("architectures") or []]
    if name in decoders_too() and (top.get("is_decoder") is True or any(WRITES.search(n) for n in classes)):
        what = ""
    if not what and top.get("_class_name"):
        name, what, command = str(top["_class_name"]), "a part of a diffusion pipeline", "wattline image"
    if not what and classes and all(NOT_WRITING.search(n) for n in classes):
        name, what = classes[0], "a model that ranks or labels, and writes nothing"
    shown = shorten(name, 60)
    if what and command:
        raise WattlineError(
            f"{cfg.where}: {shown} is {what}; ask `{command}`, or give a model that writes text token by token"
        )
    if what:
        raise WattlineError(
            f"{cfg.where}: {shown} is {what}; not priced yet: give a model that writes text token by token"
        )
    row = rows().get(cfg.kind)
    if top.get("is_encoder_decoder") is True and not (row and row.two_stacks) and name not in PICTURES:
        raise WattlineError(
            f"{cfg.where}: is_encoder_decoder: {shorten(cfg.kind, 60) or 'it'} is an encoder-decoder of another kind "
            "than T5; not priced yet: give a model that writes text token by token"
        )
    if not cfg.kind:
        raise WattlineError(f"{cfg.where}: no model_type, so its architecture is not known; add it (such as llama)")
