"""``wattline proxy``: a model server's requests, each with its joules."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from wattline.core.errors import WattlineError

if TYPE_CHECKING:
    from wattline.meter.sensor import Sensor
    from wattline.web.proxy.accounting import Books
    from wattline.web.proxy.server import ProxySetup
    from wattline.web.proxy.token_weights import Weigher

Opt = typer.Option
NONE = "none"


Upstream = Annotated[str, Opt(help="Address of the model server, such as http://127.0.0.1:8000.")]
Listen = Annotated[str, Opt(help="Address to listen on, such as 127.0.0.1 or 0.0.0.0.")]
Port = Annotated[int, Opt(help="Port to listen on; 0 takes a free one.", min=0, max=65535)]
Journal = Annotated[str, Opt(metavar="FILE", help="SQLite file that keeps requests and energy, or none.")]
Model = Annotated[str | None, Opt(help="Model by catalog name; with --chip it sets the weights of prefill and decode.")]
Chip = Annotated[str | None, Opt(help="Type of chip by name, such as h100-sxm (`wattline list chips`).")]
Gpus = Annotated[
    int | None, Opt(help="Number of chips in one replica [default: the fewest that hold the model].", min=1)
]
Precision = Annotated[str | None, Opt(help="Number format of the weights [default: the model's own].")]
Interval = Annotated[str, Opt(help="Time between two readings of the sensors.")]
Named = Annotated[
    list[str] | None,
    Opt("--sensor", help="Part of the name, host or UUID of a sensor's device; may be given several times."),
]
Source = Annotated[list[str] | None, Opt(help="Source of readings, such as nvml or rapl; may be given several times.")]
NoBody = Annotated[bool, Opt("--no-body", help="Leave bodies untouched and give joules in headers alone.")]


Keep = Annotated[str | None, Opt(help='How long the journal keeps requests, such as "30 days" [default: for good].')]
AllowHost = Annotated[
    list[str] | None,
    Opt(help="Host name that requests may be sent to, beside this machine's own; may be given several times."),
]


def proxy(
    upstream: Upstream,
    listen: Listen = "127.0.0.1",
    port: Port = 8100,
    journal: Journal = "wattline-proxy.db",
    model: Model = None,
    chip: Chip = None,
    gpus: Gpus = None,
    precision: Precision = None,
    interval: Interval = "100ms",
    sensor: Named = None,
    source: Source = None,
    no_body: NoBody = False,
    allow_host: AllowHost = None,
    keep: Keep = None,
) -> None:
    """Run in front of an OpenAI-compatible server and add its joules to each request."""
    from wattline.core.quantity import parse

    interval_s = parse(interval, "s")
    if not 0.01 <= interval_s <= 60:
        raise WattlineError(f"--interval {interval} is out of range; take 10ms to 60s")
    keep_s = None if keep is None else parse(keep, "s")
    try:
        from wattline.web.proxy.sampler import choose_sensors, describe
        from wattline.web.proxy.server import ProxySetup, upstream_url
    except ImportError as error:
        raise WattlineError(f"the proxy needs {error.name}; install it by `pip install 'wattline[proxy]'`") from None
    host_there = upstream_url(upstream).host or ""
    weigher = _weigher(model, chip, precision, gpus)
    known = _sensors(source)
    sensors = choose_sensors(known, sensor or (), host_there)
    if sensor and not sensors:
        names = "; ".join(map(describe, known)) or "none is there"
        raise WattlineError(f"no sensor is of --sensor {' or '.join(sensor)}; known: {names}")
    path = None if journal == NONE else Path(journal)
    setup = ProxySetup(
        upstream, listen, port, sensors, weigher, path, interval_s, not no_body, allow_host or (), keep_s
    )
    shown = f"energy from {'; '.join(map(describe, sensors))}" if sensors else _no_sensor(known, host_there)
    _serve(setup, shown)


def _serve(setup: ProxySetup, shown: str) -> None:
    """Serve until Ctrl-C; the first line says where, and what the energy comes from."""
    from wattline.cli.printing import emit
    from wattline.web.proxy.server import serve_proxy, upstream_url

    kept = "no journal" if setup.journal is None else f"journal {setup.journal}"

    def listening(address: str, books: Books) -> None:
        upstream = upstream_url(setup.upstream).with_user(None)
        emit(f"wattline proxy: {address} -> {upstream}; {shown}{_modelled(books.basis)}; {kept}\n")

    serve_proxy(setup, listening)


def _no_sensor(sensors: list[Sensor], host: str) -> str:
    if sensors:
        return f"no power sensor of {host}, so energy is unknown (--sensor names one of another host)"
    return "no power sensor, so energy is unknown (`wattline sensors` says why)"


def _modelled(basis: str) -> str:
    return " (modelled from utilisation, not measured)" if basis == "modelled" else ""


def _weigher(model: str | None, chip: str | None, precision: str | None, gpus: int | None) -> Weigher:
    from wattline.web.proxy.token_weights import generic, model_weights

    if (model is None) != (chip is None):
        raise WattlineError("--model and --chip go together: give both, or neither")
    if model is None or chip is None:
        if precision or gpus:
            raise WattlineError("--precision and --gpus say more of --model and --chip: give those too")
        return generic()
    return model_weights(model, chip, precision, gpus)


def _sensors(sources: list[str] | None) -> list[Sensor]:
    """The sensors of this machine, of these sources or of all."""
    from wattline.meter.sensors.discover import find

    return list(find(sources or None))
