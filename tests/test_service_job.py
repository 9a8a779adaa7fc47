"""Scenario jobs of kind ``service``: traffic of a day made, and served request by request; cells alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.work.traffic.generator import poisson
from wattline.line.work.traffic.lengths import fixed_lengths
from wattline.line.work.traffic.trace import Traffic
from wattline.scenario.run import run

pytest.importorskip("numba", reason="Numba is not installed: the simulator cannot run")

from wattline.predict.service.replicas import busiest, fewest, fewest_replicas
from wattline.predict.service.result import Target
from wattline.predict.service.simulate import serve
from wattline.predict.setup import Setup

JOB = """
[[job]]
name = "chat"
kind = "serve"
model = "llama-3.1-8b"
chip = "h100-sxm"
gpus = 1
rate = "30/s"
duration = "5 min"
site = "hyperscale"
region = "us"
"""


def scenario(tmp_path: Path, more: str) -> Path:
    path = tmp_path / "s.toml"
    path.write_text(JOB + more)
    return path


@pytest.mark.long
def test_the_fewest_replicas_keep_the_target_and_one_fewer_do_not() -> None:
    traffic = poisson(40.0, fixed_lengths(1000, 200), 1, duration_s=120.0)
    setup, target = Setup(gpus=1, router="least-loaded"), Target(1.0, 0.02)
    result = fewest_replicas("llama-3.1-8b", traffic, setup, target, 0.99, Draws(0))

    def share(count: int) -> float:
        single = serve("llama-3.1-8b", traffic, setup, replicas=count, slo_ttft=1.0, slo_tpot=0.02, draws=0)
        return float(single.target.met(single.served).mean())

    assert result > 1
    assert share(result) >= 0.99 > share(result - 1)
    whole = serve("llama-3.1-8b", traffic, setup, replicas="fewest", slo_ttft=1.0, slo_tpot=0.02, draws=0)
    assert whole.answer.inputs["replicas"] == result


@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 40))
def test_the_fewest_of_anything_is_found(least: int, first: int, stride: int) -> None:
    def search() -> Iterator[int | None]:
        """The counts that are tried, each answered, and what comes out."""
        tries = fewest(first, stride, 300)
        count = next(tries)
        while True:
            yield count
            try:
                count = tries.send(count >= least)
            except StopIteration as end:
                yield end.value
                return

    *tried, result = search()
    assert result == least
    assert len(tried) <= 24


def test_a_target_that_no_replicas_keep_is_told_in_one_line() -> None:
    traffic = poisson(5.0, fixed_lengths(1000, 200), 1, duration_s=60.0)
    with pytest.raises(WattlineError, match="more do not help") as failed:
        fewest_replicas("llama-3.1-8b", traffic, Setup(gpus=1), Target(None, 0.001), 0.99, Draws(0))
    assert "\n" not in str(failed.value)
    with pytest.raises(WattlineError, match="needs a target"):
        fewest_replicas("llama-3.1-8b", traffic, Setup(gpus=1), Target(), 0.99, Draws(0))


def test_cells_alike_make_a_service_so_many_times_as_large(tmp_path: Path) -> None:
    single = run(scenario(tmp_path, "replicas = 2\n"), draws=50).answers[0]
    text = JOB.replace('"30/s"', '"300/s"') + "replicas = 2\ncells = 10\n"
    (tmp_path / "ten.toml").write_text(text)
    ten_cells = run(tmp_path / "ten.toml", draws=50).answers[0]
    assert ten_cells.bill.energy_j == pytest.approx(10 * single.bill.energy_j)
    assert ten_cells.load.energy_j == pytest.approx(10 * single.load.energy_j)
    for name in ("energy_wh_per_request", "joules_per_output_token"):
        assert ten_cells.quantities[name] == pytest.approx(single.quantities[name])
    for name in ("requests", "accelerators"):
        assert ten_cells.quantities[name] == pytest.approx(10 * single.quantities[name])
    first, tenth = (answer.more["simulated"]["request_ttft_s"]["p50"] for answer in (single, ten_cells))
    assert tenth == pytest.approx(first)


def test_replicas_that_come_and_go_take_less(tmp_path: Path) -> None:
    kept = run(scenario(tmp_path, "replicas = 8\n"), draws=0).answers[0]
    scaled = run(
        scenario(tmp_path, 'replicas = 8\nscale_from = 1\nscale_target = 24.0\nstart_up = "30 s"\n'), draws=0
    ).answers[0]
    assert float(scaled.bill.energy_j) < 0.9 * float(kept.bill.energy_j)
    assert float(scaled.quantities["requests"]) == float(kept.quantities["requests"])


def test_the_example_of_200_million_requests_a_day(tmp_path: Path) -> None:
    """Its jobs in cells so small that one has a few thousand requests: what is the same at any size holds."""
    text = (Path(__file__).parents[1] / "examples" / "200_million_a_day.toml").read_text(encoding="utf-8")
    small = re.sub(r"cells = \d+", "cells = 30_000.0", text)
    assert small.count("cells = 30_000.0") == text.count("[[job]]") == 7
    path = tmp_path / "day.toml"
    path.write_text(small)
    result = run(path, draws=20)
    for answer in result.answers:
        assert float(answer.quantities["requests"]) == pytest.approx(200e6, rel=0.1)
        assert np.mean(np.asarray(answer.more["simulated"]["latency_curves"]["request_ttft_s"]) <= 2.0) > 0.97
    each = {a.name: float(np.median(a.quantities["energy_wh_per_request"])) for a in result.answers}
    assert each["llama-3.1-8b on h100-sxm"] < each["llama-3.1-70b on h100-sxm"] < each["llama-3.1-405b on h200-sxm"]


def test_the_busiest_stretch() -> None:
    arrival = np.concatenate([np.arange(0, 100, 10.0), np.arange(100, 200, 1.0), np.arange(200, 400, 10.0)])
    ones = np.ones(len(arrival), np.int64)
    result = busiest(Traffic(arrival, ones, ones, duration_s=400.0), 100.0)
    assert len(result) == 100
    assert result.arrival_s[0] == 0.0
    assert result.duration_s == 100.0


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("replicas = 0\n", "replicas"),
        ('replicas = "most"\n', "replicas"),
        ('replicas = "fewest"\n', "needs a target"),
        ("replicas = 1\ninput = 5\n", "give both"),
        ('replicas = 1\nshape = "month"\n', "shape"),
        ("replicas = 1\ncells = 0.5\n", "cells"),
        ("replicas = 1\ncell = 5\n", "nearest: cells"),
        ('replicas = 1\nlengths = "poems"\n', "poems"),
        ('replicas = 1\nprefill_gpus = "x"\n', "prefill"),
        ("replicas = 1\nscale_target = 5\n", "scale-from"),
        ("replicas = 1\nprefix_cache = 0.3\n", "prefix hashes"),
        ('replicas = 1\nplace = "Nowheretown"\n', "unknown place"),
    ],
)
def test_bad_jobs_are_told_in_one_line(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message) as failed:
        run(scenario(tmp_path, more), draws=0)
    assert "\n" not in str(failed.value)


def test_a_job_of_the_frontier_is_its_best_set_up(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(
        '[[job]]\nname = "chat"\nkind = "frontier"\nmodel = "llama-3.1-8b"\nrate = "20/s"\nduration = "20 s"\n'
        'chip = "h100-sxm"\nprecision = ["bf16", "fp8"]\ngpus = 1\npower_cap = "none"\nmax_num_seqs = [64]\n'
        'max_num_batched_tokens = 2048\npools = "together"\nslo_tpot = "50 ms"\nregion = "fr"\n'
    )
    worked = run(path, draws=20)
    answer = worked.answers[0]
    assert answer.inputs["precision"] == "fp8"
    assert answer.inputs["region"] == "fr"
    assert any(note.startswith("least energy: 1 × 1 × h100-sxm fp8") for note in answer.notes)
    assert worked.json()["results"]["jobs"][0]["command"] == "serve"
    path.write_text(path.read_text().replace('slo_tpot = "50 ms"\n', ""))
    with pytest.raises(WattlineError, match="give the latency to meet"):
        run(path, draws=0)
