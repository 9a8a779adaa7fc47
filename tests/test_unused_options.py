"""No option is ignored silently: given beside others it changes the answer, or is refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from wattline.cli.main import app, main

LINES = {
    "serve": "serve llama-3.1-8b --rate 5/s --duration 20s --draws 5",
    "serve-average": "serve-average llama-3.1-8b --rate 1M/day --draws 5",
    "prompt": "prompt llama-3.1-8b --draws 5",
    "train": "train llama-3.1-8b --tokens 1T --chip h100-sxm --chips 64 --draws 5",
    "traffic": "traffic --rate 5/s --duration 60s",
    "traffic of a file": "traffic TRACE",
}
# a value of each option that is another than its default
VALUES = {
    "--active": "0.5", "--batch": "4", "--batch-tokens": "1M", "--block-size": "32", "--carbon": "50 g/kWh",
    "--carbon-kind": "marginal", "--cells": "2", "--chip": "a100-sxm-80gb", "--chips": "128",
    "--columns": "time,input,other", "--contracts": "60%", "--cooling": "liquid", "--cv": "2",
    "--data-parallel": "2", "--days": "3", "--draws": "7", "--duration": "30s",
    "--electricity-price": "0.5 USD/kWh", "--embodied": "off", "--engine": "sglang", "--gpus": "2",
    "--hours": "2000", "--input": "100", "--instance": "p5.48xlarge", "--lengths": "code",
    "--max-num-batched-tokens": "512", "--max-num-seqs": "2", "--mfu": "0.4", "--output": "50", "--place": "Dublin",
    "--power-cap": "400 W", "--precision": "fp8", "--prefill-gpus": "1", "--prefill-replicas": "1",
    "--prefix-cache": "0.5", "--pue": "1.5", "--rate": "9/s", "--region": "fr", "--repeat": "2", "--replicas": "2",
    "--requests": "50", "--residual": "600 g/kWh", "--router": "least-loaded", "--scale-down-after": "2 min",
    "--scale-from": "1", "--scale-interval": "20 s", "--scale-rate": "2", "--scale-target": "4",
    "--scaled-down": "idle", "--seed": "3", "--sequence": "2048", "--shape": "day", "--share": "0.5",
    "--site": "colocation", "--slo-share": "0.9", "--slo-tpot": "50ms", "--slo-ttft": "1s",
    "--start": "2023-03-01T08:00Z", "--start-hour": "5", "--start-up": "1 min", "--states": "10/s:60s,100/s:5s",
    "--time-unit": "ms", "--time-zone": "Europe/Berlin", "--times": "2", "--tokens": "2T",
    "--transfer-bandwidth": "100 Gbit/s", "--watts": "900", "--where": "output=10",
}  # fmt: skip
# where it goes to, in which form, and files that tests of their own give
OTHERS = {
    "--json",
    "--explain",
    "--out",
    "--save",
    "--facts",
    "--config",
    "--weather",
    "--price",
    "--carbon-url",
    "--trace",
}
# a target changes the number of replicas, of which one is enough here, and what counts as good
JUDGE = {"--slo-ttft", "--slo-tpot"}
TRACE = "time,input,output,other\n0,100,10,3\n1.5,200,20,4\n3,50,30,5\n4,70,10,6\n"


def options(line: str) -> list[Any]:
    command = get_command(app).commands[line.split()[0]]  # type: ignore[attr-defined]
    return [p for p in command.params if p.param_type_name == "option" and max(p.opts, key=len) not in OTHERS]


def answer(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Exit status, what is answered without what was asked, and the error."""
    with pytest.raises(SystemExit) as stop:
        main([*words, "--json"])
    printed = capsys.readouterr()
    if stop.value.code:
        return int(stop.value.code), "", printed.err
    message = json.loads(printed.out)
    return 0, json.dumps({name: message[name] for name in ("results", "command")}), printed.err


@pytest.mark.parametrize("name", LINES)
def test_an_option_changes_the_answer_or_is_refused(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if name == "serve":
        pytest.importorskip("numba")
    (tmp_path / "trace.csv").write_text(TRACE)
    words = [str(tmp_path / "trace.csv") if word == "TRACE" else word for word in LINES[name].split()]
    status, base, error = answer(words, capsys)
    assert status == 0, error
    ignored = []
    for parameter in options(LINES[name]):
        flag = max(parameter.opts, key=len)
        is_flag = getattr(parameter, "is_flag", False)
        if not is_flag and flag not in VALUES:
            continue
        more = [flag] if is_flag else [flag, VALUES[flag]]
        status, changed, error = answer([*words, *more], capsys)
        assert status in (0, 2), error
        if status == 0 and changed == base and flag not in JUDGE:
            ignored.append(flag)
    assert not ignored


def test_a_size_of_blocks_is_of_a_trace_that_has_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"timestamp": 1000 * i, "input_length": 96, "output_length": 5, "hash_ids": [1, 2, i]} for i in range(9)]
    trace = tmp_path / "trace.jsonl"
    trace.write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "plain.csv").write_text(TRACE)
    shares = []
    for more in ([], ["--block-size", "64"]):
        with pytest.raises(SystemExit):
            main(["traffic", str(trace), "--json", *more])
        shares.append(json.loads(capsys.readouterr().out)["results"]["repeated_prefix_share"])
    assert shares[0] != shares[1]
    assert answer(["traffic", str(tmp_path / "plain.csv"), "--block-size", "64"], capsys)[2].count("prefix hashes") == 1
