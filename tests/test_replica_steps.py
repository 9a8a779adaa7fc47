"""A replica's steps are the chip model's own, whatever its layout is."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.chip.products import Work
from wattline.line.chip.serving import Serving
from wattline.line.chip.step import step
from wattline.line.engine.simulator.replica import ReplicaSteps, setting
from wattline.line.work.model import load_model

GIVEN = ("tokens", "sequences", "context", "prompt_tokens")


def replica(model: str, chips: int, parallel: bool, ranks: int = 1, name: str = "h200-sxm") -> ReplicaSteps:
    chip = load_chip(name, Draws(0))
    return setting(
        load_model(model, default()), chip, chips, "fp8", expert_parallel=parallel, serving=Serving(ranks)
    )  # fmt: skip


@given(
    model=st.sampled_from(["deepseek-v3", "qwen3-235b-a22b", "llama-3.1-70b"]), parallel=st.booleans(),
    ranks=st.sampled_from([1, 8]), decoding=st.integers(1, 64), reading=st.integers(0, 8000),
)  # fmt: skip
def test_a_replicas_step_is_that_of_its_work(
    model: str, parallel: bool, ranks: int, decoding: int, reading: int
) -> None:
    """Each operation of a step of a replica is what the chip model gives for the layout, written out by name: experts
    of a tensor group are passed by all tokens, none of them as if each went to its experts' chips alone."""
    steps = replica(model, 8, parallel, ranks)
    numbers = (decoding + reading, decoding, 500.0, 900.0 * (reading > 0))
    layout = {item.name: getattr(steps.work, item.name) for item in fields(Work)}
    layout |= {name: np.asarray(float(x)) for name, x in zip(GIVEN, numbers, strict=True)}
    assert float(layout["scattered"]) == 0.0
    whole = step(steps.shape, Work(**layout), steps.rates, steps.watts, steps.fit)
    same = steps.run(*numbers)
    assert {name: float(op.time_s) for name, op in same.operations.items()} == pytest.approx(
        {name: float(op.time_s) for name, op in whole.operations.items()}
    )
    assert float(same.energy_j) == pytest.approx(float(whole.energy_j))


def test_what_a_layout_leaves_open_is_given_by_name() -> None:
    """Ten numbers in a row once put the tokens that look back together where tokens that go to their experts alone
    stand."""
    work = replica("deepseek-v3", 8, True).work
    row = [getattr(work, item.name) for item in fields(Work)]
    assert replace(work, queries=np.asarray(3.0)).scattered == work.scattered
    with pytest.raises(TypeError):
        Work(*row[:10])


@pytest.mark.parametrize(("name", "across"), [("h200-sxm", True), ("gb200", False)])
def test_sums_over_several_domains_of_links_wait_for_the_network(name: str, across: bool) -> None:
    """Over two nodes of eight, each layer's sum takes the network's time beside its bytes; in a rack none."""
    near, far = (replica("deepseek-v3", chips, False, name=name) for chips in (8, 16))
    waits = [float(steps.run(1, 1, 500.0, 0.0).operations["all-reduce"].time_s) for steps in (near, far)]
    plain = far._replace(rates=replace(far.rates, across=np.asarray(0.0)))
    least = float(plain.run(1, 1, 500.0, 0.0).operations["all-reduce"].time_s)
    network = float(far.shape.layers) * far.fit.kernels.network_sum_s
    assert waits[1] == pytest.approx(least + across * network)
    assert float(near.rates.across) == 0.0
    assert waits[1] > waits[0]
