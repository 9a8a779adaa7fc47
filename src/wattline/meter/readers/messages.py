"""Messages of meters in JSON: Tasmota's, Shelly's and Zigbee2MQTT's over MQTT or HTTP, and Redfish's answers.

A message may stand alone, behind its topic (``mosquitto_sub -v``), behind a time, or below a line of time; it may name
its own time. What each maker calls watts and joules ``message_forms`` knows.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError
from wattline.meter.interpretation import Choices
from wattline.meter.readers import logs, specs
from wattline.meter.readers.logs import Column
from wattline.meter.readers.message_forms import MARKS, message_parts
from wattline.meter.recording import Recording

BEFORE = re.compile(
    r"^\s*\[?(\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|1\d{9}(?:\.\d+|\d{3})?)\]?(?=\W)"
)
TOPIC = re.compile(r"([\w.:-]+(?:/[\w.:-]+)+)\s*=?\s*$")
ENDS = re.compile(r"^(?:tele|stat|zigbee2mqtt|shellies)/|/(?:SENSOR|STATUS\d*|RESULT|events/rpc|rpc|status)\b")
TIMES = ("Time", "ts", "unixtime", "tst", "timestamp", "@timestamp", "time")
HOLDERS = ("params", "result", "sys", "StatusSNS", "payload")  # whose time is the message's
MAX_TOPIC = 300  # letters before a message in which its topic is looked for
FEW = 6  # messages by which a text is told
Message = tuple[float | None, str, Mapping[str, Any]]  # time, topic, content


def is_text(text: str) -> bool:
    """Whether a file begins with messages of meters."""
    if not any(mark in text for mark in MARKS):
        return False
    begin = (each for each, _ in zip(messages(text[:40_000]), range(FEW), strict=False))
    return any(True for _, topic, data in begin for _ in message_parts(topic, data))


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """A series for each meter.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises WattlineError where it holds no reading of power or energy with its time.
    """
    columns: dict[tuple[str, str], Column] = {}
    untimed = 0
    for at, topic, data in messages("\n".join(logs.lines(path))):
        for part in message_parts(topic, data):
            if at is None:
                untimed += 1
                continue
            empty = Column(f"{part.name} of {part.uuid}", part.uuid, part.role, part.unit, inside=part.inside)
            columns.setdefault((part.uuid, part.unit), empty).add(at, part.number)
    if not columns and untimed:
        mend = "put a time before each, as: mosquitto_sub -F '%U %t %p', or date +%s before each request"
        raise logs.time_refusal("a meter", mend, path)
    if not columns:
        raise WattlineError(f"{path} holds messages of meters, and no reading of power or energy")
    return logs.recording_of_log(columns.values(), choices, path, specs.unknown_sensor("file", "messages of a meter"))


def messages(text: str) -> Iterator[Message]:
    """The messages of a text, each with its time (None where it has none) and topic.

    Parameters
    ----------
    text : lines of a log, in which objects of JSON stand

    Returns them in turn; what is cut is left out.
    """
    decoder, place = json.JSONDecoder(), 0
    now: float | None = None
    while (start := text.find("{", place)) >= 0:
        *above, before = text[place:start].split("\n")
        now = next((at for line in reversed(above) if (at := logs.stamp(line)) is not None), now)
        try:
            data, place = decoder.raw_decode(text, start)
        except ValueError:
            if (place := text.find("\n", start)) < 0:
                return
            continue
        match, topic = BEFORE.match(before), TOPIC.search(before[-MAX_TOPIC:])
        at = logs.epoch(match[1]) if match else now
        if isinstance(data, dict):
            yield _opened(at, topic[1] if topic else "", data)


def _opened(at: float | None, topic: str, data: Mapping[str, Any]) -> Message:
    """A message out of what carried it, with its own time where it tells one."""
    own = _time_of(data)
    topic = str(data.get("topic") or data.get("src") or topic)
    payload = data.get("payload")
    if isinstance(payload, str) and payload.lstrip().startswith("{"):
        try:
            payload = json.loads(payload)
        except ValueError:
            payload = None
    data = payload if isinstance(payload, dict) else data
    while ENDS.search(topic):
        topic = ENDS.sub("", topic)
    return (at if own is None else own), topic, data


def _time_of(data: Mapping[str, Any], depth: int = 0) -> float | None:
    """The time that a message names itself."""
    for name in TIMES:
        value = data.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            at = logs.epoch(re.sub(r"Z([+-]\d{4})$", r"\1", str(value)))
            if at is not None:
                return at
    inner = (data[name] for name in HOLDERS if isinstance(data.get(name), dict))
    return next((at for each in inner if depth < 2 and (at := _time_of(each, depth + 1)) is not None), None)
