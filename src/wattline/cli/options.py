"""Options that several commands share, each with one name, one meaning and one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.cli.groups import fields_of
from wattline.core.errors import WattlineError
from wattline.predict.fields import names_of
from wattline.predict.media.fields import MEDIA
from wattline.predict.setup import CHIP, ENGINE, REPLICA, Setup
from wattline.predict.where import Where

Opt = typer.Option
Model = Annotated[str | None, typer.Argument(help="Model by catalog name, alias, Hugging Face id or size (8B).")]
Config = Annotated[Path | None, Opt(help="A Hugging Face config.json that describes the model, instead of MODEL.")]
MediaSize = Annotated[
    str | None, Opt("--size", help="Pixels of a side, or such as 1280x720, width first [default: the model's].")
]
MediaSteps = Annotated[str | None, Opt("--steps", help="Number of denoising steps [default: the model's own].")]
Guidance = Annotated[
    bool | None,
    Opt(
        "--guidance/--no-guidance",
        help="Classifier-free guidance: a second pass per step without the text [default: the model's].",
    ),
]
MediaSplit = Annotated[
    str | None,
    Opt(
        "--split", metavar="PARTS", help='Split over chips, such as "ulysses=4, ring=2" [default: Ulysses, then ring].'
    ),
]
MediaFolder = Annotated[
    Path | None,
    Opt("--config", help="A diffusers folder, with its model_index.json, instead of MODEL."),
]
Params = Annotated[
    str | None, Opt("--params", help="Number of parameters of a model that is not known, such as 7B, instead of MODEL.")
]
EncoderFolder = Annotated[
    Path | None,
    Opt("--config", help="A config.json of an encoder, or its folder, instead of MODEL."),
]
EncoderBatch = Annotated[str | None, Opt("--batch", help="Number of items in one pass of a chip [default: 64].")]
EncoderActive = Annotated[
    str | None, Opt("--active", help="Share of the time that chips are at work [default: 1, as in a job].")
]
InputTokens = Annotated[str, Opt("--input", help="Number of tokens in the prompt.")]
Pictures = Annotated[
    str | None, Opt("--pictures", help="Number of pictures in the prompt, of a model that reads them.")
]
PictureSize = Annotated[
    str | None, Opt(help="Pixels of a picture's side, or such as 1280x720, width first [default: 1024].")
]
Audio = Annotated[str | None, Opt(help='Sound in the prompt, such as "30 s", of a model that hears.')]
OutputTokens = Annotated[str, Opt("--output", help="Number of tokens in the answer.")]
Batch = Annotated[str | None, Opt(help="Number of requests that a replica answers together [default: 8 to 128].")]
Active = Annotated[str | None, Opt(help="Share of the time that chips are at work [default: 0.3 to 0.95].")]
SloTtft = Annotated[str | None, Opt(help='Longest time to the first token that counts as good, such as "1s".')]
SloTpot = Annotated[str | None, Opt(help='Longest mean time between tokens that counts as good, such as "50ms".')]
Draws = Annotated[int, Opt("--draws", help="Number of draws from the ranges of the facts.")]
Seed = Annotated[int, Opt(help="Seed of the draws.")]
FileDraws = Annotated[int | None, Opt(help="Number of draws [default: the file's, or 2000].")]
FileSeed = Annotated[int | None, Opt(help="Seed of the draws [default: the file's, or 0].")]
SloShare = Annotated[float, Opt(help="Share of the requests that must keep these latencies.")]
Out = Annotated[Path | None, Opt(metavar="DIR", help="Write the JSON, a page and the load (Parquet) into this folder.")]
AsJson = Annotated[bool, Opt("--json", help="Print one JSON object.")]
Explain = Annotated[bool, Opt("--explain", help="Show every step of the calculation and the facts behind it.")]


FACTS_HELP = "Your own facts (TOML), which override the catalog's, as `calibrate measured` writes them."
Facts = Annotated[list[Path] | None, Opt("--facts", metavar="FILE", help=FACTS_HELP)]

CATALOG_HELP = "Take the catalog's facts as they were at the end of this month or day, such as 2026-11 [default: now]."


def _choose(day: str | None) -> None:
    from wattline.catalog.dated import choose_day

    choose_day(day)


CatalogDay = Annotated[
    str | None, Opt("--catalog", metavar="YYYY-MM", help=CATALOG_HELP, callback=_choose, is_eager=True)
]


def model_of(model: str | None, config: Path | None, params: str | None = None) -> str | Path:
    """The model's name, the path of its configuration, or a model of a size, whichever was given.

    Raises WattlineError for none, and for more than one.

    Parameters
    ----------
    model : its name
    config : path of its configuration
    params : its size, where the command takes one

    Returns the name or the path.
    """
    if sum(given is not None for given in (model, config, params)) != 1:
        size = ", or --params" if params is not None else ""
        raise WattlineError(f"give either MODEL (see `wattline list models`) or --config FILE{size}")
    if params is not None:
        from wattline.line.work.scaled import read_params

        read_params(params)  # a size that is none is refused as such, not as an unknown model
        return f"{params}-params"
    return config if config is not None else str(model)


Values = dict[str, Any]
WhereOptions = Annotated[Values, fields_of(Where, names_of(Where))]
ChipOptions = Annotated[Values, fields_of(Setup, CHIP, CHIP[:1])]
ReplicaOptions = Annotated[Values, fields_of(Setup, REPLICA)]
MediaOptions = Annotated[Values, fields_of(Setup, MEDIA)]
EngineOptions = Annotated[Values, fields_of(Setup, ENGINE)]
SetupOptions = Annotated[Values, fields_of(Setup, names_of(Setup))]
On = Annotated[str | None, Opt(help="Where the work runs: ray://HOST:PORT, or ray [default: all cores here].")]
