"""``wattline run``, ``train`` and ``prompt``: questions put to the line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from wattline.core.errors import WattlineError

Opt = typer.Option
Model = Annotated[str | None, typer.Argument(help="Model by catalog name, alias or Hugging Face id.")]
Config = Annotated[Path | None, Opt(help="A Hugging Face config.json instead of MODEL.")]
Site = Annotated[str | None, Opt(help="Kind of site, e.g. hyperscale, colocation (wattline facts site.).")]
Region = Annotated[str | None, Opt(help="Country or grid, e.g. us, fr, us-ercot (wattline facts region.).")]
Pue = Annotated[str | None, Opt(help="PUE, in place of the site's.")]
Place = Annotated[str | None, Opt(help="Place of the site: its overhead by the hour (wattline facts climate.).")]
Weather = Annotated[Path | None, Opt(help="Weather file of the site: EPW, TMY3, Open-Meteo JSON or CSV.")]
Cooling = Annotated[str | None, Opt(help="Kind of cooling, with --place or --weather [default: air-economiser].")]
Precision = Annotated[str | None, Opt(help="Number format: bf16, fp16, fp8, nvfp4; in prompts int8, mxfp4, int4 too.")]
DrawsOpt = Annotated[int, Opt("--draws", help="Draws from the facts' ranges.")]
Seed = Annotated[int, Opt(help="Seed of the draws.")]
AsJson = Annotated[bool, Opt("--json", help="Print one JSON object.")]
Explain = Annotated[bool, Opt("--explain", help="Show every step and the facts behind it.")]


def _use(paths: list[Path] | None) -> list[Path] | None:
    """Take these facts before the catalog's, before anything else is read."""
    if paths:
        from wattline import catalog

        catalog.use(*paths)
    return paths


FACTS_HELP = "Facts of your own (TOML) before the catalog's, as `calibrate measured` writes them."
Facts = Annotated[list[Path] | None, Opt("--facts", callback=_use, metavar="FILE", help=FACTS_HELP)]


def run(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (TOML).")],
    draws: Annotated[int | None, Opt(help="Draws from the facts' ranges [default: the file's, or 2000].")] = None,
    seed: Annotated[int | None, Opt(help="Seed of the draws [default: the file's, or 0].")] = None,
    out: Annotated[Path, Opt(help="Where report.html, bill.json and load.parquet go.")] = Path("out"),
    facts: Facts = None,
    as_json: AsJson = False,
    explain: Explain = False,
) -> None:
    """Work a scenario through the whole line and write its report."""
    import sys

    from rich.console import Console

    from wattline.cli.printing import emit, print_answer
    from wattline.scenario.run import check_folder
    from wattline.scenario.run import run as work

    check_folder(out)
    with Console(stderr=True).status("reading", spinner="dots") as status:
        result = work(scenario, draws, seed, lambda name: status.update(f"working: {name}"))
        status.update("writing the report")
        paths = result.write(out)
    print_answer(result.json(), as_json, explain)
    written = "\n  ".join(["\nWritten:", *map(str, paths)]) + "\n"
    if as_json:
        print(written, end="", file=sys.stderr)
    else:
        emit(written)


def train(
    model: Model = None,
    tokens: Annotated[str, Opt(help='Tokens trained on, e.g. "15T".')] = "",
    chip: Annotated[str, Opt(help="Chip by name, e.g. h100-sxm (wattline facts chip.).")] = "",
    chips: Annotated[str, Opt(help="How many chips.")] = "",
    config: Config = None,
    mfu: Annotated[str | None, Opt(help="Measured MFU, 0 to 1, in place of the predicted.")] = None,
    hours: Annotated[str | None, Opt(help='Measured wall time: hours, or "14.8 days".')] = None,
    watts: Annotated[str | None, Opt(help="Measured watts per chip at the server's plug, host's share in.")] = None,
    pue: Pue = None,
    site: Site = None,
    region: Region = None,
    place: Place = None,
    weather: Weather = None,
    cooling: Cooling = None,
    precision: Precision = None,
    sequence: Annotated[str | None, Opt(help="Tokens of a training sequence.")] = None,
    batch: Annotated[str | None, Opt(help="Tokens of a training step [default: 4M, or 4,096 a chip].")] = None,
    tuned: Annotated[bool, Opt("--tuned", help="As a tuned benchmark runs: from the operations of a step.")] = False,
    draws: DrawsOpt = 2000,
    seed: Seed = 0,
    facts: Facts = None,
    as_json: AsJson = False,
    explain: Explain = False,
) -> None:
    """Hours, energy, cost and CO2e of a training run."""
    from wattline.cli.printing import print_answer
    from wattline.predict.delivery import Outdoors
    from wattline.predict.train import train as work

    _need(tokens=tokens, chip=chip, chips=chips)
    given: dict[str, Any] = {
        "mfu": mfu,
        "hours": hours,
        "watts": watts,
        "pue": pue,
        "site": site,
        "region": region,
        "outdoors": Outdoors(place, weather, cooling),
    }
    answer = work(
        _model(model, config),
        tokens,
        chip,
        chips,
        **given,
        precision=precision,
        sequence=sequence,
        batch=batch,
        tuned=tuned,
        draws=draws,
        seed=seed,
    )
    print_answer(answer.json(), as_json, explain)


def prompt(
    model: Model = None,
    chip: Annotated[str, Opt(help="Chip by name (wattline facts chip.).")] = "h100-sxm",
    gpus: Annotated[str | None, Opt(help="Chips a replica [default: the fewest that hold the model].")] = None,
    input_tokens: Annotated[str, Opt("--input", help="Tokens of the prompt.")] = "500",
    output_tokens: Annotated[str, Opt("--output", help="Tokens of the answer.")] = "300",
    batch: Annotated[str | None, Opt(help="Requests answered together [default: 8 to 128].")] = None,
    active: Annotated[str | None, Opt(help="Share of time that provisioned chips work [default: 0.3 to 0.95].")] = None,
    config: Config = None,
    pue: Pue = None,
    site: Site = None,
    region: Region = None,
    precision: Precision = None,
    draws: DrawsOpt = 2000,
    seed: Seed = 0,
    facts: Facts = None,
    as_json: AsJson = False,
    explain: Explain = False,
) -> None:
    """Joules and watt-hours of one prompt: prefill, decode, idle, host, facility."""
    from wattline.cli.printing import print_answer
    from wattline.predict.prompt import prompt as work

    answer = work(
        _model(model, config),
        chip,
        gpus=gpus,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        batch=batch,
        active=active,
        pue=pue,
        site=site,
        region=region,
        precision=precision,
        draws=draws,
        seed=seed,
    )
    print_answer(answer.json(), as_json, explain)


def _need(**values: str) -> None:
    missing = [f"--{name}" for name, value in values.items() if not value]
    if missing:
        raise WattlineError(f"missing {', '.join(missing)}; `wattline train --help` shows an example of each")


def _model(model: str | None, config: Path | None) -> str | Path:
    if (model is None) == (config is None):
        raise WattlineError("give either MODEL (see `wattline facts model.`) or --config FILE")
    return config if config is not None else str(model)
