"""Encoders and speech under traffic: batches that form, queues, replicas, watts and joules; exact cases and laws."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.engine.batching import poisson_queue, serve_batches


@pytest.mark.parametrize(("arrivals", "work", "replicas", "wait", "begun", "sizes"), [
    # one at a time: each begins when the one before it ends
    ((0.0, 0.1, 0.2), (0.0, 1.0), 1, 0.0, (0.0, 1.0, 2.0), (1, 1, 1)),
    # a free replica takes what waits: the first alone, then both that came meanwhile
    ((0.0, 0.1, 0.2), (0.0, 1.0, 1.5), 1, 0.0, (0.0, 1.0, 1.0), (1, 2)),
    ((0.0, 0.1, 0.2), (0.0, 1.0), 2, 0.0, (0.0, 0.1, 1.0), (1, 1, 1)),
    # a batch that waits 0.3 s to fill begins then, or as soon as it is full
    ((0.0, 0.1, 5.0), (0.0, 1.0, 1.5, 2.0), 1, 0.3, (0.3, 0.3, 5.3), (2, 1)),
    ((0.0, 0.1, 0.2, 9.0), (0.0, 1.0, 1.5, 2.0), 1, 0.3, (0.2, 0.2, 0.2, 9.3), (3, 1)),
    ((0.0, 0.1, 0.2), (0.0, 1.0, 1.5), 1, 0.5, (0.1, 0.1, 1.6), (2, 1)),
])  # fmt: skip
def test_batches_form_as_worked_out_by_hand(
    arrivals: Any, work: Any, replicas: int, wait: float, begun: Any, sizes: Any
) -> None:
    queue = serve_batches(np.array(arrivals), np.array(work), replicas, wait)
    assert queue.begun_s == pytest.approx(begun)
    assert tuple(queue.sizes) == sizes
    ends = np.repeat(np.array(work)[queue.sizes], queue.sizes)
    assert queue.done_s == pytest.approx(queue.begun_s + ends)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.8])
def test_batches_of_one_are_the_queue_m_d_1(load: float) -> None:
    """Poisson arrivals, one server, work of one length: the mean wait is load / (2 (1 - load)) times the work."""
    arrivals = np.cumsum(np.random.default_rng(1).exponential(size=200_000)) / load
    queue = serve_batches(arrivals, np.array([0.0, 1.0]), 1)
    assert np.mean(queue.begun_s - arrivals) == pytest.approx(load / (2 * (1 - load)), rel=0.05)
    assert poisson_queue(load, np.array([0.0, 1.0]), 1).wait_s == pytest.approx(load / (2 * (1 - load)), rel=0.15)


@pytest.mark.parametrize("load", [0.5, 2.0])
def test_batches_that_hold_all_that_waits_are_as_the_formula_says(load: float) -> None:
    """Work of one length however many: who comes in a batch waits half of it on average, who finds none waits not."""
    work = np.ones(101)
    work[0] = 0.0
    busy = 1 / (1 + np.exp(-load) / load)
    assert poisson_queue(load, work, 1).wait_s == pytest.approx(busy / 2, rel=0.05)


@given(
    gaps=st.lists(st.floats(0, 2), min_size=1, max_size=60), replicas=st.integers(1, 4), most=st.integers(1, 6),
    wait=st.sampled_from([0.0, 0.5]), more=st.floats(0, 0.5),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_every_item_is_served_once_in_order_and_no_replica_twice_at_a_time(
    gaps: list[float], replicas: int, most: int, wait: float, more: float
) -> None:
    arrivals, work = np.cumsum(gaps), np.append(0.0, 1 + more * np.arange(most))
    queue = serve_batches(arrivals, work, replicas, wait)
    assert queue.sizes.sum() == len(arrivals)
    assert queue.sizes.max() <= most
    assert np.all(queue.begun_s >= arrivals)
    assert np.all(np.diff(queue.begun_s) >= 0)
    first = np.cumsum(queue.sizes) - queue.sizes
    begin, end = queue.begun_s[first], queue.done_s[first]
    assert all(np.sum((begin <= at) & (at < end)) <= replicas for at in begin)


def served(rate: str, model: str = "bge-m3", chip: str = "l4", **more: Any) -> dict[str, float]:
    answer = wl.embed(model, chip, rate=rate, document_tokens=512, draws=0, **more)
    known = {name: float(np.median(value)) for name, value in answer.quantities.items()}
    return known | {"replicas": answer.json()["inputs"]["replicas"], "duration_s": float(answer.duration_s)}


@given(rate=st.floats(1, 300), replicas=st.integers(8, 12), batch=st.sampled_from([1, 8, 64]))
@settings(max_examples=15, deadline=None)
def test_energy_is_that_of_work_and_idle_and_more_traffic_takes_less_each(
    rate: float, replicas: int, batch: int
) -> None:
    known = served(f"{rate}/s", replicas=replicas, batch=batch)
    assert known["service_w"] == pytest.approx(known["energy_j"] / known["duration_s"])
    assert known["service_w"] == pytest.approx(known["joules_per_request"] * rate, rel=1e-6)
    assert known["service_w"] > known["service_idle_w"]
    assert known["utilisation"] * replicas * known["mean_batch"] == pytest.approx(
        rate * known["batch_latency_s"], rel=1e-6
    )
    assert known["latency_p50_s"] <= known["latency_p95_s"]
    fuller = served(f"{rate * 1.2}/s", replicas=replicas, batch=batch)
    assert fuller["joules_per_request"] < known["joules_per_request"]


@pytest.mark.parametrize("model", ["bge-m3", "bge-reranker-v2-m3"])
def test_a_request_alone_takes_the_time_of_a_batch_of_one(model: str) -> None:
    """As the rate falls there is no queue, and the service's watts are those of idle chips."""
    alone = wl.embed(model, "l4", document_tokens=512, batch=1, draws=0).range("batch_latency_s").p50
    known = served("1/h", model)
    assert known["latency_p50_s"] == known["latency_p95_s"] == pytest.approx(alone)
    assert known["queue_s"] == pytest.approx(0.0, abs=1e-9)
    assert known["service_w"] == pytest.approx(known["service_idle_w"], rel=1e-3)
    waited = served("1/h", model, batch_wait="20 ms")
    assert waited["latency_p50_s"] == pytest.approx(alone + 0.02)


def late(replicas: int) -> float:
    """The 95th percentile of so many replicas; longer than any where they do not keep up."""
    try:
        return served("150/s", replicas=replicas)["latency_p95_s"]
    except WattlineError:
        return float("inf")


def test_the_fewest_replicas_keep_the_latency_and_fewer_do_not() -> None:
    counts = []
    for slo in ("26 ms", "40 ms", "200 ms"):
        known = served("150/s", slo_latency=slo)
        limit_s = float(slo.split()[0]) / 1000
        assert known["latency_p95_s"] <= limit_s
        counts.append(int(known["replicas"]))
        if counts[-1] > 1:
            assert late(counts[-1] - 1) > limit_s
    assert all(fewer <= more for more, fewer in pairwise(counts))


def test_a_batch_that_waits_is_fuller_and_takes_fewer_joules_and_more_time() -> None:
    soon, late = served("40/s"), served("40/s", batch_wait="100 ms")
    assert late["mean_batch"] > soon["mean_batch"]
    assert late["latency_p50_s"] > soon["latency_p50_s"]
    assert served("40/s", max_batch_tokens=512)["mean_batch"] == 1


def test_recordings_come_in_pieces_and_a_longer_one_takes_more() -> None:
    short, long = (
        wl.transcribe("whisper-turbo", "l4", rate="1/s", clip=clip, draws=0, replicas=4) for clip in ("30 s", "3 min")
    )
    assert long.range("joules_per_request").p50 > short.range("joules_per_request").p50
    assert long.range("latency_p50_s").p50 > short.range("latency_p50_s").p50
    assert long.json()["inputs"]["clip_s"] == 180
    assert long.range("speech_hours_per_h").p50 == pytest.approx(180, rel=1e-6)


@pytest.mark.parametrize(("more", "why"), [
    ({"replicas": 2}, "replicas: give --rate"), ({"slo_latency": "1 s"}, "slo-latency: give --rate"),
    ({"batch_wait": "5 ms"}, "batch-wait: give --rate"), ({"rate": "9/s", "gpus": 2}, "gpus: under traffic"),
    ({"rate": "9/s", "active": 0.5}, "active: the traffic decides"), ({"rate": "often"}, "rate"),
    ({"rate": "5000/s", "replicas": 1}, "replicas: 1 answer .* or more keep up"),
    ({"rate": "9/s", "slo_latency": "1 ms"}, "slo-latency: no number of replicas keeps"),
    ({"rate": "9/s", "batch_wait": "-1 s"}, "batch-wait"),
    ({"max_batch_tokens": 100}, "max-batch-tokens: 100 hold no document"),
    ({"rate": "90000/s", "batch": 1}, "rate: it takes .* replicas"),
])  # fmt: skip
def test_traffic_that_makes_no_sense_is_refused(more: dict[str, Any], why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        wl.embed("bge-m3", "l4", document_tokens=512, draws=0, **more)


def test_a_scenario_s_jobs_take_the_same_traffic(tmp_path: Path) -> None:
    head = '[[job]]\nchip = "l4"\nrate = "40/s"\nslo_latency = "2 s"\n'
    text = (
        f'title = "Two"\n{head}name = "a"\nkind = "embed"\nmodel = "bge-m3"\nbatch_wait = "5 ms"\n'
        f'max_batch_tokens = 8192\n{head}name = "b"\nkind = "transcribe"\nmodel = "whisper-turbo"\nclip = "1 min"\n'
    )
    (tmp_path / "two.toml").write_text(text, encoding="utf-8")
    jobs = wl.run(tmp_path / "two.toml", draws=200).json()["results"]["jobs"]
    assert jobs[0]["inputs"]["batch_wait_s"] == 0.005
    assert jobs[1]["inputs"]["clip_s"] == 60
    assert all(job["results"]["latency_p95_s"]["p50"] <= 2.2 for job in jobs)
