"""``wattline tune serve``: the limit of least energy for a model server's tokens, within its latencies."""

from __future__ import annotations

import sys

from wattline.cli import options, proxy, tune
from wattline.core.errors import WattlineError


def tune_serve(
    upstream: proxy.Upstream,
    listen: proxy.Listen = "127.0.0.1",
    port: proxy.Port = 8100,
    slo_ttft: options.SloTtft = None,
    slo_tpot: options.SloTpot = None,
    metric: tune.Metric = "energy",
    slowdown: tune.Slowdown = None,
    device: tune.Devices = None,
    knob: tune.Knob = "power",
    window: tune.Window = "30s",
    lasting: tune.Lasting = None,
    price: tune.Price = None,
    hour_price: tune.HourPrice = None,
    allow_host: proxy.AllowHost = None,
) -> None:
    """Run in front of a model server and find the power limit with the least energy per token within the latencies
    given (99th percentile of each window). Ctrl-C ends it and restores the old limit."""
    from wattline.control.discover import find_settables
    from wattline.control.objective import objective
    from wattline.control.tune import pace_of
    from wattline.core.quantity import parse

    try:
        from wattline.control.serve_tuned import ServedWork, serve_tuned
        from wattline.web.proxy.server import ProxySetup, upstream_url
    except ImportError as error:
        raise WattlineError(f"the proxy needs {error.name}; install it by `pip install 'wattline[proxy]'`") from None
    address = upstream_url(upstream).with_user(None)
    goal = objective(metric, slowdown, price or 0.0, hour_price or 0.0)
    first = None if slo_ttft is None else parse(slo_ttft, "s", "slo-ttft")
    further = None if slo_tpot is None else parse(slo_tpot, "s", "slo-tpot")
    settables = find_settables(device or (), knob)
    setup = ProxySetup(upstream, listen, port, allow_hosts=allow_host or ())

    def listening(here: str) -> None:
        print(f"wattline tune: {here} -> {address}; Ctrl-C ends it", file=sys.stderr, flush=True)

    result = serve_tuned(setup, settables, goal, pace_of(window, lasting), ServedWork(first, further), listening)
    tune.show(result.json())
