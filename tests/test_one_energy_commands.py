"""One energy of readings: every command that gives joules of a file gives the same, whatever its rows hold."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.cli.main import main

T0 = 1_700_000_000
ROWS = 160
EXAMPLE = Path(__file__).parents[1] / "examples" / "gpt3_512_h100.toml"
Rows = list[tuple[int, float]]
Fault = Callable[[list[int], list[float], int, int], None]

FAULTS: dict[str, Fault] = {
    "spike": lambda time, value, i, size: value.__setitem__(i, value[i] + 10.0 ** (6 + size % 4)),
    "sentinel": lambda time, value, i, size: value.__setitem__(i, -1.0),
    "zero": lambda time, value, i, size: value.__setitem__(i, 0.0),
    "gap": lambda time, value, i, size: time.__setitem__(slice(i, None), [at + size for at in time[i:]]),
    "again": lambda time, value, i, size: (time.insert(i, time[i]), value.insert(i, value[i])),  # type: ignore[dict-item,func-returns-value]
    "reset": lambda time, value, i, size: value.__setitem__(slice(i, None), [each - value[i] for each in value[i:]]),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, Rows]:
    """The column of a table and its rows: watts or a counter's joules, with what can go wrong in them."""
    column = draw(st.sampled_from(["gpu0_power_w", "gpu0_energy_j"]))
    watts = np.array(draw(st.lists(st.integers(80, 400), min_size=ROWS, max_size=ROWS)), float)
    value = watts.tolist()
    if column == "gpu0_energy_j":
        value = (5000 + np.concatenate([[0.0], np.cumsum(0.5 * (watts[1:] + watts[:-1]))])).tolist()
    time = [T0 + i for i in range(ROWS)]
    faults = [name for name in sorted(FAULTS) if name != "reset" or column == "gpu0_energy_j"]
    for name in draw(st.lists(st.sampled_from(faults), max_size=3)):
        FAULTS[name](time, value, draw(st.integers(5, ROWS - 5)), draw(st.integers(1, 7)))
    return column, list(zip(time, value, strict=True))


def printed(*arguments: str | Path) -> str:
    """What a command prints."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()), pytest.raises(SystemExit) as done:
        main([str(each) for each in arguments])
    assert done.value.code == 0, arguments
    return out.getvalue()


def results(*arguments: str | Path) -> Any:
    return json.loads(printed(*arguments, "--json"))["results"]


def last_j(text: str) -> float:
    """The last joules in the batches that OpenTelemetry prints."""
    batches = [json.loads(batch) for batch in text.replace("\n}\n{\n", "\n}\n\0{\n").split("\0")]
    metrics = [batch["resource_metrics"][0]["scope_metrics"][0]["metrics"][0] for batch in batches]
    energy = [metric for metric in metrics if metric["name"] == "hw.energy"]
    return float(energy[-1]["data"]["data_points"][-1]["value"])


def joules_by_command(table: Path, rows: Rows) -> dict[str, float]:
    """What each command makes of the table [J]."""
    folder = table.parent
    jobs = folder / "jobs.csv"
    jobs.write_text(f"name,begin,end\nj,{rows[0][0]},{rows[-1][0]}\n")
    printed("meter", "import", table, "--journal", folder / "run.wattline")
    printed("fleet", "ingest", table, "--out", folder / "fleet")
    energies = list(csv.DictReader(io.StringIO(printed("meter", "export", table, "--to", "csv"))))
    emissions = list(csv.DictReader(io.StringIO(printed("meter", "export", table, "--to", "emissions"))))
    counters = printed("meter", "export", table, "--to", "openmetrics").splitlines()
    streamed = printed("meter", "export", table, "--to", "otlp", "--endpoint", "console")
    compared = results("compare", EXAMPLE, table, "--draws", "0")["compared"]
    watt_hours = {
        "report": results("meter", "report", table)["energy_wh"]["value"],
        "report of the journal": results("meter", "report", folder / "run.wattline")["energy_wh"]["value"],
        "share": results("meter", "share", table, "--jobs", jobs)["energy_wh"]["value"],
        "bill": results("meter", "bill", table, "--region", "us", "--draws", "0")["parts"]["chip"]["energy_wh"]["p50"],
        "compare": compared["energy_wh"]["measured"]["p50"],
        "saving": results("saving", table, table)["before"]["energy_wh"]["value"],
        "fleet": results("fleet", "report", folder / "fleet")["energy_wh"]["value"],
        "csv": float(energies[-1]["energy_wh"]),
        "emissions": float(emissions[-1]["energy_consumed"]) * 1000,
    }
    total = [line for line in counters if line.startswith("wattline_energy_joules_total")][-1]
    return {name: 3600 * each for name, each in watt_hours.items()} | {
        "openmetrics": float(total.split()[-2]),
        "otlp": last_j(streamed),
    }


@settings(deadline=None, max_examples=5)
@given(tables())
def test_every_command_gives_the_same_joules_of_a_table(table: tuple[str, Rows]) -> None:
    column, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "readings.csv"
        path.write_text("\n".join([f"time,{column}", *(f"{at},{value!r}" for at, value in rows)]) + "\n")
        joules = joules_by_command(path, rows)
    # a journal keeps whole microwatts and microjoules, a fleet's joules are summed by the minute
    assert joules == pytest.approx(dict.fromkeys(joules, joules["report"]), rel=1e-7)
