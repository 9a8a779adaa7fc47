"""Replicas that come and go with the load: exact against a plain simulator, nothing lost, energy kept."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

from serve_by_hand import Job
from serve_by_hand_more import ScaledByHand
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.outcome import ServiceOutcome
from wattline.line.engine.simulator.pools import simulate_pools
from wattline.line.engine.simulator.power import (
    ReadyPower,
    chip_load,
    idle_energy_j,
    parts_by_bin,
    request_energy_j,
    server_load,
    start_energy_j,
)
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.scaling import READY, STARTING, STOPPED, FleetRecord, Scaling
from wattline.line.engine.simulator.simulate import Limits, Routing, Side, simulate
from wattline.line.engine.simulator.step_tables import Tables, tables
from wattline.line.work.model import load_model

STANDING = ReadyPower(70.0, 130.0, 80.0, 45.0)
STATES = {"stopped": STOPPED, "starting": STARTING, "ready": READY}


@cache
def _tables() -> Tables:
    model = load_model("llama-3.1-8b", catalog.default())
    return tables(setting(model, load_chip("h100-sxm", Draws(0)), 1, "bf16"), 64, 2048, 20_000)


@st.composite
def _case(draw: Any) -> dict[str, Any]:
    count = draw(st.integers(1, 60))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    gaps = rng.exponential(draw(st.sampled_from([0.0, 0.02, 0.3, 3.0])), count)
    gaps[rng.random(count) < 0.1] += draw(st.sampled_from([0.0, 5.0, 40.0]))  # lulls
    seqs = draw(st.integers(1, 8))
    most = draw(st.integers(1, 5))
    scaling = Scaling(
        draw(st.integers(0, most)), draw(st.sampled_from([0.5, 1.0, 3.0, 10.0])),
        draw(st.sampled_from([0.0, 0.7, 4.0])),
        draw(st.sampled_from([0.5, 1.0, 3.0])), draw(st.sampled_from([0.0, 2.0, 10.0])), draw(st.booleans()),
    )  # fmt: skip
    return {
        "limits": Limits(seqs, 256, 16, 200, 2),
        "arrival": gaps.cumsum() if draw(st.booleans()) else np.round(gaps.cumsum(), 0),  # some at checks
        "inputs": rng.integers(1, 1500, count),
        "outputs": rng.integers(1, 400, count),
        "replicas": most,
        "router": draw(st.sampled_from(["round-robin", "least-loaded"])),
        "scaling": scaling,
        "horizon_s": draw(st.sampled_from([0.0, 60.0])),
    }


def _run(case: dict[str, Any]) -> ServiceOutcome:
    side = Side(_tables(), case["limits"], Routing(case["replicas"], case["router"], scaling=case["scaling"]))
    return simulate(side, case["arrival"], case["inputs"], case["outputs"], horizon_s=case["horizon_s"])


@pytest.mark.long
@settings(max_examples=120)
@given(_case())
def test_agrees_with_the_plain_simulator_event_by_event(case: dict[str, Any]) -> None:
    result = _run(case)
    hand = ScaledByHand(_tables(), case["limits"], case["replicas"], case["scaling"], case["router"])
    rows = zip(case["arrival"], case["inputs"], case["outputs"], strict=True)
    jobs = [Job(i, float(a), int(x), int(y)) for i, (a, x, y) in enumerate(rows)]
    hand.serve(jobs, case["horizon_s"])
    np.testing.assert_array_equal(result.replica, [job.replica for job in jobs])
    np.testing.assert_allclose(result.first_s, [job.first for job in jobs], rtol=1e-9)
    np.testing.assert_allclose(result.end_s, [job.end for job in jobs], rtol=1e-9)
    np.testing.assert_allclose(result.energy_j, [job.energy for job in jobs], rtol=1e-7)
    record = result.pools[0].record
    assert record is not None
    made = sorted(zip(record.replica, record.state, record.since_s, strict=True), key=lambda each: (each[0], each[2]))
    wanted = sorted(((r, STATES[s], t) for r, s, t in hand.log), key=lambda each: (each[0], each[2]))
    assert [each[0] for each in made] == [each[0] for each in wanted]
    np.testing.assert_allclose([each[2] for each in made], [each[2] for each in wanted], rtol=1e-9)
    assert sorted(each[1] for each in made) == sorted(each[1] for each in wanted)


@given(_case())
def test_nothing_is_lost_and_energy_is_kept(case: dict[str, Any]) -> None:
    result, scaling = _run(case), case["scaling"]
    np.testing.assert_array_equal(result.tokens, case["outputs"])
    assert result.totals["tokens"].sum() == case["outputs"].sum()
    assert (result.begun_s >= case["arrival"]).all()
    assert (result.totals["peak_blocks"] <= case["limits"].blocks).all()
    parts = parts_by_bin(result)
    assert (parts["ready_s"] - parts["busy_s"] >= -1e-6).all()
    if not scaling.off:
        assert parts["on"].sum() == pytest.approx(case["replicas"] * result.horizon_s, rel=1e-9)
    whole = (
        request_energy_j(result, STANDING).sum() + idle_energy_j(result, STANDING) + start_energy_j(result, STANDING)
    )
    assert float(server_load(result, STANDING).energy_j.sum()) == pytest.approx(whole, rel=1e-9)
    assert float(chip_load(result, STANDING).energy_j[:2].sum()) == pytest.approx(result.energy_j.sum(), rel=1e-9)
    # each step lies within a stretch in which its replica was ready
    record = result.pools[0].record
    assert record is not None
    for r in range(case["replicas"]):
        own = FleetRecord(*(list(x) for x in zip(*[e for e in _entries(record) if e[0] == r], strict=True)))
        ready = own.seconds(READY, result.edges_s)
        assert (result.bins[r, :, 1] <= ready + 1e-6).all()


def _entries(record: FleetRecord) -> list[tuple[int, int, float]]:
    return list(zip(record.replica, record.state, record.since_s, strict=True))


def _wave() -> dict[str, Any]:
    """A quarter of an hour with little, one with much, one with little."""
    rng = np.random.default_rng(2)
    gaps = np.concatenate([rng.exponential(1 / rate, int(900 * rate)) for rate in (1.0, 25.0, 1.0)])
    n = len(gaps)
    return {
        "limits": Limits(64, 2048, 16, 20_000, 200), "arrival": gaps.cumsum(), "inputs": rng.integers(100, 2000, n),
        "outputs": rng.integers(50, 300, n), "replicas": 6, "router": "least-loaded", "horizon_s": 2700.0,
        "scaling": Scaling(1, 12.0, 60.0),
    }  # fmt: skip


def test_replicas_follow_the_load_and_save_energy() -> None:
    case = _wave()
    scaled, fixed = _run(case), _run(case | {"scaling": None})
    ready = parts_by_bin(scaled)["ready_s"] / np.diff(scaled.edges_s)
    third = len(ready) // 3
    assert ready[: third // 2].max() == 1.0
    assert ready[third : 2 * third].max() >= 3.0
    assert ready[-third // 4 :].max() < ready[third : 2 * third].max()
    energy = [float(server_load(x, STANDING).energy_j.sum()) for x in (scaled, fixed)]
    assert energy[0] < 0.8 * energy[1]
    kept = _run(case | {"scaling": Scaling(1, 12.0, 60.0, off=False)})
    assert energy[0] < float(server_load(kept, STANDING).energy_j.sum())
    assert np.percentile(scaled.ttft_s, 99) > np.percentile(fixed.ttft_s, 99)


def test_from_none() -> None:
    case = _wave() | {"arrival": np.array([10.0, 500.0]), "inputs": [50, 50], "outputs": [5, 5], "horizon_s": 600.0}
    result = _run(case | {"scaling": Scaling(0, 12.0, 20.0, down_after_s=60.0)})
    np.testing.assert_allclose(result.begun_s, [30.0, 520.0])
    assert result.pools[0].record is not None
    assert result.pools[0].record.changes(STARTING, 600.0) == 2
    assert result.pools[0].record.most(READY, 600.0) == 1
    three = FleetRecord([0, 1, 2, 0], [READY, READY, READY, STOPPED], [0.0, 0.0, 5.0, 5.0])
    assert three.most(READY, 9.0) == 2


def test_a_decode_pool_scales_and_bins_of_both_pools_agree() -> None:
    case = _wave()
    result = simulate_pools(
        Side(_tables(), case["limits"], Routing(2, "least-loaded")),
        Side(_tables(), case["limits"], Routing(4, "least-loaded", scaling=case["scaling"])),
        case["arrival"], case["inputs"], case["outputs"], 0.02, horizon_s=2700.0,
    )  # fmt: skip
    np.testing.assert_array_equal(result.tokens, case["outputs"])
    whole = (
        request_energy_j(result, STANDING).sum() + idle_energy_j(result, STANDING) + start_energy_j(result, STANDING)
    )
    assert float(server_load(result, STANDING).energy_j.sum()) == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(
    ("scaling", "says"),
    [
        (Scaling(7, 5.0, 1.0), "scale-from"),
        (Scaling(-1, 5.0, 1.0), "scale-from"),
        (Scaling(1, 0.0, 1.0), "scale-target"),
        (Scaling(1, 5.0, -1.0), "start-up"),
        (Scaling(1, 5.0, 1.0, interval_s=0.0), "scale-interval"),
        (Scaling(1, 5.0, 1.0, interval_s=1e-9), "scale-interval"),
        (Scaling(1, 5.0, 1.0, down_after_s=-1.0), "scale-down-after"),
        (Scaling(1, 5.0), "start-up"),
        (Scaling(0, 5.0, 1e30), "start-up"),
    ],
)
def test_a_policy_of_no_sense(scaling: Scaling, says: str) -> None:
    with pytest.raises(WattlineError, match=says):
        _run(_wave() | {"scaling": scaling})
