"""Prometheus' answer to ``/api/v1/query_range`` (or ``query`` with a range) as JSON: a matrix of samples by labels.

A dictionary of such results by metric, as Kepler's model server keeps them, is read too; and VictoriaMetrics' export, a
series a line.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import parse_json, read_bytes
from wattline.meter.interpretation import Choices
from wattline.meter.readers.json_records import objects
from wattline.meter.readers.metrics import Samples, recording_of_samples
from wattline.meter.recording import Recording

JSON_BYTES = 300_000_000
ANSWERED = re.compile(r'"status"\s*:\s*"(?:success|error)"')
MAX_LINE = 10_000_000  # of a series' line: its times stand at its end


def is_answer(text: str) -> bool:
    """Whether a file begins as an answer of Prometheus."""
    begin = text.lstrip()[:4000]
    if begin.startswith("{") and ('"resultType"' in begin or ANSWERED.search(begin)):
        return True
    return begin.startswith("{") and '"metric"' in begin and '"values"' in begin


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each metric that counts watts or joules.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    data = read_bytes(path, JSON_BYTES, "recording")
    try:
        answer = _exported(data) or _instants(data) or parse_json(data)
    except (ValueError, TypeError, KeyError, OSError) as error:
        raise WattlineError(f"{path} is not whole JSON: {shorten(str(error), 100)}") from None
    return recording_of_samples(samples_of(answer, str(path)), str(path), choices)


def _exported(data: bytes) -> dict[str, Any] | None:
    """The matrix of an export of a series a line, its times in milliseconds; None for any other file."""
    if b'"timestamps"' not in data[:MAX_LINE] or not data.lstrip().startswith(b"{"):
        return None
    results = []
    for line in filter(None, map(bytes.strip, data.splitlines())):
        series = parse_json(line)
        if not isinstance(series, dict) or not isinstance(series.get("timestamps"), list):
            return None
        times = [float(at) / 1000 for at in series["timestamps"]]
        results.append({"metric": series.get("metric"), "values": list(zip(times, series["values"], strict=True))})
    return {"resultType": "matrix", "result": results}


def _instants(data: bytes) -> dict[str, Any] | None:
    """The matrix of answers to ``query``, one after the other in a file, each of one instant; None for any other."""
    if b'"vector"' not in data[:MAX_LINE]:
        return None
    results = []
    for answer in objects(data.decode("utf-8-sig", "replace")):
        for result in (answer.get("data") or answer).get("result") or ():
            if "value" in result:
                results.append({"metric": result.get("metric"), "values": [result["value"]]})
    several = len({result["values"][0][0] for result in results}) > 1
    return {"resultType": "matrix", "result": results} if several else None


def samples_of(answer: Any, source: str) -> Samples:
    """The samples of an answer.

    Parameters
    ----------
    answer : of Prometheus, as JSON gives it
    source : path of the file, for errors

    Returns
    -------
    Labels, times and values of each series.

    Raises WattlineError where it tells of an error or holds no range.
    """
    if not isinstance(answer, dict):
        raise WattlineError(f"{source} is not an answer of Prometheus")
    if answer.get("status") not in (None, "success"):
        raise WattlineError(f"{source}: Prometheus answered {shorten(str(answer.get('error', 'an error')), 150)}")
    if (results := _by_metric(answer)) is not None:
        return _samples(results, source)
    data = answer.get("data", answer)
    if not isinstance(data, dict) or data.get("resultType") != "matrix":
        kind = data.get("resultType") if isinstance(data, dict) else None
        raise WattlineError(
            f"{source} holds {'a ' + str(kind) if kind else 'no result'}, not a matrix: ask query_range"
        )
    return _samples(data.get("result") or [], source)


def _by_metric(answer: dict[str, Any]) -> list[Any] | None:
    """The results of a dictionary of metrics, each with its name; None where it is none."""
    if "data" in answer or "resultType" in answer or not answer:
        return None
    if not all(isinstance(results, list) for results in answer.values()):
        return None
    out = []
    for name, results in answer.items():
        for result in results:
            if not isinstance(result, dict) or "values" not in result:
                return None
            out.append({"metric": {"__name__": name, **(result.get("metric") or {})}, "values": result["values"]})
    return out or None


def _samples(results: list[Any], source: str) -> Samples:
    samples: Samples = {}
    for result in results:
        try:
            labels = dict(result.get("metric") or {})
            name = str(labels.pop("__name__", ""))
            key = (name, tuple(sorted((str(k), str(v)) for k, v in labels.items())))
            values = [(float(at), float(value)) for at, value in result.get("values", ())]
        except (AttributeError, TypeError, ValueError):
            raise WattlineError(
                f"{source}: a result of the matrix cannot be read: {shorten(str(result), 80)}"
            ) from None
        times, numbers = samples.setdefault(key, ([], []))
        times += [at for at, _ in values]
        numbers += [value for _, value in values]
    return samples
