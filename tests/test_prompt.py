"""``prompt`` and ``serve``: what a request takes, on every kind of model, and what does not fit."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from balance_check import balanced
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.line.work.model import load_model
from wattline.line.work.traffic.trace import Traffic

KNOWN = [name for name in catalog.default().records("model") if load_model(name, catalog.default()).architecture_known]
KINDS = {  # a model of every kind of architecture
    "dense, many heads": "gpt-3-175b",
    "grouped queries": "llama-3.1-70b",
    "experts": "mixtral-8x7b",
    "latent attention": "deepseek-v3",
    "sliding window": "gemma-2-9b",
    "hybrid": "nemotron-nano-9b-v2",
    "linear attention": "qwen3-next-80b-a3b",
    "4-bit experts": "gpt-oss-120b",
    "one key head": "falcon-7b",
}


@pytest.mark.parametrize("model", KINDS.values(), ids=KINDS)
def test_every_kind_of_model(model: str) -> None:
    answer = wl.prompt(model, draws=20)
    balanced(answer)
    assert {"prefill", "decode", "chip_idle", "host", "network", "cooling"} <= set(answer.bill.parts)
    assert all(np.all(answer.bill.parts[part] > 0) for part in ("prefill", "decode", "chip_idle", "host", "cooling"))
    assert 1e-3 < answer.range("energy_wh").p50 < 100


@pytest.mark.parametrize("model", KNOWN)
def test_the_default_replica_holds_every_model(model: str) -> None:
    answer = wl.prompt(model, chip="h100-sxm", draws=0)
    assert answer.inputs["gpus"] in {2**n for n in range(8)}
    assert 1 <= answer.quantities["batch"] <= 128
    balanced(answer)


def test_input_counts() -> None:
    few, more, many = (
        wl.prompt("llama-3.1-70b", gpus=8, batch=4, input_tokens=n, draws=20) for n in (100, 2000, 50_000)
    )
    assert np.all(few.energy_j < more.energy_j)
    assert np.all(more.energy_j < many.energy_j)
    assert np.all(many.bill.parts["prefill"] > 20 * more.bill.parts["prefill"])
    # the cache that decode reads is longer too
    assert np.all(few.bill.parts["decode"] < many.bill.parts["decode"])
    assert np.all(few.quantities["ttft_s"] < many.quantities["ttft_s"])


def test_output_counts_and_the_first_token_comes_of_the_prefill() -> None:
    first, second, many = (wl.prompt("llama-3.1-8b", batch=4, output_tokens=n, draws=20) for n in (1, 2, 500))
    assert np.all(first.bill.parts["decode"] == 0)
    assert np.all(second.bill.parts["decode"] > 0)
    np.testing.assert_allclose(many.bill.parts["decode"] / second.bill.parts["decode"], 499, rtol=0.1)
    np.testing.assert_allclose(first.quantities["joules_per_output_token"], first.energy_j)


def test_an_answer_of_one_token_has_no_time_between_tokens() -> None:
    single = wl.prompt("llama-3.1-8b", batch=64, output_tokens=1, draws=5)
    assert "tpot_s" not in single.json()["results"]
    np.testing.assert_array_equal(single.quantities["latency_s"], single.quantities["ttft_s"])
    service = wl.serve_average("llama-3.1-8b", "1M/day", batch=64, output_tokens=1, draws=5)
    assert "tpot_s" not in service.json()["results"]


@pytest.mark.parametrize(
    ("model", "tokens", "batch"),
    [
        ("llama-3.1-8b", (10, 10), 64),
        ("llama-3.1-8b", (50, 50), 64),
        ("llama-3.1-8b", (500, 10), 64),
        ("llama-3.1-8b", (500, 300), 64),
        ("llama-3.1-8b", (500, 1), 64),
        ("llama-3.1-8b", (10, 10), 1),
        ("llama-3.1-8b", (30_000, 50), 2),
        ("qwen3-30b-a3b", (20, 200), 32),
    ],
)
def test_a_request_takes_what_the_simulator_gives_it_in_a_full_batch(
    model: str, tokens: tuple[int, int], batch: int
) -> None:
    count = 20 * max(batch, 4)
    rng = np.random.default_rng(0)
    # lengths scatter, as they do in a service: equal ones would all begin and end in the same steps
    written = np.maximum(1, rng.integers(tokens[1] // 2, tokens[1] + (tokens[1] + 1) // 2 + 1, count))
    written = np.ones(count, int) if tokens[1] == 1 else written
    flood = Traffic(np.linspace(0, 1e-3, count), np.full(count, tokens[0]), written)
    served = wl.serve(model, flood, gpus=1, max_num_seqs=batch, draws=0)
    plug = served.simulated()["pools"][0]["energy_j"]
    mean = round(float(written.mean()))
    answer = wl.prompt(model, gpus=1, input_tokens=tokens[0], output_tokens=mean, batch=batch, active=1, draws=0)
    chips_j = float(answer.bill.parts["prefill"] + answer.bill.parts["decode"])
    assert chips_j == pytest.approx((plug["prefill"] + plug["decode"]) / count, rel=0.05)
    assert float(answer.duration_s) == pytest.approx(served.served.busy_s / count, rel=0.06)


def test_a_larger_batch_shares_the_weights() -> None:
    alone, together = (wl.prompt("llama-3.1-8b", batch=n, draws=20) for n in (1, 32))
    assert np.all(together.energy_j < alone.energy_j / 4)
    assert np.all(together.quantities["tpot_s"] > alone.quantities["tpot_s"])


def test_idle_chips_are_charged_to_the_requests_that_they_wait_for() -> None:
    busy, idle = (wl.prompt("llama-3.1-8b", active=share, batch=8, draws=20) for share in (1, 0.25))
    assert np.all(busy.bill.parts["chip_idle"] == 0)
    assert np.all(idle.bill.parts["chip_idle"] > 0)
    np.testing.assert_allclose(busy.bill.parts["decode"], idle.bill.parts["decode"])


def test_fewer_bits_take_less() -> None:
    energy = [
        wl.prompt("llama-3.1-70b", gpus=4, batch=8, precision=p, draws=20).energy_j for p in ("bf16", "fp8", "int4")
    ]
    # eight or four bits a weight take less than sixteen; four beside eight trade bytes for slower arithmetic
    assert np.all(energy[0] > energy[1])
    assert np.all(energy[0] > energy[2])
    assert (
        wl.prompt("gpt-oss-120b", draws=0).inputs["precision"]
        == load_model("gpt-oss-120b", catalog.default()).native_format
    )


def test_active_experts_count_not_all() -> None:
    dense, sparse = (wl.prompt(m, gpus=4, batch=1, draws=0).energy_j for m in ("qwen3-32b", "qwen3-30b-a3b"))
    assert sparse < dense / 2


def test_latent_attention_lets_more_sequences_fit() -> None:
    options: dict[str, Any] = {"chip": "h200-sxm", "gpus": 16, "batch": 64, "input_tokens": 100_000}
    wl.prompt("deepseek-v3", **options, draws=0)
    with pytest.raises(WattlineError, match="does not fit"):
        wl.prompt("gpt-3-175b", **options, draws=0)


@pytest.mark.parametrize(("gpus", "batch"), [(1, None), (2, 1000), (4, 5000)])
def test_what_does_not_fit_names_how_many_chips_would_hold_it(gpus: int, batch: int | None) -> None:
    with pytest.raises(WattlineError, match="does not fit") as caught:
        wl.prompt("llama-3.1-70b", gpus=gpus, batch=batch, draws=5)
    result = re.search(r"([\d,]+) chips would hold it", str(caught.value))
    assert result
    holds = int(result[1].replace(",", ""))
    assert holds > gpus
    wl.prompt("llama-3.1-70b", gpus=holds, batch=batch, draws=5)
    with pytest.raises(WattlineError, match="does not fit"):
        wl.prompt("llama-3.1-70b", gpus=holds // 2, batch=batch, draws=5)


def test_what_fits_nowhere_says_so() -> None:
    with pytest.raises(WattlineError, match="no replica of up to"):
        wl.prompt("gpt-3-175b", input_tokens="100M", batch=1000, draws=0)


@settings(max_examples=40)
@given(
    model=st.sampled_from([m for m in KINDS.values() if m != "gpt-3-175b"]),
    chip=st.sampled_from(["a100-sxm-80gb", "h100-sxm", "b200", "mi300x", "l40s", "tpu-v5e", "trainium2"]),
    site=st.sampled_from([None, *catalog.default().records("site")]),
    region=st.sampled_from([None, *catalog.default().records("region")]),
    input_tokens=st.integers(1, 20_000),
    output_tokens=st.integers(1, 4_000),
    batch=st.sampled_from([None, 1, 3]),
    active=st.sampled_from([None, 1.0, 0.1]),
    pue=st.sampled_from([None, 1.0, 2.0]),
    draws=st.sampled_from([0, 1, 9]),
)
def test_every_path_balances(model: str, chip: str, **options: Any) -> None:
    answer = wl.prompt(model, chip, **options)
    balanced(answer)
    assert np.all(answer.quantities["latency_s"] >= answer.quantities["ttft_s"])


@settings(max_examples=20)
@given(
    per_day=st.floats(1, 1e11),
    days=st.floats(1, 36_000),
    site=st.sampled_from([None, *catalog.default().records("site")]),
    draws=st.sampled_from([0, 1, 9]),
)
def test_a_service_balances_and_is_its_requests(per_day: float, days: float, site: str | None, draws: int) -> None:
    options: dict[str, Any] = {"gpus": 2, "batch": 8, "active": 0.5, "site": site, "region": "fr", "draws": draws}
    service = wl.serve_average("llama-3.1-8b", per_day / 86_400, days=days, **options)
    balanced(service)
    single = wl.prompt("llama-3.1-8b", **options)
    np.testing.assert_allclose(service.energy_j, single.energy_j * per_day * days, rtol=1e-9)
    np.testing.assert_allclose(service.quantities["energy_wh_per_request"], single.energy_j / 3600, rtol=1e-9)


def test_a_service_reads_its_rate_and_tells_its_inputs() -> None:
    message = wl.serve_average("llama-3.1-8b", "864k/day", days="1 year", batch=8, active=0.5, pue=1.2, draws=5).inputs
    assert message["rate_per_s"] == pytest.approx(10)
    assert message["days"] == pytest.approx(365.25)
    assert (message["batch"], message["active"], message["pue"]) == (8.0, 0.5, 1.2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "gpt-4"}, "never published"),
        ({"model": "lama-3.1-70b"}, "llama-3.1-70b"),
        ({"chip": "h1000"}, "h100-sxm"),
        ({"input_tokens": 0}, "input"),
        ({"output_tokens": "0"}, "output"),
        ({"input_tokens": 1.5}, "whole number"),
        ({"input_tokens": "15Q"}, "input"),
        ({"output_tokens": 1e9}, "output"),
        ({"batch": 1e9}, "batch"),
        ({"batch": 0.5}, "batch"),
        ({"batch": "nan"}, "batch"),
        ({"gpus": 0}, "gpus"),
        ({"gpus": 2.5}, "gpus"),
        ({"gpus": 1e9}, "gpus"),
        ({"active": 2}, "active"),
        ({"active": 1e-300}, "active"),
        ({"pue": "0.9"}, "PUE"),
        ({"precision": "fp64"}, "bf16"),
        ({"site": "hyperscal"}, "hyperscale"),
        ({"region": "Atlantis"}, "Atlantis"),
        ({"seed": 0, "draws": 10**9}, "draws"),
    ],
)
def test_bad_input_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message) as caught:
        wl.prompt(**{"model": "llama-3.1-70b", "draws": 5, **change})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": "1e12/s"}, "rate"),
        ({"rate": 1e-12}, "less than one request"),
        ({"days": 0}, "days"),
        ({"days": 1e6}, "days"),
        ({"days": "3 kWh"}, "days"),
    ],
)
def test_a_bad_service_is_told(change: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        wl.serve_average(**{"model": "llama-3.1-70b", "rate": "1M/day", "draws": 5, **change})


def keys(answer: Any) -> set[str]:
    return set(answer.draws.used)


def test_an_answer_cites_what_it_rests_on_and_nothing_else() -> None:
    alone, pair = (wl.prompt("llama-3.1-8b", gpus=n, batch=8, active=0.5, pue=1.2, draws=5) for n in (1, 2))
    chip = {f"chip.h100-sxm.{name}" for name in ("fp16_flops", "tdp_w", "memory_bytes", "idle_w")}
    model = {f"model.llama-3.1-8b.{name}" for name in ("layers", "hidden", "heads", "kv_heads", "vocab")}
    given_ = {"given.gpus", "given.batch", "given.active", "given.pue"}
    assert chip | model | given_ | {"server.hgx-h100.chips_per_node"} <= keys(alone)
    assert not {"fit.serving-batch", "fit.serving-active-share", "fit.network-bandwidth", "fit.pcie-bandwidth"} & keys(
        alone
    )
    links = "chip.h100-sxm.link_bandwidth_bytes_per_s"
    assert links not in keys(alone)
    assert links in keys(pair)
    assert {alone.draws.used[key].basis for key in given_} == {"given"}
    assert alone.draws.used["given.batch"].value == 8
    assert "chip.h100-sxm.fp8_flops" in keys(wl.prompt("llama-3.1-8b", precision="fp8", draws=5))
    assert {"given.rate", "given.active"} <= keys(wl.serve_average("llama-3.1-8b", "1M/day", active=0.5, draws=5))


def test_jobs_of_one_run_keep_what_was_given_to_each() -> None:
    draws = wl.Draws(5)
    for job, batch in (("a", 4), ("b", 8)):
        draws.job = job
        wl.prompt("llama-3.1-8b", batch=batch, draws=draws)
    assert (draws.used["given.a.batch"].value, draws.used["given.b.batch"].value) == (4, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"input_tokens": 8000, "output_tokens": 193}, "8,192 tokens of context"),
        ({"gpus": 16}, "larger than the 8 that share links"),
        ({"gpus": 3}, "64 attention heads of llama-3-70b do not divide among 3"),
    ],
)
def test_what_is_out_of_the_ordinary_is_warned_of(change: dict[str, Any], message: str) -> None:
    plain: dict[str, Any] = {"gpus": 4, "batch": 1, "draws": 5}
    assert not wl.prompt("llama-3-70b", **plain).warnings
    for answer in (
        wl.prompt("llama-3-70b", **plain | change),
        wl.serve_average("llama-3-70b", "1k/day", **plain | change),
    ):
        assert len(answer.warnings) == 1
        assert message in answer.warnings[0]
        assert answer.json()["warnings"] == list(answer.warnings)
        assert message in " ".join(repr(answer).split())
        assert message in answer._repr_html_()


def test_a_result_that_is_none_is_told() -> None:
    with pytest.raises(WattlineError, match=r"nope.*energy_wh"):
        wl.prompt("llama-3.1-8b", draws=0).range("nope")


def test_a_notebook_shows_tables() -> None:
    answer = wl.prompt("llama-3.1-8b", draws=60)
    html = answer._repr_html_()
    assert html.count("<table") == html.count("</table>") == 4
    assert "<pre" not in html
    assert "Delivered by the grid, mean" in html
    assert "Chips, prefill" in html
    hostile = replace(answer, title="<script>alert(1)</script>", warnings=("<b>x</b>",))._repr_html_()
    assert "<script" not in hostile
    assert "<b>x" not in hostile
