"""What measured campaigns add to the model of a step, and the clock under a power limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.coefficients import coefficients
from wattline.line.chip.device import load_chip
from wattline.line.chip.known import how_known, is_known, known_factor, known_keys, spread_fact
from wattline.line.chip.replica_step import decode_step
from wattline.line.chip.step import Watts, within_limit
from wattline.line.work.model import load_model
from wattline.validate.evidence.campaigns import KNOTS, Campaigns, fit_campaigns, hats
from wattline.validate.evidence.serving import ServingRow
from wattline.validate.fit.step_file import CURVES, chip_range, curves_file, fit_from_catalog


def row(model: str, task: str = "gpqa", chip: str = "h100-sxm", batch: float = 8.0, chips: int = 1) -> ServingRow:
    device = load_chip(chip, Draws(0))
    return ServingRow(
        {},
        load_model(model, catalog.default()),
        device,
        chips,
        "bf16",
        batch,
        500.0,
        task,
        False,
        1.0,
        400.0,
        0.02,
        400.0,
        batch,
    )


def logs(values: list[float]) -> dict[str, np.ndarray]:
    return {name: np.array(values) for name in ("time", "power", "itl")}


def test_a_model_with_many_rows_takes_nearly_what_it_reached() -> None:
    rows = [row("qwen3-8b")] * 40
    result = fit_campaigns(rows, logs([0.2] * 40))
    assert result.factors("time", rows[:1])[0] == pytest.approx(np.exp(0.2), rel=0.02)
    assert result.knows(rows[0])


def test_few_rows_are_pulled_towards_one() -> None:
    single, many = [row("qwen3-8b")], [row("qwen3-8b")] * 20
    alone = fit_campaigns(single, logs([0.2])).factors("time", single)[0]
    together = fit_campaigns(many, logs([0.2] * 20)).factors("time", single)[0]
    assert 1.0 < alone < together < np.exp(0.2)


def test_an_unseen_model_takes_its_family_alone_and_a_stranger_nothing() -> None:
    rows = [row("qwen3-8b")] * 20 + [row("qwen3-32b")] * 20
    result = fit_campaigns(rows, logs([0.1] * 40))
    cousin, stranger = row("qwen3-30b-a3b"), row("llama-3.1-8b", "lm-arena-chat")
    assert 1.0 < result.factors("time", [cousin])[0] < result.factors("time", rows[:1])[0]
    assert result.factors("time", [stranger])[0] == 1.0
    assert not result.knows(cousin)


def test_runs_of_a_task_share_what_they_took_by_their_batch_whatever_the_model_and_the_chip() -> None:
    """Several models were slow with few at once: so is a stranger in that task, on as few chips; not beyond."""
    models = ("qwen3-8b", "llama-3.1-8b", "gemma-3-12b")
    rows = [row(model, batch=batch) for model in models for batch in (4.0, 108.0)]
    result = fit_campaigns(rows, logs([0.3, 0.0] * len(models)))

    def stranger(task: str = "gpqa", batch: float = 4.0, chips: int = 1) -> float:
        other = row("gpt-oss-20b", task, "b200", batch, chips)
        return float(result.factors("time", [other])[0])

    assert 1.05 < stranger() < np.exp(0.3)
    assert stranger() > stranger(batch=20.0) > stranger(batch=108.0)
    assert stranger(task="image-chat") == stranger(chips=2) == 1.0


def test_one_wild_row_moves_little() -> None:
    rows = [row("qwen3-8b")] * 20
    calm = fit_campaigns(rows, logs([0.0] * 20)).factors("time", rows[:1])[0]
    wild = fit_campaigns(rows, logs([0.0] * 19 + [2.0])).factors("time", rows[:1])[0]
    assert calm == pytest.approx(1.0)
    assert wild < 1.02


def test_a_measured_configuration_takes_what_it_reached_at_the_batches_around() -> None:
    """Slow at small batches and quick at large ones: a batch between is between, beside another count of chips."""
    rows = [row("qwen3-8b", batch=b) for b in (8.0, 16.0, 64.0, 256.0, 512.0)]
    result = fit_campaigns(rows, logs([0.3, 0.25, 0.0, -0.2, -0.25]))
    small, middle, large = (result.factors("time", [row("qwen3-8b", batch=b)])[0] for b in (10.0, 64.0, 400.0))
    assert 1.1 < small < np.exp(0.3)
    assert small > middle > large
    assert np.exp(-0.25) < large < 0.9
    assert result.measured(row("qwen3-8b", batch=100.0))
    other = row("qwen3-8b", batch=10.0, chips=2)
    assert not result.measured(other)
    # what is known of the model alone does not ask for the count of chips or the batch
    assert result.factors("time", [other])[0] == result.without_curves().factors("time", rows[:1])[0] != small


@given(st.floats(1.0, 1e5))
def test_the_knots_beside_a_batch_add_up(batch: float) -> None:
    weights = hats(np.array([batch]))
    assert weights.sum() == pytest.approx(1.0)
    assert np.count_nonzero(weights) <= 2


def test_the_curves_are_written_and_read_back() -> None:
    shipped = fit_from_catalog().campaigns
    again = curves_file(shipped)
    assert again == (catalog.HERE / "fit" / CURVES).read_text(encoding="utf-8")
    assert {len(curve) for curves in shipped.curves.values() for curve in curves.values()} == {len(KNOTS)}


def test_no_measurement_no_factor() -> None:
    assert Campaigns().factors("power", [row("qwen3-8b")])[0] == 1.0


def test_the_catalog_knows_measured_models_and_no_other() -> None:
    draws = Draws(0)
    model, stranger = load_model("qwen3-8b", catalog.default()), load_model("gpt-3-175b", catalog.default())
    assert is_known(model, "hopper", catalog.default())
    assert not is_known(stranger, "hopper", catalog.default())
    assert known_factor("time", stranger, "hopper", draws) == 1.0
    assert known_keys(model, "hopper")[1] == "qwen3-8b-hopper"
    assert float(known_factor("time", model, "hopper", draws)) == pytest.approx(
        np.prod([catalog.fact(f"fit.known-time-{key}").value for key in known_keys(model, "hopper")])
    )


def test_known_factors_reach_a_prompt_and_keep_the_limit() -> None:
    model, draws = load_model("qwen3-8b", catalog.default()), Draws(0)
    chip = load_chip("h100-sxm", draws)
    known = decode_step(model, chip, 1, 64, 700, "bf16", draws)
    unknown = decode_step(replace(model, key="another", family="another"), chip, 1, 64, 700, "bf16", draws)
    assert float(known.time_s / unknown.time_s) == pytest.approx(float(known_factor("time", model, "hopper", draws)))
    assert float(known.power_w) <= float(chip.tdp_w)


@given(st.floats(1e-4, 1.0), st.floats(0.2, 3.0), st.floats(120.0, 700.0), st.floats(1.0, 2.0))
def test_a_lower_limit_is_slower_and_takes_less_energy(
    time_s: float, load: float, limit_w: float, higher: float
) -> None:
    c = coefficients("hopper", Draws(0))
    tdp, energy = np.asarray(700.0), np.asarray(load * 700.0 * time_s)
    low, high = (Watts(tdp, np.asarray(72.0), np.asarray(min(limit_w * k, 700.0))) for k in (1.0, higher))
    slow, slow_w = within_limit(np.asarray(time_s), energy, low, c)
    fast, fast_w = within_limit(np.asarray(time_s), energy, high, c)
    assert float(slow) >= float(fast) * (1 - 1e-12) >= time_s * (1 - 1e-9)
    assert float(slow_w) <= float(low.limit)
    assert float(fast_w) <= float(high.limit)


def test_voltage_falls_with_the_clock() -> None:
    """Where the limit binds, time grows less than the power falls: energy of moving charge goes with the clock too."""
    c = coefficients("hopper", Draws(0))
    watts = Watts(np.asarray(700.0), np.asarray(72.0), np.asarray(500.0))
    time, _ = within_limit(np.asarray(1.0), np.asarray(700.0), watts, c)
    static = float(c.static_power) * 700
    assert 1.0 < float(time) < (700 - static) / (500 * float(c.limit_reach) - static)


def test_the_less_is_known_of_a_model_the_wider_its_range() -> None:
    names = ("qwen3-8b", "qwen3-14b", "mistral-7b-v0.1")
    assert [how_known(load_model(name, catalog.default()), "hopper", catalog.default()) for name in names] == [
        "known",
        "",
        "stranger",
    ]
    assert how_known(load_model("qwen3-8b", catalog.default()), "ampere", catalog.default()) == "stranger"
    for generation in ("hopper", "blackwell"):
        widths = []
        for known in ("measured", "known", "", "stranger"):
            fact = catalog.fact(spread_fact("energy", generation, catalog.default(), known))
            widths.append(fact.high / fact.low)
        assert widths == sorted(widths)
    # a chip that was never measured has one range for all
    assert (
        spread_fact("energy", "ampere", catalog.default(), "stranger")
        == spread_fact("energy", "ampere", catalog.default())
        == "fit.step-spread-energy"
    )


@pytest.mark.parametrize("generation", ["hopper", "blackwell", "ampere"])
@pytest.mark.parametrize("what", ["time", "energy", "itl"])
def test_an_engine_that_is_named_makes_no_range_narrower(what: str, generation: str) -> None:
    central = catalog.default()
    for plain, engine in (("", "engine"), ("stranger", "engine-stranger")):
        own, other = (
            catalog.fact(spread_fact(what, generation, central, known)) for known in (plain, engine)
        )  # fmt: skip
        if plain or generation == "ampere" or what == "energy":  # times of families that are known were measured anew
            assert other.low <= own.low
            assert other.high >= own.high


def test_what_is_known_of_a_model_counts_under_an_engine_too() -> None:
    def known(name: str, generation: str) -> str:
        return how_known(load_model(name, catalog.default()), generation, catalog.default(), "engine")

    assert known("qwen3-8b", "hopper") == known("qwen3-14b", "hopper") == "engine"
    assert known("mistral-7b-v0.1", "hopper") == known("qwen3-8b", "ampere") == "engine-stranger"


@given(
    shift=st.floats(0.0, 0.4),
    scatter=st.floats(0.02, 0.4),
    seed=st.integers(0, 1000),
)
def test_a_chip_that_was_never_measured_lies_as_far_off_as_chips_left_out_did(
    shift: float, scatter: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    chips = np.repeat(["a", "b"], 400)
    logs = np.where(chips == "a", shift, -shift) + scatter * rng.standard_normal(800)
    low, high = chip_range(logs, chips)
    other = shift * rng.standard_normal(20_000) + scatter * rng.standard_normal(20_000)
    inside = np.mean((np.log(low) <= other) & (other <= np.log(high)))
    assert 0.86 < inside < 0.94
