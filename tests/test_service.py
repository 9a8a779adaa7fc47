"""``wattline serve`` and what is behind it: loads, bill, latencies; and bad input."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.core.load import Load
from wattline.line.engine.simulator.power import idle_energy_j, request_energy_j
from wattline.line.work.traffic.trace import Traffic
from wattline.predict.service.simulate import Service, serve


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    rng = np.random.default_rng(3)
    n = 600
    arrival = rng.exponential(0.2, n).cumsum()
    return Traffic(arrival, rng.integers(10, 2000, n), rng.integers(1, 300, n))


@pytest.fixture(scope="module")
def served(traffic: Traffic) -> Service:
    return serve("llama-3.1-8b", traffic, "h100-sxm", gpus=1, replicas=2, slo_ttft="1 s", slo_tpot="50 ms", draws=200)


def test_requests_and_idle_are_the_loads_energy(served: Service) -> None:
    chip = served.served.energy_j.sum() + served.served.idle_s * served.standing.chip_idle_w
    assert float(served.chip_load.energy_j.sum()) == pytest.approx(chip, rel=1e-9)
    plug = request_energy_j(served.served, served.standing).sum() + idle_energy_j(served.served, served.standing)
    assert float(served.server_load.energy_j.sum()) == pytest.approx(plug, rel=1e-9)
    assert (served.server_load.power_w >= -1e-6).all()
    assert served.server_load.point == "server"
    assert served.chip_load.labels == ("prefill", "decode", "chip_idle")


def test_the_bill_is_the_load_with_site_and_grid(traffic: Traffic) -> None:
    central = serve("llama-3.1-8b", traffic, "h100-sxm", gpus=1, replicas=2, pue=1.25, draws=0)
    it_j = float(central.answer.bill.at("server"))
    assert it_j == pytest.approx(float(central.server_load.energy_j.sum()), rel=1e-9)
    assert float(central.answer.energy_j) == pytest.approx(1.25 * it_j, rel=1e-9)


def test_results(served: Service, traffic: Traffic) -> None:
    result = served.simulated()
    assert result["requests_served"] == len(traffic)
    assert result["request_ttft_s"]["p50"] < result["request_ttft_s"]["p99"] < result["request_e2e_s"]["p99"]
    assert 0 < result["good_share"] <= 1
    assert result["output_tokens_per_s"] * result["horizon_s"] == pytest.approx(traffic.output_tokens.sum())
    line = served.timeline()
    assert (line["tokens_per_s"] * served.served.bin_s).sum() == pytest.approx(traffic.output_tokens.sum())
    data = served.json()
    assert json.loads(json.dumps(data, allow_nan=False))["results"]["simulated"]["requests_served"] == len(traffic)


def test_more_replicas_idle_more_and_a_cap_saves_watts(traffic: Traffic) -> None:
    few, many = (serve("llama-3.1-8b", traffic, gpus=1, replicas=n, draws=0) for n in (1, 8))
    assert few.simulated()["request_ttft_s"]["p95"] > many.simulated()["request_ttft_s"]["p95"]
    assert few.simulated()["server_j_per_request"] < many.simulated()["server_j_per_request"]
    capped = serve("llama-3.1-8b", traffic, gpus=1, replicas=1, power_cap="350 W", draws=0)
    assert capped.chip_load.power_w.sum(axis=0).max() <= 350.0 + 1e-6
    assert capped.simulated()["request_tpot_s"]["p50"] >= few.simulated()["request_tpot_s"]["p50"]


def test_a_service_that_falls_behind_says_so() -> None:
    flood = Traffic(np.linspace(0, 60, 6000), np.full(6000, 2000), np.full(6000, 200))
    result = serve("llama-3.1-8b", flood, gpus=1, replicas=1, draws=0)
    assert any("falls behind" in note for note in result.answer.warnings)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"router": "random"}, "router"),
        ({"gpus": "1.5"}, "gpus"),
        ({"replicas": 0}, "replicas"),
        ({"max_num_seqs": 0}, "max-num-seqs"),
        ({"max_num_batched_tokens": 10}, "max-num-batched-tokens"),
        ({"power_cap": "10 W"}, "power-cap"),
        ({"power_cap": "5 kW"}, "power-cap"),
        ({"slo_ttft": "fast"}, "ttft"),
        ({"precision": "int7"}, "int7"),
    ],
)
def test_bad_settings(traffic: Traffic, given: dict[str, object], says: str) -> None:
    with pytest.raises(WattlineError, match=says):
        serve("llama-3.1-8b", traffic, **({"gpus": 1, "draws": 0} | given))  # type: ignore[arg-type]


def test_traffic_that_cannot_be_served(traffic: Traffic) -> None:
    with pytest.raises(WattlineError, match="0 requests"):
        serve("llama-3.1-8b", Traffic(np.zeros(0), np.zeros(0, int), np.zeros(0, int)), gpus=1, draws=0)
    with pytest.raises(WattlineError, match="does not fit"):
        serve("llama-3.1-405b", traffic, gpus=1, draws=0)
    long = Traffic(np.zeros(2), np.array([10, 1_000_000]), np.array([5, 5]))
    result = serve("llama-3.1-8b", long, gpus=1, draws=0)
    assert result.simulated()["rejected"] == {"longer than the cache holds": 1}
    assert any("left out" in note for note in result.answer.warnings)


def test_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trace = tmp_path / "trace.csv"
    trace.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(
        f"2023-11-16 18:17:{i:02d}.0000000,{100 + i},{20 + i}" for i in range(60)
    ))  # fmt: skip
    load, page = tmp_path / "out" / "load.parquet", tmp_path / "out" / "report.html"
    written = ["--json", "--out", str(tmp_path / "out")]
    _run(["serve", "llama-3.1-8b", "--gpus", "1", "--trace", str(trace), "--draws", "0", *written])
    data = json.loads(capsys.readouterr().out)
    assert data["results"]["simulated"]["requests_served"] == 60
    assert all(word in page.read_text() for word in ("Latencies", "Power through the time", "<polygon", "<polyline"))
    assert float(Load.read_parquet(load).energy_j.sum()) == pytest.approx(
        data["results"]["simulated"]["server_mean_w"] * data["results"]["simulated"]["horizon_s"]
    )
    _run(["serve", "llama-3.1-8b", "--gpus", "1", "--rate", "5/s", "--duration", "30 s", "--input", "200",
          "--output", "50", "--draws", "0", "--slo-ttft", "1s"])  # fmt: skip
    text = capsys.readouterr().out
    assert "Time to first token" in text
    assert "Goodput" in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "--trace"),
        (["--rate", "no"], "rate"),
        (["--rate", "1e9/s"], "more than"),
        (["--rate", "1/s", "--input", "5"], "both"),
        (["--rate", "1/s", "--seed", "-1"], "seed"),
        (["--trace", "/nowhere.csv"], "nowhere"),
        (["--frontier"], "wattline frontier"),
        (["--load", "x.parquet"], "--out"),
        (["--batch", "64,256"], "--max-num-seqs"),
    ],
)
def test_bad_command(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["serve", "llama-3.1-8b", *args])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1


def _run(args: list[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(args)
    assert stop.value.code == 0


def test_held_against_measurement(shared_data: Path) -> None:
    from wattline.validate.serving_sim import hold_steady, score

    result = score(hold_steady(shared_data / "mlenergy/llm.csv", 60))
    assert result["itl_p50_s"]["mean_error_percent"] < 12
    assert result["itl_p90_s"]["mean_error_percent"] < 20
    assert result["j_per_output_token"]["mean_error_percent"] < 15


def test_a_place_gives_the_service_its_weather(traffic: Traffic) -> None:
    cool, hot = (
        serve("llama-3.1-8b", traffic, gpus=1, place=place, cooling="air-chiller", draws=0).answer
        for place in ("Dublin", "Singapore")
    )
    assert float(cool.range("pue").p50) < float(hot.range("pue").p50)
    assert "compressors" in hot.bill.parts
    assert float(hot.bill.energy_j) == pytest.approx(float(hot.load.energy_j), rel=1e-9)


def test_chips_beyond_a_link_domain_are_simulated_at_central_values() -> None:
    few = Traffic(np.arange(3.0), np.array([100, 200, 100]), np.array([5, 5, 5]))
    result = serve("llama-3.1-8b", few, gpus=16, draws=50)
    assert len(result.served.arrival_s) == 3
    assert float(result.answer.range("energy_wh").p50) > 0


def test_pools_in_the_answer(traffic: Traffic) -> None:
    result = serve(
        "llama-3.1-70b", traffic, gpus=4, replicas=2, prefill_replicas=1, prefill_gpus=2, transfer_bandwidth="1 GB/s",
        precision="fp8", draws=50,
    )  # fmt: skip
    data = json.loads(json.dumps(result.json(), allow_nan=False))
    first, second = data["results"]["simulated"]["pools"]
    assert (first["name"], first["gpus"], second["name"], second["gpus"], second["replicas"]) == (
        "prefill",
        2,
        "decode",
        4,
        2,
    )
    assert float(result.answer.range("accelerators").p50) == 10
    joules = sum(sum(pool["energy_j"].values()) for pool in (first, second))
    assert joules == pytest.approx(float(result.server_load.energy_j.sum()), rel=1e-9)
    # 80 layers of 8 heads of 128, keys and values of 2 bytes, over two ports of 1 GB/s
    least = 80 * 8 * 128 * 2 * 2 * traffic.input_tokens / 2e9
    sent = result.served.waits_s["transfer"]
    assert (sent[traffic.output_tokens > 1] >= least[traffic.output_tokens > 1] * (1 - 1e-9)).all()
    assert np.nanmin(sent / least) == pytest.approx(1.0, rel=1e-6)  # some found the link free
    assert 0 < data["results"]["simulated"]["network"]["link_busy_share"] < 1


def test_pools_of_an_engine_that_sends_the_heads_of_each_token_by_themselves(traffic: Traffic) -> None:
    same = {"gpus": 4, "replicas": 2, "prefill_replicas": 1, "precision": "fp8", "draws": 0}
    rates = {
        (engine, readers): serve(
            "llama-3.1-70b", traffic, engine=engine, prefill_gpus=readers, **same
        ).json()["inputs"]["transfer_bytes_per_s"]
        for engine in ("sglang", "vllm-0.19") for readers in (2, 4)
    }  # fmt: skip
    assert rates["sglang", 2] == pytest.approx(2 * 4e8)
    assert rates["sglang", 4] == rates["vllm-0.19", 4] == 2 * rates["vllm-0.19", 2] > 50 * rates["sglang", 2]
    slow, fast = (
        serve("llama-3.1-8b", traffic, gpus=1, prefill_replicas=1, transfer_bandwidth=rate, draws=0).simulated()
        for rate in ("0.5 GB/s", None)
    )
    assert slow["request_waits_s"]["transfer"]["p50"] > 10 * fast["request_waits_s"]["transfer"]["p50"]
    assert slow["request_waits_s"]["prefill"]["p50"] == pytest.approx(fast["request_waits_s"]["prefill"]["p50"])


def test_scaling_in_the_answer(traffic: Traffic) -> None:
    options = {"gpus": 1, "replicas": 3, "router": "least-loaded", "pue": 1.25, "draws": 0}
    options |= {"scale_from": 1, "scale_target": 2.0, "scale_down_after": 30.0}
    result = serve("llama-3.1-8b", traffic, **options)  # type: ignore[arg-type]
    it_j = float(result.server_load.energy_j.sum())
    assert float(result.answer.bill.at("server")) == pytest.approx(it_j, rel=1e-9)
    assert float(result.answer.bill.parts["start_up"]) > 0
    assert {"fit.replica-start", "fit.weights-read-rate"} <= set(result.answer.draws.used)
    scaling = result.simulated()["pools"][0]["scaling"]
    assert scaling["starts"] >= 1
    assert sum(a * b for a, b in zip(scaling["ready"], scaling["stretch_s"], strict=True)) == pytest.approx(
        result.served.ready_s
    )
    kept = serve("llama-3.1-8b", traffic, scaled_down="idle", **options)  # type: ignore[arg-type]
    assert it_j < float(kept.server_load.energy_j.sum())


def test_command_with_pools_and_scaling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    _run(["serve", "llama-3.1-8b", "--gpus", "1", "--rate", "6/s", "--duration", "2m", "--replicas", "3",
          "--prefill-replicas", "1", "--transfer-bandwidth", "100 Gbit/s", "--scale-from", "1", "--scale-target", "4",
          "--start-up", "10 s", "--scaled-down", "idle", "--draws", "0", "--out", str(tmp_path)])  # fmt: skip
    text = capsys.readouterr().out
    assert all(
        words in text for words in ("Pool, prefill", "Replicas ready", "Between the pools", "waiting for a slot")
    )
    assert all(words in page.read_text() for words in ('id="fleet"', "Replicas", "Pool, decode", "starting"))


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--prefill-replicas", "-1"], "prefill-replicas"),
        (["--prefill-gpus", "1"], "prefill-replicas"),
        (["--transfer-bandwidth", "1 GB/s"], "prefill-replicas"),
        (["--prefill-replicas", "1", "--prefill-gpus", "0.5"], "prefill-gpus"),
        (["--prefill-replicas", "1", "--transfer-bandwidth", "fast"], "transfer-bandwidth"),
        (["--prefill-replicas", "1", "--transfer-bandwidth", "-1 GB/s"], "transfer-bandwidth"),
        (["--prefill-replicas", "1", "--transfer-bandwidth", "1e-300"], "transfer-bandwidth"),
        (["--scale-from", "2"], "scale-from"),
        (["--scale-from", "-1"], "scale-from"),
        (["--scale-from", "1", "--scale-target", "0"], "scale-target"),
        (["--scale-target", "5"], "scale-from"),
        (["--scale-from", "1", "--scaled-down", "asleep"], "scaled-down"),
        (["--scale-from", "1", "--start-up", "soon"], "start-up"),
        (["--scale-from", "1", "--scale-interval", "1 ns"], "scale-interval"),
        (["--scale-from", "1", "--router", "prefix"], "prefix"),
    ],
)
def test_pools_and_scaling_that_make_no_sense(args: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    test_bad_command(["--rate", "1/s", "--duration", "30 s", "--gpus", "1", "--draws", "0", *args], says, capsys)


def test_a_service_without_replicas_finds_the_fewest_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    from wattline.cli.main import main

    line = ["serve", "llama-3.1-8b", "--gpus", "1", "--rate", "30/s", "--duration", "30s", "--input", "500"]
    line += ["--output", "200", "--slo-ttft", "500ms", "--slo-tpot", "20ms", "--draws", "2", "--json"]
    with pytest.raises(SystemExit, match="0"):
        main(line)
    data = json.loads(capsys.readouterr().out)
    count = data["inputs"]["replicas"]
    assert count > 1
    assert data["results"]["simulated"]["good_share"] >= 0.99
    assert data["notes"][0] == f"replicas: {count} are the fewest that keep the latencies for 0.99 of the requests"
    with pytest.raises(SystemExit, match="0"):
        main([*line, "--replicas", str(count - 1)])
    fewer = json.loads(capsys.readouterr().out)
    assert fewer["results"]["simulated"]["good_share"] < 0.99
