"""``wattline session``: calls that build on each other."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.cli.media import show_answer
from wattline.core.errors import WattlineError

Opt = typer.Option
SESSION = (
    "Preset (chat, reasoning, agent-coding, computer-use, deep-research, rag, batch, evaluation), or a file: TOML, "
    "JSONL, trace."
)


@expand
def session(
    session: Annotated[str, typer.Argument(metavar="PRESET|FILE", help=SESSION)],
    *,
    model: Annotated[
        str | None, Opt("--model", help="Model by catalog name, alias or Hugging Face id [default: the file's].")
    ] = None,
    setup: options.ReplicaOptions,
    batch: options.Batch = None,
    active: options.Active = None,
    batch_api: Annotated[
        bool, Opt("--batch-api", help="Let the work wait a day: full batches, busy chips, off-peak hours.")
    ] = False,
    deadline: Annotated[
        str | None,
        Opt("--deadline", help='Hours within which a batch API has the work done, such as "6 h" [default: a day].'),
    ] = None,
    config: options.Config = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Joules and watt-hours of a session: chats, agents, reasoning; reading, thinking, answering, what caches save."""
    from wattline.predict.session.session import session as work

    if model is not None and config is not None:
        raise WattlineError("give either --model or --config")
    answer = work(
        session, config if config is not None else model, batch=batch, active=active, batch_api=batch_api,
        deadline=deadline, draws=draws, seed=seed, facts=facts, **setup, **where,
    )  # fmt: skip
    show_answer(answer, out, as_json, explain)
