"""Pools for prefill and decode: exact against the plain simulator, nothing lost, energy kept, limits kept."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

from serve_by_hand_more import pools_by_hand
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.pools import peak_waiting, simulate_pools
from wattline.line.engine.simulator.power import ReadyPower, chip_load, idle_energy_j, request_energy_j, server_load
from wattline.line.engine.simulator.replica import setting
from wattline.line.engine.simulator.scaling import Scaling
from wattline.line.engine.simulator.simulate import Limits, Routing, Side, simulate
from wattline.line.engine.simulator.step_tables import Tables, tables
from wattline.line.work.model import load_model

STANDING = ReadyPower(70.0, 130.0, 80.0, 45.0)


@cache
def _tables(chips: int) -> Tables:
    model = load_model("llama-3.1-8b", catalog.default())
    return tables(setting(model, load_chip("h100-sxm", Draws(0)), chips, "bf16"), 64, 2048, 20_000)


@st.composite
def _case(draw: Any) -> dict[str, Any]:
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seqs, blocks, read_blocks = (
        draw(st.integers(1, 12)), draw(st.sampled_from([20, 40, 80, 2000])), draw(st.sampled_from([20, 60, 2000]))
    )  # fmt: skip
    most = 16 * min(blocks, read_blocks)
    inputs = rng.integers(1, max(2, int(0.7 * most)), count).clip(1, 3000)
    if draw(st.booleans()):
        inputs = (inputs // 16 + 1) * 16  # whole blocks: the next token takes another
    outputs = np.minimum(rng.integers(1, draw(st.sampled_from([2, 60, 300])), count), 16 * blocks - inputs + 1)
    gaps = rng.exponential(draw(st.sampled_from([0.0, 0.01, 0.3, 3.0])), count)
    budget = draw(st.integers(seqs, 600))
    return {
        "read": Limits(seqs, budget, 16, read_blocks, draw(st.integers(0, 3))),
        "made": Limits(seqs, budget, 16, blocks, draw(st.integers(0, 3))),
        "chips": draw(st.sampled_from([1, 2])),
        "arrival": gaps.cumsum(),
        "inputs": inputs,
        "outputs": np.maximum(outputs, 1),
        "sends": rng.exponential(draw(st.sampled_from([1e-4, 0.05, 2.0])), count) * draw(st.sampled_from([0, 1, 1])),
        "readers": draw(st.integers(1, 3)),
        "replicas": draw(st.integers(1, 3)),
        "router": draw(st.sampled_from(["round-robin", "least-loaded"])),
    }


def _run(case: dict[str, Any], scaling: Scaling | None = None) -> Any:
    return simulate_pools(
        Side(_tables(case["chips"]), case["read"], Routing(case["readers"], case["router"])),
        Side(_tables(1), case["made"], Routing(case["replicas"], case["router"], scaling=scaling)),
        case["arrival"], case["inputs"], case["outputs"], case["sends"],
    )  # fmt: skip


@pytest.mark.long
@settings(max_examples=100)
@given(_case())
def test_agrees_with_the_plain_simulator_event_by_event(case: dict[str, Any]) -> None:
    result = _run(case)
    plain = (_tables(case["chips"]), case["read"]), (_tables(1), case["made"])
    first, then, readers, makers = pools_by_hand(*plain, case, case["sends"])
    more = case["outputs"] > 1
    np.testing.assert_array_equal(result.replica, [job.replica for job in first])
    np.testing.assert_allclose(result.first_s, [job.first for job in first], rtol=1e-9)
    np.testing.assert_allclose(result.sent_s[more], np.array([job.sent for job in first])[more], rtol=1e-9)
    np.testing.assert_allclose(result.resumed_s[more], np.array([job.resumed for job in then])[more], rtol=1e-9)
    np.testing.assert_array_equal(result.decoder[more], np.array([job.replica for job in then])[more])
    np.testing.assert_allclose(result.end_s, [job.end for job in then], rtol=1e-9)
    energy = [a.energy + (b.energy if b is not a else 0.0) for a, b in zip(first, then, strict=True)]
    np.testing.assert_allclose(result.energy_j, energy, rtol=1e-7)
    both = [*readers, *makers]
    np.testing.assert_array_equal(result.totals["preempted"], [r.preempted for r in both])
    np.testing.assert_allclose(result.totals["busy_s"], [r.busy for r in both], rtol=1e-9)
    np.testing.assert_allclose(result.totals["energy_j"], [r.energy for r in both], rtol=1e-9)


@given(_case())
def test_nothing_is_lost_and_limits_are_kept(case: dict[str, Any]) -> None:
    result = _run(case)
    more = case["outputs"] > 1
    np.testing.assert_array_equal(result.tokens, case["outputs"])
    assert result.totals["tokens"].sum() == case["outputs"].sum()
    assert result.totals["read_tokens"][: case["readers"]].sum() == case["inputs"].sum()
    assert (result.begun_s >= case["arrival"]).all()
    assert (result.first_s > result.begun_s).all()
    assert (result.sent_s[more] >= result.first_s[more] + case["sends"][more] - 1e-9).all()
    assert (result.resumed_s[more] >= result.sent_s[more]).all()
    assert (result.end_s[more] > result.resumed_s[more]).all()
    for pool in result.pools:
        assert (result.totals["peak_blocks"][pool.rows] <= pool.limits.blocks).all()
    energy = result.totals["energy_j"].sum()
    assert result.energy_j.sum() == pytest.approx(energy, rel=1e-9)
    assert result.bins[:, :, 0].sum() == pytest.approx(energy, rel=1e-9)
    assert result.seconds.sum() == pytest.approx(result.busy_s, rel=1e-9)
    plug = request_energy_j(result, STANDING).sum() + idle_energy_j(result, STANDING)
    assert float(server_load(result, STANDING).energy_j.sum()) == pytest.approx(plug, rel=1e-9)
    chips = case["chips"] * case["readers"] + case["replicas"]
    network = server_load(result, STANDING).energy_j[-1]
    assert network == pytest.approx(chips * result.horizon_s * STANDING.network_w, rel=1e-9)
    idle = energy + (idle_energy_j(result, ReadyPower(STANDING.chip_idle_w, 0.0, 0.0, 0.0)))
    assert float(chip_load(result, STANDING).energy_j.sum()) == pytest.approx(idle, rel=1e-9)


def _crowd() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    n = 1500
    return {
        "read": Limits(64, 2048, 16, 20_000, 200), "made": Limits(64, 2048, 16, 20_000, 200), "chips": 1,
        "arrival": rng.exponential(1 / 16, n).cumsum(), "inputs": rng.integers(200, 6000, n),
        "outputs": rng.integers(50, 300, n), "sends": np.full(n, 0.01), "readers": 2, "replicas": 2,
        "router": "least-loaded",
    }  # fmt: skip


def test_pools_hold_the_time_between_tokens_where_prompts_would_break_in() -> None:
    case = _crowd()
    apart = _run(case)
    side = Side(_tables(1), case["made"], Routing(4, "least-loaded"))
    together = simulate(side, case["arrival"], case["inputs"], case["outputs"])
    slow, fast = (np.nanpercentile(x.tpot_s, 99) for x in (together, apart))
    assert fast < 0.7 * slow
    assert apart.itl_s(99) < 0.5 * together.itl_s(99)


def test_blocks_stay_till_the_cache_is_sent() -> None:
    # one prompt fills the reader: the next begins when the first has been sent
    case = _crowd() | {
        "read": Limits(8, 2048, 16, 20, 0), "made": Limits(8, 2048, 16, 100, 0), "readers": 1, "replicas": 1,
        "arrival": np.zeros(3), "inputs": np.full(3, 300), "outputs": np.full(3, 5), "sends": np.full(3, 4.0),
    }  # fmt: skip
    result = _run(case)
    np.testing.assert_allclose(np.diff(result.begun_s), 4.0 + result.first_s[0], rtol=1e-9)
    np.testing.assert_allclose(result.waits_s["transfer"], 4.0)
    assert result.horizon_s > 12.0


def test_what_waits_in_main_memory() -> None:
    assert peak_waiting(np.array([0.0, 1.0, 2.0]), np.array([2.0, 3.0, 2.0]), np.array([5.0, 7.0, 9.0])) == 12.0
    assert peak_waiting(np.array([np.nan]), np.array([np.nan]), np.array([5.0])) == 0.0


def test_what_cannot_be_served_is_counted_or_refused() -> None:
    case = _crowd() | {
        "arrival": np.arange(3.0), "inputs": np.array([10, 500, 100]), "outputs": np.array([5, 5, 500]),
        "sends": np.zeros(3), "read": Limits(8, 512, 16, 20, 0), "made": Limits(8, 512, 16, 30, 0),
    }  # fmt: skip
    result = _run(case)
    assert result.rejected == {"longer than the cache holds": 2}
    assert result.tokens.tolist() == [5]
    with pytest.raises(WattlineError, match="transfer"):
        _run(case | {"sends": np.array([-1.0, 0.0, 0.0])})
    only = _run(_crowd() | {"outputs": np.ones(1500, int)})  # nothing left to decode
    assert only.tokens.sum() == 1500
    assert only.totals["busy_s"][2:].sum() == 0
