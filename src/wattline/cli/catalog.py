"""``wattline catalog``: upkeep of the catalog: entries of new models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from wattline.core.errors import WattlineError

Opt = typer.Option
catalog_app = typer.Typer(help="Upkeep of the catalog's facts.", no_args_is_help=True, rich_markup_mode=None)


@catalog_app.command("add-model")
def add_model(
    configs: Annotated[list[Path], typer.Argument(help="One or many config.json, or the folders that hold them.")],
    *,
    document: Annotated[str, Opt(help="Document that the config was read in, such as its page.")],
    hf_id: Annotated[str | None, Opt(help="Publisher and name [default: the folder's, as PUBLISHER--NAME].")] = None,
    params: Annotated[
        str | None, Opt(help='Published parameters, such as "8.03B" [default: what the name says].')
    ] = None,
    year: Annotated[int | None, Opt(help="Year of release [default: this year].")] = None,
    alias: Annotated[list[str] | None, Opt(help="Further name of the model; may be repeated.")] = None,
    save: Annotated[
        Path | None, Opt(metavar="FILE", help="Append the entries to this TOML file [default: print them].")
    ] = None,
) -> None:
    """Make a catalog entry of each config.json, and check its parameters against the published number."""
    from datetime import UTC, datetime

    from wattline.cli.printing import emit
    from wattline.core.quantity import parse
    from wattline.line.work.entry import Origin, hf_id_of, model_entry
    from wattline.line.work.huggingface.reader import model_from_config

    if len(configs) > 1 and (hf_id or params or alias):
        raise WattlineError("hf-id, params and alias are of one model; give one config.json with them")
    total = None if params is None else parse(params, "", "params")
    entries = []
    for path in configs:
        origin = Origin(hf_id or hf_id_of(path), document, "", year or datetime.now(UTC).year, total)
        entries.append(model_entry(model_from_config(path), origin, alias or ()))
    text = "\n".join(entries)
    if save is None:
        emit(text)
        return
    with save.open("a", encoding="utf-8") as file:
        file.write(f"\n{text}" if save.stat().st_size else text)
