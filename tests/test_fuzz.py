"""Every reader of what others give, with anything put into it: it reads, or refuses in one line. About a minute."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fuzz_bytes import fuzz, mutated
from meter_files import usage
from meter_formats import FORMATS, Truth
from wattline.catalog.own import read_own
from wattline.claim.file import read_claims
from wattline.core.load import Load
from wattline.line.site.weather_files import read_raw
from wattline.line.work.huggingface.file import read_json
from wattline.line.work.traffic.reader import read_traffic
from wattline.meter.readers.detect import read
from wattline.meter.sharing.jobs import read_jobs
from wattline.meter.sharing.processes import read_processes
from wattline.predict.load_file import read_load_file
from wattline.scenario.file import read_scenario
from wattline.sweep.store import Store

pytestmark = pytest.mark.long
T0 = 1_767_225_600


@pytest.mark.parametrize("name", FORMATS)
def test_recordings(name: str) -> None:
    file, write = FORMATS[name]
    truth = Truth([T0 + 2 * i for i in range(12)], [100.0 + 7 * (i % 5) for i in range(12)])
    with tempfile.TemporaryDirectory() as folder:
        data = write(Path(folder) / file, truth).read_bytes()
    fuzz(data, file, lambda path: usage(read(path)), 40)


HASHES = {"timestamp": 0, "input_length": 600, "output_length": 5, "hash_ids": [1, 2]}
TRACES = {
    "x.csv": "TIMESTAMP,ContextTokens,GeneratedTokens\n" + "2023-11-16 18:17:03.9799600,374,44\n" * 9,
    "y.csv": "time,input,output\n" + "".join(f"{i},{i + 1},5\n" for i in range(9)),
    "x.jsonl": "".join(json.dumps(HASHES | {"timestamp": i}) + "\n" for i in range(9)),
}


def traffic_parquet() -> bytes:
    from wattline.line.work.traffic.files import write_parquet

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "x.jsonl").write_text(TRACES["x.jsonl"])
        write_parquet(read_traffic(Path(folder) / "x.jsonl"), Path(folder) / "x.parquet")
        return (Path(folder) / "x.parquet").read_bytes()


@pytest.mark.parametrize("name", [*TRACES, "x.parquet", "x.csv.gz"])
def test_traces(name: str) -> None:
    import gzip

    from wattline.line.work.traffic.summary import summary

    made: dict[str, Callable[[], bytes]] = {
        "x.parquet": traffic_parquet,
        "x.csv.gz": lambda: gzip.compress(TRACES["y.csv"].encode()),
    }
    data = made[name]() if name in made else TRACES[name].encode()
    fuzz(data, name, lambda path: summary(read_traffic(path)), 150)


HOURS = "".join(f"2020,1,1,{h},0,x,5.0,1.0,50,100000\n" for h in range(1, 25))
WEATHER = {
    "x.epw": "LOCATION,a,b,c,d,e,51.0,0.0,0.0,10.0\nDATA PERIODS,1\n" + HOURS,
    "tmy.csv": "1,a,b,0,1,1,1\nDate (MM/DD/YYYY),Time,Dry-bulb (C),Dew-point (C)\n" + "01/01/2000,01:00,1,1\n" * 20,
    "x.json": json.dumps({"latitude": 1.0, "hourly_units": {"temperature_2m": "°C"}, "hourly": {
        "time": [f"2025-01-01T{h:02}:00" for h in range(24)], "temperature_2m": [1.0] * 24,
        "relative_humidity_2m": [50] * 24}}),
    "x.csv": "time,temperature_c,relative_humidity\n" + "".join(f"2025-01-01T{h:02}:00,5,50\n" for h in range(24)),
}  # fmt: skip


@pytest.mark.parametrize("name", WEATHER)
def test_weather(name: str) -> None:
    fuzz(WEATHER[name].encode(), name, read_raw, 250)


def load_parquet() -> bytes:
    from datetime import UTC, datetime

    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.parquet"
        Load("server", datetime(2026, 1, 1, tzinfo=UTC), 3600.0, np.ones((2, 24))).to_parquet(path)
        return path.read_bytes()


def resumed(path: Path) -> None:
    with Store.open(path, "c") as store:
        store.get({"a": 1})


def resume_text() -> bytes:
    line: dict[str, Any] = {"context": "c", "item": {"a": 1}, "result": {"x": 1.5}}
    return "".join(json.dumps(each) + "\n" for each in ({"format": "wattline-sweep-1"}, line, line)).encode()


CLAIM = '[[claim]]\nid = "a"\nquote = "2 TWh"\nclaimed = "2 TWh"\nfact = "2 * 3 TWh"\nsource = "x"\n'
JOB = 'title = "t"\n[[job]]\nname = "a"\nkind = "train"\nmodel = "llama-3.1-8b"\nchip = "h100-sxm"\n'
JOB += 'tokens = "1B"\nchips = 8\n'
FACTS = '[chip.mine]\ntitle = "Mine"\n[chip.mine.tdp]\nvalue = 700\nlow = 600\nhigh = 800\nunit = "W"\nsource = "x"\n'
JOBS = "job,node,gpus,begin,end\na,n1,0,2026-01-01 00:00:00,2026-01-01 01:00:00\n" * 3
SACCT = "JobID|JobName|NodeList|Start|End|AllocTRES\n1|a|n1|2026-01-01T00:00:00|2026-01-01T01:00:00|gres/gpu=1\n"
PODS = {
    "data": {"result": [{"metric": {"pod": "p", "gpu": "0", "UUID": "G"}, "values": [[T0 + i, "1"] for i in range(5)]}]}
}
PMON = "#Date       Time        gpu         pid   type     sm    mem    command\n"
PMON += " 20260101   00:00:01      0       1234     C     50     10   python\n"
CONFIG = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64}
OTHERS: dict[str, tuple[bytes, Callable[[Path], object]]] = {
    "claims.toml": (CLAIM.encode(), lambda path: read_claims(path.read_text(errors="replace"), "x")),
    "scenario.toml": (JOB.encode(), read_scenario),
    "facts.toml": (FACTS.encode(), read_own),
    "config.json": (json.dumps(CONFIG).encode(), read_json),
    "jobs.csv": (JOBS.encode(), read_jobs),
    "sacct.txt": (SACCT.encode(), read_jobs),
    "pods.json": (json.dumps(PODS).encode(), read_jobs),
    "pmon.txt": (PMON.encode(), read_processes),
    "load.csv": (b"hour,w\n" + b"".join(b"%d,0.5\n" % i for i in range(24)), lambda path: read_load_file(path, 1e6)),
    "load.parquet": (b"", lambda path: read_load_file(path, 1e6)),
    "resume.jsonl": (resume_text(), resumed),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files(name: str) -> None:
    data, work = OTHERS[name]
    fuzz(data or load_parquet(), name, work, 250)


def test_what_servers_and_clients_of_the_proxy_send() -> None:
    pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")
    from wattline.web.proxy.body import read_body, with_usage
    from wattline.web.proxy.lines import LineStream
    from wattline.web.proxy.sse import EventStream
    from wattline.web.proxy.tracked_request import TrackedRequest
    from wattline.web.proxy.usage import Tokens, insert, parse, read_tokens

    chunk = {"id": "x", "choices": [{"delta": {"content": "a"}}], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}
    events = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for _ in range(3)) + b"data: [DONE]\n\n"
    request = json.dumps(
        {"model": "m", "stream": True, "stream_options": None, "messages": [{"content": "a"}]}
    ).encode()
    for seed in range(1500):
        rng = random.Random(seed)
        sent = mutated(events, rng)
        tracked = TrackedRequest("x", "/p", "chat", "m", True, 0.0, 0.0)
        plain, reported = (
            EventStream(tracked, lambda n: None),
            EventStream(tracked, lambda n: None, lambda: {"energy_j": 1.0}),
        )
        cut = rng.randrange(len(sent) + 1)
        assert plain.feed(sent[:cut]) + plain.feed(sent[cut:]) + plain.finish() == sent
        reported.feed(sent[:cut] + sent[cut:])
        lines = LineStream(tracked, lambda n: None)
        lines.feed(mutated(json.dumps(chunk).encode() + b"\n", rng))
        lines.finish()
        body = mutated(json.dumps(chunk).encode(), rng)
        read_tokens(parse(body), Tokens())
        insert(body, None, {"energy_j": 1.0})
        parsed = read_body(mutated(request, rng), "chat")
        if parsed.askable:
            with_usage(parsed)
