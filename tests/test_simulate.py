"""The serving simulator: exact against a plain one, nothing lost, energy kept, limits kept."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

from serve_by_hand import by_hand
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.engine.simulator.simulate import Limits, Routing, Side, cache_limits, simulate
from wattline.line.engine.simulator.step_tables import Tables, tables
from wattline.line.work.model import load_model


@cache
def _setting(model: str, chip: str, chips: int) -> ReplicaSteps:
    result = load_model(model, catalog.default())
    return setting(result, load_chip(chip, Draws(0)), chips, result.native_format)


@cache
def _tables(model: str = "llama-3.1-8b", chip: str = "h100-sxm", chips: int = 1) -> Tables:
    return tables(_setting(model, chip, chips), 64, 2048, 20_000)


@st.composite
def _traffic(draw: Any) -> dict[str, Any]:
    count = draw(st.integers(1, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    seqs = draw(st.integers(1, 12))
    blocks = draw(st.sampled_from([20, 40, 80, 2000]))
    most = blocks * 16
    inputs = rng.integers(1, max(2, int(0.7 * most)), count).clip(1, 3000)
    outputs = np.minimum(rng.integers(1, draw(st.sampled_from([4, 60, 300])), count), most - inputs + 1)
    gaps = rng.exponential(draw(st.sampled_from([0.0, 0.01, 0.3, 3.0])), count)
    if draw(st.booleans()):
        gaps[rng.random(count) < 0.3] = 0.0  # together
    budget = draw(st.integers(seqs, 600))
    return {
        "limits": Limits(seqs, budget, 16, blocks, draw(st.integers(0, 3))),
        "arrival": gaps.cumsum(),
        "inputs": inputs,
        "outputs": np.maximum(outputs, 1),
        "replicas": draw(st.integers(1, 4)),
        "router": draw(st.sampled_from(["round-robin", "least-loaded"])),
    }


def _side(case: dict[str, Any]) -> Side:
    return Side(_tables(), case["limits"], Routing(case["replicas"], case["router"]))


@settings(max_examples=150)
@given(_traffic())
def test_agrees_with_the_plain_simulator_event_by_event(case: dict[str, Any]) -> None:
    offered = case["arrival"], case["inputs"], case["outputs"]
    result = simulate(_side(case), *offered)
    jobs, replicas = by_hand(_tables(), case["limits"], *offered, case["replicas"], case["router"])
    np.testing.assert_array_equal(result.replica, [job.replica for job in jobs])
    np.testing.assert_allclose(result.first_s, [job.first for job in jobs], rtol=1e-9)
    np.testing.assert_allclose(result.end_s, [job.end for job in jobs], rtol=1e-9)
    np.testing.assert_allclose(result.energy_j, [job.energy for job in jobs], rtol=1e-7)
    np.testing.assert_array_equal(result.totals["preempted"], [r.preempted for r in replicas])
    np.testing.assert_allclose(result.totals["busy_s"], [r.busy for r in replicas], rtol=1e-9)
    np.testing.assert_allclose(result.totals["energy_j"], [r.energy for r in replicas], rtol=1e-9)


@given(_traffic())
def test_nothing_is_lost_and_limits_are_kept(case: dict[str, Any]) -> None:
    result = simulate(_side(case), case["arrival"], case["inputs"], case["outputs"])
    np.testing.assert_array_equal(result.tokens, case["outputs"])
    assert result.totals["tokens"].sum() == case["outputs"].sum()
    assert result.totals["read_tokens"].sum() >= case["inputs"].sum()
    assert (result.first_s > case["arrival"]).all()
    assert (result.end_s >= result.first_s).all()
    assert (result.totals["peak_blocks"] <= case["limits"].blocks).all()
    energy = result.totals["energy_j"].sum()
    assert result.energy_j.sum() == pytest.approx(energy, rel=1e-9)
    assert result.bins[:, :, 0].sum() == pytest.approx(energy, rel=1e-9)
    assert result.seconds.sum() == pytest.approx(result.busy_s, rel=1e-9)
    assert result.bins[:, :, 1].sum() == pytest.approx(result.busy_s, rel=1e-9)
    assert result.bins[:, :, 2].sum() == pytest.approx(case["outputs"].sum(), rel=1e-9)
    assert (result.bins[:, :, 1] <= result.bin_s * (1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("model", "chip", "chips"),
    [("llama-3.1-8b", "h100-sxm", 1), ("gpt-oss-120b", "h100-sxm", 1), ("deepseek-v3.1", "b200", 8),
     ("llama-3.1-70b", "b200", 8), ("gemma-3-12b", "h100-sxm", 1), ("nemotron-nano-9b-v2", "b200", 1),
     ("llama-4-scout", "h100-sxm", 4)],
)  # fmt: skip
def test_tables_are_within_a_percent_of_the_chip_model(model: str, chip: str, chips: int) -> None:
    from wattline import catalog
    from wattline.line.engine.simulator.kernel_parts import decode_at, mixed_at

    if model not in catalog.default().records("model"):
        pytest.skip(f"{model} is not in the catalog")
    s, t = _setting(model, chip, chips), _tables(model, chip, chips)
    rng = np.random.default_rng(1)
    n = rng.integers(1, 65, 300)
    context = np.exp(rng.uniform(0, np.log(20_000), 300))
    decode = np.array([decode_at(t, a, c)[:2] for a, c in zip(n, context, strict=True)])
    direct = np.stack(s.time_and_energy(n, n, context, 0.0), axis=1) * [1, chips]
    assert np.abs(decode / direct - 1).max() < 0.01
    n, tokens = rng.integers(0, 65, 300), rng.integers(2, 2000, 300)
    length = tokens + rng.integers(0, 10_000, 300)
    rows = zip(n, context, tokens, length, strict=True)
    mixed = np.array([mixed_at(t, a, c, p, float(x)) for a, c, p, x in rows])
    direct = np.stack(s.time_and_energy(n + tokens, np.maximum(n, 1), np.where(n > 0, context, 0), length), axis=1)
    assert np.abs(mixed / (direct * [1, chips]) - 1).max() < 0.02


def test_what_cannot_be_served_is_counted_or_refused() -> None:
    limits = Limits(4, 100, 16, 10, 0)
    result = simulate(Side(_tables(), limits, Routing()), [0.0, 1.0, 2.0], [5, 500, 0], [5, 5, 5])
    assert result.rejected == {"no tokens in or out": 1, "longer than the cache holds": 1}
    assert result.tokens.tolist() == [5]
    assert result.taken.tolist() == [True, False, False]
    with pytest.raises(WattlineError, match="in order"):
        simulate(Side(_tables(), limits, Routing()), [1.0, 0.0], [5, 5], [5, 5])
    with pytest.raises(WattlineError, match="router"):
        simulate(Side(_tables(), limits, Routing(router="random")), [1.0], [5], [5])
    empty = simulate(Side(_tables(), limits, Routing()), [], [], [], horizon_s=10.0)
    assert empty.busy_s == 0
    assert empty.idle_s == 10.0


def test_the_cache_is_what_memory_holds() -> None:
    model = load_model("llama-3.1-8b", catalog.default())
    limits = cache_limits(model, 80e9, 1, "bf16", memory_share=0.9)
    # 32 layers of 8 heads of 128, keys and values in 16 bits: 128 KiB a token
    assert limits.blocks == pytest.approx((80e9 * 0.9 - 16.06e9) / (131072 * 16), rel=0.01)
    with pytest.raises(WattlineError, match="does not fit"):
        cache_limits(load_model("llama-3.1-405b", catalog.default()), 80e9, 1, "bf16", memory_share=0.9)
    with pytest.raises(WattlineError, match="max-num-batched-tokens"):
        cache_limits(model, 80e9, 1, "bf16", 256, 128, memory_share=0.9)


def test_a_run_may_be_cut_short() -> None:
    limits = Limits(8, 512, 16, 4000, 10)
    result = simulate(Side(_tables(), limits, Routing()), np.zeros(30), np.full(30, 100), np.full(30, 400), until_s=5.0)
    assert result.horizon_s == pytest.approx(5.0, abs=0.1)
    assert np.isnan(result.end_s).any()
    assert result.energy_j.sum() == pytest.approx(result.totals["energy_j"].sum(), rel=1e-9)
    assert result.tokens.sum() == result.totals["tokens"].sum()
    assert result.itl_s(50) == pytest.approx(np.nanmedian(result.tpot_s), rel=0.3)


def test_the_simulator_runs_where_nothing_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from wattline.line.engine.simulator import kernel_parts

    def no_place(**options: object) -> object:
        def compile_it(function: object) -> object:
            if options["cache"]:
                raise RuntimeError("cannot cache function 'knot_below': no locator available")
            return function

        return compile_it

    monkeypatch.setattr(kernel_parts, "njit", no_place)
    assert kernel_parts.jit(len)("abc") == 3
    assert not kernel_parts.is_on_disk(len)
