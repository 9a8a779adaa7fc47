"""``wattline proxy``: a model server's requests, each with its joules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.meter.sensor import Sensor
    from wattline.web.proxy.token_weights import Weigher

Opt = typer.Option
NONE = "none"


def proxy(
    upstream: Annotated[str, Opt(help="The model server, e.g. http://127.0.0.1:8000.")],
    host: Annotated[str, Opt(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, Opt(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8100,
    journal: Annotated[str, Opt(help="SQLite file of requests and energy, or none.")] = "wattline-proxy.db",
    model: Annotated[
        str | None, Opt(help="Model by catalog name: with --chip, what weighs prefill and decode.")
    ] = None,
    chip: Annotated[str | None, Opt(help="Chip by catalog name (wattline facts chip.).")] = None,
    gpus: Annotated[
        int | None, Opt(help="Number of chips in one replica [default: the fewest that hold the model].", min=1)
    ] = None,
    precision: Annotated[str | None, Opt(help="Number format of the weights [default: the model's own].")] = None,
    interval: Annotated[str, Opt(help="Time between readings of the sensors.")] = "100ms",
    device: Annotated[list[str] | None, Opt(help="Part of a device's name, host or UUID; may be repeated.")] = None,
    source: Annotated[list[str] | None, Opt(help="Source of readings, e.g. nvml, rapl; may be repeated.")] = None,
    no_body: Annotated[bool, Opt("--no-body", help="Leave bodies wholly untouched; joules in headers alone.")] = False,
) -> None:
    """Stand before an OpenAI-compatible server and tell each request its joules."""
    from wattline.cli.printing import emit
    from wattline.core.quantity import parse

    interval_s = parse(interval, "s")
    if not 0.01 <= interval_s <= 60:
        raise WattlineError(f"--interval {interval} is out of range; take 10ms to 60s")
    try:
        from wattline.web.proxy.sampler import choose, describe
        from wattline.web.proxy.server import ProxySetup, serve, upstream_url
    except ImportError as error:
        raise WattlineError(f"the proxy needs {error.name}; install it by `pip install 'wattline[proxy]'`") from None
    host_there = upstream_url(upstream).host or ""
    weigher = _weigher(model, chip, precision, gpus)
    found = _sensors(source)
    sensors = choose(found, device or (), host_there)
    if device and not sensors:
        known = "; ".join(map(describe, found)) or "none is there"
        raise WattlineError(f"no sensor is of --device {' or '.join(device)}; known: {known}")
    setup = ProxySetup(
        upstream, host, port, sensors, weigher, None if journal == NONE else Path(journal), interval_s, not no_body
    )
    shown = f"energy from {'; '.join(map(describe, sensors))}" if sensors else _no_sensor(found, host_there)
    kept = "no journal" if setup.journal is None else f"journal {setup.journal}"
    serve(
        setup,
        lambda address, books: emit(
            f"wattline proxy: {address} -> {upstream}; {shown}{_modelled(books.basis)}; {kept}\n"
        ),
    )


def _no_sensor(found: list[Sensor], host: str) -> str:
    if found:
        return f"no power sensor of {host}, so energy is unknown (--device names one of another host)"
    return "no power sensor, so energy is unknown (`wattline sensors` says why)"


def _modelled(basis: str) -> str:
    return " (modelled from utilisation, not measured)" if basis == "modelled" else ""


def _weigher(model: str | None, chip: str | None, precision: str | None, gpus: int | None) -> Weigher:
    from wattline.web.proxy.token_weights import generic, modelled

    if (model is None) != (chip is None):
        raise WattlineError("--model and --chip go together: give both, or neither")
    if model is None or chip is None:
        if precision or gpus:
            raise WattlineError("--precision and --gpus say more of --model and --chip: give those too")
        return generic()
    return modelled(model, chip, precision, gpus)


def _sensors(sources: list[str] | None) -> list[Sensor]:
    """The sensors of this machine, of these sources or of all."""
    from wattline.meter.sensors.discover import find

    return list(find(sources or None))
