"""Images and video under traffic: queues, replicas, batches, and what is refused."""

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

SHORT: dict[str, Any] = {"steps": 10, "draws": 0}


def results(rate: str, **more: Any) -> dict[str, float]:
    answer = wl.image("flux.1-dev", "h100-sxm", rate=rate, **SHORT, **more)
    known = {name: float(np.median(answer.quantities[name])) for name in ("utilisation", "queue_s", "latency_p95_s")}
    return known | {"energy_wh": answer.range("energy_wh").p50, "batch_s": answer.range("batch_latency_s").p50}


def test_one_replica_waits_as_the_formula_of_queues_says() -> None:
    """Poisson arrivals, one server, work of one length: the mean wait is load / (2 (1 - load)) times the work."""
    work = results("1/day", replicas=1)["batch_s"]
    for load in (0.35, 0.6, 0.78):
        known = results(f"{load / work:.9f}/s", replicas=1)
        assert known["utilisation"] == pytest.approx(load, rel=1e-6)
        assert known["queue_s"] == pytest.approx(load / (2 * (1 - load)) * work, rel=0.12)


@given(load=st.floats(0.1, 0.9), replicas=st.sampled_from([1, 2, 5, 20]))
@settings(max_examples=15, deadline=None)
def test_what_waits_takes_longer_than_its_work_and_idle_chips_cost(load: float, replicas: int) -> None:
    work = results("1/day", replicas=1)["batch_s"]
    known = results(f"{load * replicas / work:.9f}/s", replicas=replicas)
    fuller = results(f"{min(load * 1.1, 0.95) * replicas / work:.9f}/s", replicas=replicas)
    assert known["latency_p95_s"] >= known["batch_s"] * (1 - 1e-9)
    assert known["queue_s"] >= 0
    assert fuller["energy_wh"] < known["energy_wh"]
    assert fuller["queue_s"] >= known["queue_s"] - 1e-9


def test_more_replicas_wait_less_and_take_more() -> None:
    known = [results("0.4/s", replicas=count) for count in (3, 4, 6, 10)]
    assert all(more["queue_s"] <= fewer["queue_s"] for fewer, more in pairwise(known))
    assert all(more["energy_wh"] > fewer["energy_wh"] for fewer, more in pairwise(known))


def test_replicas_are_those_that_keep_up_and_the_service_adds_up() -> None:
    answer = wl.video("wan-2.1-1.3b", "h100-sxm", seconds=2, rate="30/h", draws=0)
    inputs, quantities = answer.json()["inputs"], answer.quantities
    assert inputs["replicas"] >= 1
    assert float(quantities["utilisation"]) <= 0.8 + 1e-9
    assert float(quantities["service_w"]) == pytest.approx(float(answer.energy_j) * 30 / 3600)


@pytest.mark.parametrize(("given_values", "why"), [
    ({"replicas": 2}, "replicas: give --rate"), ({"rate": "1/s", "active": 0.5}, "active: the traffic decides"),
    ({"rate": "5/s", "replicas": 1}, r"replicas: 1 make .* or more keep up"), ({"rate": "-1/s"}, "rate"),
    ({"rate": "1/s", "replicas": 1.5}, "replicas: 1.5 is not a whole number"), ({"rate": "often"}, "rate"),
    ({"rate": "90000/s"}, "rate: it takes"),
])  # fmt: skip
def test_traffic_that_makes_no_sense_is_refused(given_values: dict[str, Any], why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        wl.image("flux.1-dev", "h100-sxm", **SHORT, **given_values)
    with pytest.raises(WattlineError, match="rate: the time that dall-e-3 takes was never published"):
        wl.image("dall-e-3", rate="1/s", draws=200)


def test_a_scenario_s_jobs_take_traffic_and_makers_that_never_published(tmp_path: Path) -> None:
    head = '[[job]]\nkind = "image"\nchip = "h100-sxm"\n'
    served, traffic = 'name = "a"\nmodel = "dall-e-3"\n', 'model = "flux.1-dev"\nrate = "0.2/s"\nreplicas = 4\n'
    text = f'title = "Two"\n{head}{served}{head}name = "b"\n{traffic}'
    (tmp_path / "two.toml").write_text(text, encoding="utf-8")
    jobs = wl.run(tmp_path / "two.toml", draws=200).json()["results"]["jobs"]
    assert "was never published" in jobs[0]["results"]["title"]
    assert jobs[1]["inputs"]["replicas"] == 4
    alone = wl.image("flux.1-dev", "h100-sxm", rate="0.2/s", replicas=4, draws=200).range("energy_wh").p50
    assert jobs[1]["results"]["energy_wh"]["p50"] == pytest.approx(alone, rel=0.05)
