"""``wattline catalog``: upkeep of the catalog: new models, updates of facts, and what two states differ in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattline.cli.contents import Contents
from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.catalog.update import Difference

Opt = typer.Option
catalog_app = typer.Typer(
    cls=Contents,
    help="Maintain the catalog: add models, update facts, compare states.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


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

    from wattline.catalog.own import append_tables
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
    append_tables(save, text)


@catalog_app.command("update")
def update(
    source: Annotated[str, typer.Argument(metavar="FILE|URL", help="The update: a TOML file, or its web address.")],
    *,
    sha256: Annotated[
        str | None, Opt(metavar="HEX", help="SHA-256 of the file, from a source you trust; required for a URL.")
    ] = None,
    yes: Annotated[bool, Opt("--yes", help="Apply the update; without it the changes are only shown.")] = False,
) -> None:
    """Show what an update of the catalog changes, and apply it with --yes; your own facts still override it."""
    from wattline.catalog.catalog import default
    from wattline.catalog.own import LIMIT_BYTES
    from wattline.catalog.update import (
        apply,
        check_sha256,
        differences,
        parse_update,
        plain_catalog,
        with_update,
    )
    from wattline.catalog.update import sha256 as hash_of
    from wattline.cli.printing import emit
    from wattline.core.download import WEB, download
    from wattline.core.reading import read_bytes

    web = "://" in source
    if web and source.lower().startswith(WEB) and yes and sha256 is None:
        raise WattlineError("sha256: an update from the web needs its hash; without --yes the changes are shown first")
    data = download(source, LIMIT_BYTES, "update") if web else read_bytes(source, LIMIT_BYTES, "update")
    if sha256 is not None:
        check_sha256(data, sha256, source)
    file = parse_update(data, source)
    rows = differences(plain_catalog(default()), plain_catalog(with_update(file)))
    about = file.update or {}
    emit(f"{about['title']}, {about['date']}; sha256 {hash_of(data)}\n{_shown(rows)}")
    if yes:
        emit(f"applied: {apply(file, data)}; to take it back, remove that file\n")
    else:
        emit("not applied; give --yes to apply it" + (f" and --sha256 {hash_of(data)}" if web else "") + "\n")


STATE = "now, built-in, a month or day (2026-11), a TOML file of facts, or what `wattline facts --json` printed."


@catalog_app.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help=f"Earlier state: {STATE}")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="Later state, in the same words.")],
    *,
    save: Annotated[
        Path | None, Opt(metavar="FILE", help="Write the differences as an update (TOML) that leads from OLD to NEW.")
    ] = None,
    title: Annotated[str, Opt(help="Title of that update.")] = "Facts that changed",
    as_json: Annotated[bool, Opt("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the facts that differ between two states of the catalog."""
    from datetime import UTC, datetime

    from wattline.catalog.update import differences, state, to_toml
    from wattline.cli.printing import emit
    from wattline.core.files import write_text
    from wattline.core.result import envelope, to_text

    rows = differences(state(old), state(new))
    if save is not None:
        write_text(save, to_toml(rows, title, datetime.now(UTC).date()))
    if as_json:
        results = {"count": len(rows), "differences": [row.json() for row in rows]}
        emit(to_text(envelope("catalog diff", {"old": old, "new": new}, results)))
    else:
        emit(_shown(rows))


def _shown(rows: list[Difference]) -> str:
    """The differences, a line each."""
    lines = [f"  {row.key}: {_value(row.old)} -> {_value(row.new)}" for row in rows]
    return "\n".join([f"facts that change: {len(rows)}", *lines]) + "\n"


def _value(fact: dict[str, object] | None) -> str:
    if fact is None:
        return "none"
    ranged = f" [{fact['low']:g} to {fact['high']:g}]" if fact["low"] != fact["high"] else ""
    return f"{fact['value']:g}{ranged} {fact['unit']}".rstrip() + f" ({fact['basis']}; {fact['source']})"
