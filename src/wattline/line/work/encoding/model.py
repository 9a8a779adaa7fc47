"""A model that embeds, ranks, sees or transcribes: its settings, and what it usually reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog, Record
from wattline.core.errors import NotFound, WattlineError, shorten
from wattline.core.reading import parse_json, read_text
from wattline.line.work.diffusion.sizes import Config, number_in
from wattline.line.work.diffusion.tally import Pass
from wattline.line.work.encoding.passes import DEFAULT_TOKENS, OF_IMAGES, forward, image_tokens
from wattline.line.work.encoding.speech import SpeechPasses, whisper
from wattline.line.work.huggingface.class_defaults import fill_missing
from wattline.line.work.huggingface.fields import Config as Fields
from wattline.line.work.huggingface.table import rows
from wattline.line.work.outside import unknown_media

KIND = "encoder"
LIMIT_BYTES = 2_000_000
SPEECH = "speech"
# where a model of the catalog cannot be worked out, by the beginning of its name: what it is
OUTSIDE = {
    "parakeet": "a FastConformer with a transducer",
    "canary": "a FastConformer with a decoder of its own",
    "wav2vec": "a model of sound without a decoder",
    "seamless": "a model of several speech encoders",
}


@dataclass(frozen=True, eq=False)
class EncoderModel:
    """A model by its settings; ``reads``: text, pairs (of a reranker), images or speech; ``tokens`` of what it usually
    reads: a document, a pair, an image, or of the text that 30 s of speech become."""

    key: str
    name: str
    reads: str
    settings: Config
    tokens: float
    most_tokens: float
    record: Record | None = None

    def forward(self, tokens: ArrayLike) -> Pass:
        """One pass over a document, a pair or an image of so many tokens."""
        return forward(self.settings, np.asarray(tokens, float))

    def speech(self) -> SpeechPasses:
        """The passes over 30 seconds of speech."""
        return whisper(self.settings)


def load_encoder(name: str, catalog: Catalog) -> EncoderModel:
    """The catalog's model by name, alias or id at Hugging Face.

    Parameters
    ----------
    name : of the model
    catalog : whose records are searched

    Returns the model. Raises NotFound with the nearest names, or with the command to take.
    """
    try:
        record = catalog.find(KIND, name)
    except NotFound:
        _elsewhere(name, catalog)
        raise unknown_media(name, "embed", KIND, catalog) from None
    return EncoderModel(
        record.name,
        record.title,
        str(record.meta["reads"]),
        record.meta["settings"],
        record["document_tokens"].value,
        record["context_tokens"].value,
        record,
    )


def _elsewhere(name: str, catalog: Catalog) -> None:
    """Raises WattlineError where the name is of a model that another command takes, or that none does."""
    plain = name.rsplit("/", 1)[-1].lower()
    for start, what in OUTSIDE.items():
        if plain.startswith(start):
            raise WattlineError(f"{shorten(name)} is {what}, whose passes are not known; take whisper-large-v3-turbo")
    for kind, command in (("model", "prompt"), ("diffusion", "image")):
        try:
            record = catalog.find(kind, name)
        except NotFound:
            continue
        taken = str(record.meta.get("makes", command))
        raise WattlineError(f"{record.name} makes what `wattline {taken} {record.name}` works out: it embeds nothing")


def read_encoder(path: Path) -> EncoderModel:
    """The model of a ``config.json``, or of the folder that holds it.

    Parameters
    ----------
    path : the file or folder

    Returns the model. Raises WattlineError where it is not one that is known.
    """
    file = path / "config.json" if path.is_dir() else path
    try:
        data: Any = parse_json(read_text(file, LIMIT_BYTES, "configuration"))
    except ValueError as error:
        raise WattlineError(f"{file}: not JSON ({error})") from None
    if not isinstance(data, dict):
        raise WattlineError(f"{file}: not a JSON object")
    kind = str(data.get("model_type", ""))
    if kind in rows():  # a language model that embeds: what its file leaves out is what its class fills in
        fill_missing(Fields(data, kind, str(file)), rows()[kind])
    name = file.resolve().parent.name
    if kind == "whisper":
        return EncoderModel(name, name, SPEECH, data, 100.0, number_in(data, "max_target_positions", 448))
    if kind in OF_IMAGES:
        return EncoderModel(name, name, "images", data, image_tokens(data), image_tokens(data))
    most = number_in(data, "max_position_embeddings", number_in(data, "n_positions", DEFAULT_TOKENS))
    ranks = "ForSequenceClassification" in str(data.get("architectures", ""))
    model = EncoderModel(name, name, "pairs" if ranks else "text", data, min(DEFAULT_TOKENS / 2, most), most)
    model.forward(1.0)  # says now what is not known
    return model
