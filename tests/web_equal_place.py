"""What the web app, its API and the command line are asked alike."""

from __future__ import annotations

import shlex
import time
from typing import Any

import httpx
from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.web.app.forms import commands_in, fields_of
from web_place import get

FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}


def hours(head: str, values: Any) -> str:
    rows = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{values(i)}\n" for i in range(720))
    return f"utc,{head}\n{rows}"


def watts(mean: int) -> str:
    return "time_s,gpu0_power_w\n" + "".join(f"{t},{mean + t % 7}\n" for t in range(120))


FILES = {
    "demand.csv": hours("mw", lambda i: 100 + i % 24 * 3 + i // 24),
    "carbon.csv": hours("carbon_g_per_kwh", lambda i: 100 + i % 24 * 3),
    "other.csv": hours("carbon_g_per_kwh", lambda i: 300 - i % 24 * 5),
    "before.csv": watts(300),
    "after.csv": watts(200),
    "run.toml": 'title = "a run"\ndraws = 20\n[[job]]\nname = "p"\nkind = "prompt"\n'
    'model = "llama-3.1-8b"\nchip = "h100-sxm"\n',
    "jobs.csv": "job,start_s,end_s,gpus\na,0,60,0\nb,60,110,0\n",
}


# a question of each command, with @NAME for a file that is sent; others stand in web_questions.py, and
# test_web_python.py holds the answers of all equal
LINES = (
    "serve --model llama-3.1-8b --chip h100-sxm --rate 2/s --duration '20 s' --draws 3",
    "supply --it 20MW --place Dublin --with solar,wind --target annual=20% --draws 2",
    "flex headroom --demand @demand.csv",
    "flex shift --signal @carbon.csv",
    "flex sites --signals @carbon.csv;@other.csv --room 20MW --arrives 12MW",
    "flex sites --signals de;fr --room 20MW --arrives 12MW",
    "flex shift --signal de --to fr",
    "flex swings --phase a:1s:700W;b:1s:200W --chips 8",
    "saving --before @before.csv --after @after.csv",
    "run --scenario @run.toml",
    "compare --scenario @run.toml --measured @before.csv",
    "meter report --paths @before.csv",
    "meter swings --path @before.csv",
    "meter bill --path @before.csv --chip h100-sxm --region de --draws 20",
    "facts --search h100-sxm",
    "list --kind chips",
    "traffic --rate 2/s --duration '1 min'",
    "world --region ie --to 2030 --draws 200",
    "validate training",
    "validate steps",
    "validate world",
)


def read(line: str) -> tuple[str, list[tuple[str, str]]]:
    """The command of a line, and its inputs by name."""
    words = shlex.split(line.replace(";", "\\;"))
    first = next((i for i, word in enumerate(words) if word.startswith("--")), len(words))
    pairs = [(words[i].removeprefix("--"), words[i + 1]) for i in range(first, len(words), 2)]
    return " ".join(words[:first]), pairs


def api_reply(base: str, command: str, pairs: list[tuple[str, str]]) -> httpx.Response:
    """The API's reply, by its job where it takes long."""

    def sent(part: str) -> str:
        name = part.removeprefix("@")
        address = f"{base}/api/v1/uploads?name={name}"
        return part if name == part else str(httpx.post(address, content=FILES[name].encode()).json()["upload"])

    inputs = {name.replace("-", "_"): ";".join(map(sent, value.split(";"))) for name, value in pairs}
    reply = get(base, f"/api/v1/{command.replace(' ', '/')}", params=inputs)
    if reply.status_code != 202:
        return reply
    job = reply.json()
    while job["state"] in ("queued", "running"):
        time.sleep(0.1)
        job = get(base, job["self"]).json()
    return get(base, f"{job['self']}/answer")
