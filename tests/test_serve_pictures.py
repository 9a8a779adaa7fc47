"""``serve`` with pictures and sound: tokens, encoders in the steps and in the bill, traces that carry them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("numba", reason="the simulator needs Numba: pip install 'wattline[sim]'")

import wattline as wl
from wattline.core.errors import WattlineError
from wattline.line.work.traffic.files import read_parquet, write_csv, write_parquet
from wattline.line.work.traffic.parts import chunks, join
from wattline.line.work.traffic.seen import SeenRequests, seen_of
from wattline.line.work.traffic.trace import Traffic

MODEL = "qwen2.5-vl-7b"


def traffic(count: int = 60, gap_s: float = 0.5) -> Traffic:
    return Traffic(np.arange(count) * gap_s, np.full(count, 400), np.full(count, 40), duration_s=count * gap_s)


def service(requests: Traffic | None = None, model: str = MODEL, **more: object) -> object:
    return wl.serve(model, traffic() if requests is None else requests, "h100-sxm", gpus=1, draws=0, **more)


def test_pictures_lengthen_prompts_and_hold_the_replica_for_their_encoder() -> None:
    blind, seen = service(), service(pictures=2, picture_size="1280x720")
    tokens = wl.prompt(MODEL, "h100-sxm", draws=0, pictures=2, picture_size="1280x720").inputs
    assert (seen.served.input_tokens - 400 == tokens["picture_or_sound_tokens"]).all()
    text = Traffic(traffic().arrival_s, seen.served.input_tokens, np.full(60, 40), duration_s=30.0)
    long = service(text)
    later = np.median(seen.served.ttft_s) - np.median(long.served.ttft_s)
    alone = float(wl.prompt(MODEL, "h100-sxm", draws=0, pictures=2, picture_size="1280x720").figures()["encode_s"])
    assert later == pytest.approx(alone, rel=0.35)
    assert float(seen.answer.bill.parts["encode"]) > 0
    assert float(seen.answer.energy_j) > float(long.answer.energy_j) > float(blind.answer.energy_j)
    results = seen.json()["results"]["simulated"]
    assert results["read_share"] == pytest.approx(1.0)


@given(st.floats(0.05, 1.0), st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_so_large_a_share_of_the_requests_brings_pictures(share: float, seed: int) -> None:
    seen = seen_of(4000, 3, 0.0, share, seed)
    assert set(seen.pictures.tolist()) <= {0, 3}
    assert float((seen.pictures > 0).mean()) == pytest.approx(share, abs=0.05)


def test_a_share_of_pictures_lies_between_none_and_all() -> None:
    none, some, every = (
        service(),
        service(pictures=1, picture_share=0.4),
        service(pictures=1),
    )
    assert float(none.answer.energy_j) < float(some.answer.energy_j) < float(every.answer.energy_j)
    assert 0.1 < some.answer.inputs["picture_share"] < 0.8


def test_sound_is_heard_by_a_model_that_hears() -> None:
    heard = service(audio="45 s", model="qwen3-omni-30b-a3b", requests=traffic(10, 2.0), precision="fp8")
    assert heard.answer.inputs["audio_s"] == 450
    assert float(heard.answer.bill.parts["encode"]) > 0


def test_a_trace_carries_pictures(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("timestamp,NumImages,ContextTokens,GeneratedTokens\n0,0,400,20\n1,2,400,20\n2,1,400,20\n")
    read = wl.read_traffic(path)
    assert read.seen is not None
    assert read.seen.pictures.tolist() == [0, 2, 1]
    answer = service(read, picture_size="512").answer
    assert answer.inputs["pictures"] == 3
    assert answer.inputs["picture_size"] == "512x512"
    with pytest.raises(WattlineError, match="the trace has its own"):
        service(read, pictures=1)
    with pytest.raises(WattlineError, match=r"pictures: .* takes none"):
        service(read, "llama-3.1-8b")


def test_pictures_of_a_traffic_go_through_files_and_parts(tmp_path: Path) -> None:
    seen = SeenRequests(np.arange(60) % 3, np.zeros(60))
    whole = Traffic(*(getattr(traffic(), name) for name in ("arrival_s", "input_tokens", "output_tokens")), seen=seen)
    write_parquet(whole, tmp_path / "a.parquet")
    write_csv(whole, tmp_path / "a.csv")
    for back in (
        read_parquet(tmp_path / "a.parquet"), wl.read_traffic(tmp_path / "a.csv"), join(list(chunks(whole, 7))),
    ):  # fmt: skip
        assert back.seen is not None
        assert back.seen.pictures.tolist() == seen.pictures.tolist()


def test_pictures_that_make_no_sense_are_refused() -> None:
    for call, words in (
        (lambda: service(picture_share=0.5), "nothing is seen or heard"),
        (lambda: service(picture_size="512"), "there is no picture"),
        (lambda: service(pictures=1, picture_share=2), "is not a share"),
        (lambda: service(pictures=0), "pictures"),
        (lambda: service(pictures=1.5), "pictures"),
        (lambda: service(audio="30 s"), "audio|sound"),
        (lambda: SeenRequests(np.array([-1]), np.zeros(1)), "zero or more"),
    ):
        with pytest.raises(WattlineError, match=words):
            call()
