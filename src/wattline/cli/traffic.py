"""``wattline traffic``: what a trace of requests is like, or a traffic made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattline.cli import options
from wattline.cli.unused import refuse
from wattline.core.errors import WattlineError, shorten
from wattline.core.result import envelope

if TYPE_CHECKING:
    from wattline.catalog import Catalog
    from wattline.line.work.traffic.arrivals import Process
    from wattline.line.work.traffic.lengths import Lengths
    from wattline.line.work.traffic.trace import Traffic

Opt = typer.Option
Trace = Annotated[
    Path | None, typer.Argument(help="Trace of requests: Azure or BurstGPT CSV, Mooncake JSONL, any CSV, or Parquet.")
]
MAKING = (
    "duration", "requests", "cv", "shape", "start_hour", "share", "lengths", "fit", "input_tokens", "output_tokens",
)  # fmt: skip
READING = ("columns", "time_unit", "where", "block_size")
STREAMED = 20_000_000  # requests beyond which a traffic is written part by part


def traffic(
    context: typer.Context,
    file: Trace = None,
    rate: Annotated[str, Opt(help='Mean rate of requests to make, such as "20/s" or "200M/day".')] = "",
    duration: Annotated[str, Opt(help='Time over which requests come, such as "1 day" [default: 1 h].')] = "",
    requests: Annotated[str, Opt(help="Number of requests to make, instead of --duration.")] = "",
    cv: Annotated[
        float, Opt(help="Burstiness: coefficient of variation of the gaps; 1 is Poisson, more is bursty.")
    ] = 1.0,
    states: Annotated[str, Opt(help='Rates to jump between, each with its mean stay: "10/s:60s,100/s:5s".')] = "",
    shape: Annotated[
        str, Opt(help="How the rate varies: flat, day, week (estimates), or a trace to take a day's from.")
    ] = "flat",
    start_hour: Annotated[float, Opt(help="Hour of the day (of Monday) at which requests begin.")] = 0.0,
    share: Annotated[float, Opt(help="Share of the rate to make, such as 0.001 for one cell of a service.")] = 1.0,
    lengths: Annotated[
        str, Opt(help="Lengths of requests: chat, code, long-chat, or a trace to draw them from.")
    ] = "chat",
    fit: Annotated[
        bool, Opt("--fit", help="Fit a distribution to the trace of --lengths instead of drawing from it.")
    ] = False,
    input_tokens: Annotated[str, Opt("--input", help="Number of tokens in every prompt, instead of --lengths.")] = "",
    output_tokens: Annotated[str, Opt("--output", help="Number of tokens in every answer, instead of --lengths.")] = "",
    seed: Annotated[int, Opt(help="Seed of the requests that are made.")] = 0,
    scale_rate: Annotated[float, Opt(help="Speed of the trace: 2 sends the requests twice as fast.")] = 1.0,
    times: Annotated[
        float, Opt(help="Factor of the number of requests over the same time; below 1 some are left out.")
    ] = 1.0,
    repeat: Annotated[int, Opt(help="Number of times that the traffic is repeated, one after the other.")] = 1,
    columns: Annotated[str, Opt(help="Names of the trace's columns: time,input,output.")] = "",
    time_unit: Annotated[str, Opt(help="Unit of the trace's times: s, ms, us or ns.")] = "",
    where: Annotated[
        list[str] | None, Opt(metavar="COLUMN=TEXT", help="Take only rows of the trace with this text in this column.")
    ] = None,
    block_size: Annotated[
        int | None,
        Opt(help="Number of tokens in a block of the trace's prefix hashes [default: as its rows show].", min=1),
    ] = None,
    save: Annotated[Path | None, Opt(metavar="FILE", help="Write the traffic to this .parquet or .csv file.")] = None,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
) -> None:
    """Describe a trace of requests, or make one: its rate, bursts and lengths."""
    from wattline.catalog import open_catalog
    from wattline.catalog.draws import check_seed
    from wattline.cli.printing import print_answer
    from wattline.line.work.traffic.files import write_csv, write_parquet
    from wattline.line.work.traffic.summary import summary, unknown_summary

    made = bool(rate or states)
    if (file is None) != made:
        raise WattlineError("traffic: give a FILE to read or a --rate (or --states) to make one, one of the two")
    _check_options(context, made)
    check_seed(seed)
    _check_save(save)
    known = open_catalog(facts)
    result: Traffic | int
    if made:
        sizes = _lengths(lengths, fit, input_tokens, output_tokens, known)
        result = _made(rate, states, cv, shape, start_hour, share, sizes, duration, requests,
                       seed, save, scale_rate == 1 == times and repeat == 1, known)  # fmt: skip
    else:
        result = _read(file, columns, time_unit, where or [], block_size)
    given_options = {
        "file": None if file is None else str(file), "rate": rate, "states": states, "duration": duration,
        "requests": requests, "shape": shape if made else "", "lengths": lengths if made else "",
    }  # fmt: skip
    inputs = {name: value or None for name, value in given_options.items()}
    if isinstance(result, int):
        results, notes = unknown_summary() | {"requests": result}, ["written part by part, and so not summed up"]
    else:
        result = _changed(result, scale_rate, times, repeat, seed)
        if save is not None:
            (write_parquet if save.suffix == ".parquet" else write_csv)(result, save)
        results, notes = summary(result), list(result.notes)
    results["written"] = None if save is None else str(save)
    print_answer(envelope("traffic", inputs, results, seed=seed if made else None, notes=notes), as_json)


def _check_options(context: typer.Context, made: bool) -> None:
    """Raise WattlineError for an option that does nothing with the others."""
    given = context.params
    if not made:
        refuse(context, MAKING, "a --rate or --states, not with a FILE")
        if given["times"] == 1:
            refuse(context, ("seed",), "--times other than 1, where requests are picked by chance")
        return
    refuse(context, READING, "a FILE, which has columns and rows")
    if given["shape"] == "flat" or Path(given["shape"]).is_file():
        refuse(context, ("start_hour",), "--shape day or week")
    if given["input_tokens"] or given["output_tokens"]:
        refuse(context, ("lengths", "fit"), "lengths of requests, not with --input and --output")
    if not Path(given["lengths"]).is_file():
        refuse(context, ("fit",), "--lengths FILE, a trace to fit")


def _read(file: Path | None, columns: str, time_unit: str, where: list[str], block: int | None) -> Traffic:
    from wattline.line.work.traffic.reader import read_traffic

    assert file is not None
    named = [part.strip() for part in columns.split(",")] if columns else [None] * 3
    if len(named) != 3:
        raise WattlineError(f"traffic: --columns {shorten(columns)!r} must name three: time,input,output")
    pairs = dict(_pair(text) for text in where)
    time, given, made = named
    return read_traffic(file, time=time, input=given, output=made, time_unit=time_unit or None, where=pairs,
                        block_tokens=block)  # fmt: skip


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise WattlineError(f"traffic: --where {shorten(text)!r} must be COLUMN=TEXT")
    return name, value


def _lengths(named: str, fit: bool, given: str, made: str, known: Catalog) -> Lengths:
    from wattline.core.quantity import parse
    from wattline.line.work.traffic import lengths as kinds
    from wattline.line.work.traffic.known import known_lengths
    from wattline.line.work.traffic.reader import read_traffic

    if given or made:
        if not (given and made):
            raise WattlineError("traffic: give --input and --output, both")
        sizes = [round(parse(text, "token", "tokens")) for text in (given, made)]
        return kinds.fixed_lengths(*sizes)
    if Path(named).is_file():
        trace = read_traffic(named)
        return kinds.fit_lengths(trace) if fit else kinds.resampled_lengths(trace)
    return known_lengths(named, known)


def _process(rate: str, states: str, cv: float, share: float) -> tuple[Process, float]:
    """The arrival process and its mean rate."""
    from wattline.core.quantity import parse
    from wattline.line.work.traffic import arrivals as kinds

    if not 0 < share <= 1:
        raise WattlineError(f"traffic: --share {share!r} must be more than 0, up to 1")
    if states:
        if rate or cv != 1:
            raise WattlineError("traffic: --states has its own rates; leave out --rate and --cv")
        pairs = [part.partition(":") for part in states.split(",")]
        if len(pairs) < 2 or not all(stay for _, _, stay in pairs):
            raise WattlineError(f'traffic: --states {shorten(states)!r} must be like "10/s:60s,100/s:5s", two or more')
        rates = [parse(head, "request/s", "states", zero=True) * share for head, _, _ in pairs]
        stays = [parse(stay, "s", "states") for _, _, stay in pairs]
        return kinds.markov_process(rates, stays), kinds.markov_rate(rates, stays)
    mean = parse(rate, "request/s", "rate") * share
    return (kinds.poisson_process(mean) if cv == 1 else kinds.gamma_process(mean, cv)), mean


def _made(
    rate: str, states: str, cv: float, shape: str, start_hour: float, share: float, lengths: Lengths, duration: str,
    requests: str, seed: int, save: Path | None, plain: bool, known: Catalog,
) -> Traffic | int:  # fmt: skip
    """The traffic; how many requests where it was so large that it went to the file part by part."""
    from wattline.core.quantity import parse
    from wattline.line.work.traffic.arrivals import fit_shape, with_shape
    from wattline.line.work.traffic.files import write_stream
    from wattline.line.work.traffic.generator import MAX_REQUESTS, make, stream
    from wattline.line.work.traffic.known import known_shape
    from wattline.line.work.traffic.reader import read_traffic

    if requests and duration:
        raise WattlineError("traffic: give --duration or --requests, one of the two")
    process, mean = _process(rate, states, cv, share)
    swing = fit_shape(read_traffic(shape)) if Path(shape).is_file() else known_shape(shape, known, start_hour)
    if swing is not None:
        process = with_shape(process, swing)
    n = round(parse(requests, "request", "requests")) if requests else None
    window = None if n else parse(duration or "1 h", "s", "duration")
    expected = n if n else mean * float(window or 0)
    if expected > STREAMED and plain and save is not None and save.suffix == ".parquet":
        return write_stream(stream(process, lengths, seed, duration_s=window, count=n), save)
    if expected > MAX_REQUESTS:
        raise WattlineError(f"traffic: about {expected:,.0f} requests; give --share, or --save FILE.parquet")
    return replace(
        make(process, lengths, seed, duration_s=window, count=n), notes=("made, not recorded", *_rests(shape, known))
    )


def _rests(shape: str, known: Catalog) -> list[str]:
    """What a made traffic rests on that is not the user's own: said, so that none takes it for measured."""
    if shape not in ("day", "week"):
        return []
    record = known.find("traffic", "office-day")
    valley, hour, rest = (record[name].value for name in ("valley_share", "peak_hour", "weekend_share"))
    weekend = f", weekends at {rest:g} of weekdays" if shape == "week" else ""
    return [f"the {shape}'s shape is an estimate: valley {valley:g} of the peak, which is at {hour:g} h{weekend}"]


def _changed(result: Traffic, scale_rate: float, times: float, repeat: int, seed: int) -> Traffic:
    from wattline.line.work.traffic import trace as change

    if times != 1:
        result = change.multiply(result, times, seed)
    if scale_rate != 1:
        result = change.scale(result, rate=scale_rate)
    return change.repeat(result, repeat) if repeat != 1 else result


def _check_save(save: Path | None) -> None:
    if save is not None and save.suffix not in (".parquet", ".csv"):
        raise WattlineError(f"traffic: --save {shorten(str(save), 200)} must end in .parquet or .csv")
