"""Options that several commands share, each with one name, one meaning and one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.core.errors import WattlineError

Opt = typer.Option
Model = Annotated[str | None, typer.Argument(help="Model by catalog name, alias or Hugging Face id.")]
Config = Annotated[Path | None, Opt(help="A Hugging Face config.json that describes the model, instead of MODEL.")]
Chip = Annotated[str, Opt(help="Type of chip by name, such as h100-sxm (`wattline facts chip.` lists them).")]
Gpus = Annotated[str | None, Opt(help="Number of chips in one replica [default: the fewest that hold the model].")]
Site = Annotated[str | None, Opt(help="Kind of site, such as hyperscale or colocation (`wattline facts site.`).")]
Region = Annotated[str | None, Opt(help="Country or grid, such as us, fr or us-ercot (`wattline facts region.`).")]
Pue = Annotated[str | None, Opt(help="PUE (site energy over IT energy) to use instead of the site's own.")]
Place = Annotated[str | None, Opt(help="Place of the site; its weather gives the overhead hour by hour.")]
Weather = Annotated[Path | None, Opt(help="Weather file of the site: EPW, TMY3, Open-Meteo JSON or CSV.")]
Cooling = Annotated[str | None, Opt(help="Kind of cooling, with --place or --weather [default: air-economiser].")]
Precision = Annotated[str | None, Opt(help="Number format of weights and arithmetic, such as bf16, fp8 or nvfp4.")]
InputTokens = Annotated[str, Opt("--input", help="Number of tokens in the prompt.")]
OutputTokens = Annotated[str, Opt("--output", help="Number of tokens in the answer.")]
Batch = Annotated[str | None, Opt(help="Number of requests that a replica answers together [default: 8 to 128].")]
Active = Annotated[str | None, Opt(help="Share of the time that chips are at work [default: 0.3 to 0.95].")]
Router = Annotated[str, Opt(help="How requests find a replica: round-robin, least-loaded or prefix (same beginnings).")]
PrefixCache = Annotated[float, Opt(help="Share of the cache kept for prefixes of a trace with hashes, 0 to 1.")]
Engine = Annotated[
    str | None,
    Opt(help="Serving software: vllm, sglang, trtllm, or a version such as vllm-0.19 [default: vLLM 0.11]."),
]
SloTtft = Annotated[str | None, Opt(help='Longest time to the first token that counts as good, such as "1s".')]
SloTpot = Annotated[str | None, Opt(help='Longest mean time between tokens that counts as good, such as "50ms".')]
Draws = Annotated[int, Opt("--draws", help="Number of draws from the ranges of the facts.")]
Seed = Annotated[int, Opt(help="Seed of the draws.")]
FileDraws = Annotated[int | None, Opt(help="Number of draws [default: the file's, or 2000].")]
FileSeed = Annotated[int | None, Opt(help="Seed of the draws [default: the file's, or 0].")]
Out = Annotated[Path | None, Opt(metavar="DIR", help="Write the JSON, a page and the load (Parquet) into this folder.")]
AsJson = Annotated[bool, Opt("--json", help="Print one JSON object.")]
Explain = Annotated[bool, Opt("--explain", help="Show every step of the calculation and the facts behind it.")]


FACTS_HELP = "Your own facts (TOML), which override the catalog's, as `calibrate measured` writes them."
Facts = Annotated[list[Path] | None, Opt("--facts", metavar="FILE", help=FACTS_HELP)]


def model_of(model: str | None, config: Path | None) -> str | Path:
    """The model's name or the path of its configuration, whichever was given. Raises WattlineError for both or none."""
    if (model is None) == (config is None):
        raise WattlineError("give either MODEL (see `wattline facts model.`) or --config FILE")
    return config if config is not None else str(model)
