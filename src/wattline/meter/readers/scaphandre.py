"""Scaphandre's JSON exporter: reports of host, sockets with their domains, and consumers, in microwatts.

The host holds its sockets and their domains; processes are shares of it. The rules are those of its metrics.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs
from wattline.meter.readers.metrics import Samples
from wattline.meter.readers.metrics import recording_of_samples as of_samples
from wattline.meter.recording import Recording


def is_text(text: str) -> bool:
    """Whether a file begins as Scaphandre's reports."""
    begin = text.lstrip()[:20_000]
    return begin[:1] in "[{" and '"host"' in begin and '"consumption"' in begin and '"sockets"' in begin


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for the host, each socket, domain and consumer.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    samples: Samples = {}
    instance = ("instance", path.stem)

    def add(name: str, at: Any, watts: Any, **labels: str) -> None:
        try:
            pair = float(at), float(watts)
        except (TypeError, ValueError):
            return
        times, values = samples.setdefault((name, (instance, *sorted(labels.items()))), ([], []))
        times.append(pair[0])
        values.append(pair[1])

    for report in _reports("\n".join(logs.lines(path))):
        host = report.get("host") or {}
        at = host.get("timestamp")
        add("scaph_host_power_microwatts", at, host.get("consumption"))
        for socket in report.get("sockets") or ():
            number = str(socket.get("id", 0))
            add(
                "scaph_socket_power_microwatts",
                socket.get("timestamp", at),
                socket.get("consumption"),
                socket_id=number,
            )
            for domain in socket.get("domains") or ():
                name = str(domain.get("name", "domain"))
                when = domain.get("timestamp", at)
                add(
                    "scaph_domain_power_microwatts", when, domain.get("consumption"), socket_id=number, domain_name=name
                )
        for consumer in report.get("consumers") or ():
            pid = str(consumer.get("pid", "?"))
            when = consumer.get("timestamp", at)
            add("scaph_process_power_consumption_microwatts", when, consumer.get("consumption"), pid=pid)
    if not samples:
        raise WattlineError(f"{path} is Scaphandre's, and holds no report")
    return of_samples(samples, str(path), choices)


def _reports(text: str) -> Iterator[dict[str, Any]]:
    """An array of reports, or reports one after the other; what is cut at the end is left."""
    decoder = json.JSONDecoder()
    place = 1 if text.lstrip().startswith("[") else 0
    while (match := re.compile(r"\{").search(text, place)) is not None:
        try:
            item, place = decoder.raw_decode(text, match.start())
        except ValueError:
            return
        if isinstance(item, dict):
            yield item
