"""``embed`` and ``transcribe``: parameters as published, the bill, what moves it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.core.errors import NotFound, WattlineError
from wattline.line.work.encoding.model import KIND, SPEECH, load_encoder

CATALOG = default()
MODELS = sorted(CATALOG.records(KIND))
READERS = [name for name in MODELS if load_encoder(name, CATALOG).reads != SPEECH]
WHISPERS = [name for name in MODELS if name not in READERS]


@pytest.mark.parametrize("name", MODELS)
def test_a_model_counts_the_parameters_that_its_publisher_states(name: str) -> None:
    model = load_encoder(name, CATALOG)
    assert model.record is not None
    counted = model.speech().parameters if model.reads == SPEECH else model.forward(1.0).parameters
    assert counted == pytest.approx(model.record["total_params"].value, rel=0.011)


def test_bert_large_takes_the_arithmetic_that_its_layers_say() -> None:
    """24 layers of 12 × 1,024² weights, and attention over 384 tokens."""
    single = load_encoder("bert-large", CATALOG).forward(384.0)
    blocks = 24 * 2 * 384 * 12 * 1024**2
    assert float(single.flops("product")) == pytest.approx(blocks, rel=0.001)
    assert float(single.flops("attention")) == pytest.approx(24 * 4 * 384**2 * 1024)


def test_modernbert_attends_to_a_window_in_two_of_three_layers() -> None:
    single = load_encoder("modernbert-base", CATALOG).forward(1024.0)
    assert float(single.flops("attention")) == pytest.approx(4 * 1024 * 768 * (8 * 1024 + 14 * 128))


@pytest.mark.parametrize("name", [*READERS[::6], *WHISPERS[::4]])
def test_an_answer_s_parts_add_up(name: str) -> None:
    if name in WHISPERS:
        answer = wl.transcribe(name, "b200", hours=2, draws=5)
        assert {"encode", "decode"} <= set(answer.bill.parts)
    else:
        answer = wl.embed(name, "b200", draws=5)
        assert "encode" in answer.bill.parts
    assert np.allclose(sum(answer.bill.parts.values()), answer.energy_j, rtol=1e-9)
    assert float(np.min(answer.figures()["chip_j"])) > 0


@given(st.sampled_from(READERS), st.integers(1, 6), st.sampled_from(["l4", "h100-sxm", "mi300x"]))
@settings(max_examples=25, deadline=None)
def test_twice_as_much_takes_twice_the_energy_and_more_chips_take_less_time(name: str, gpus: int, chip: str) -> None:
    images = load_encoder(name, CATALOG).reads == "images"
    first, second = (
        wl.embed(name, chip, gpus=gpus, draws=0, **({"images": 1e6 * n} if images else {"tokens": 1e9 * n}))
        for n in (1, 2)
    )
    assert float(second.energy_j) == pytest.approx(2 * float(first.energy_j))
    more = wl.embed(name, chip, gpus=2 * gpus, draws=0, **({"images": 1e6} if images else {"tokens": 1e9}))
    assert float(more.duration_s) == pytest.approx(float(first.duration_s) / 2)
    assert float(more.energy_j) == pytest.approx(float(first.energy_j), rel=1e-6)


@given(st.sampled_from(WHISPERS), st.floats(10, 200), st.floats(1.1, 2))
@settings(max_examples=20, deadline=None)
def test_more_text_and_more_speech_take_more(name: str, tokens: float, times: float) -> None:
    plain, wordy, longer = (
        float(wl.transcribe(name, "h100-sxm", hours=10 * h, text_tokens=tokens * t, draws=0).energy_j)
        for h, t in ((1, 1), (1, times), (times, 1))
    )
    assert wordy > plain
    assert longer == pytest.approx(plain * times, rel=0.001)


def test_turbo_and_distilled_models_take_less_than_the_large_one() -> None:
    large, turbo, distil = (
        float(wl.transcribe(name, draws=0).energy_j) for name in ("whisper-large-v3", "whisper-turbo", "distil-whisper")
    )
    assert large > 2 * turbo > 2 * distil


def test_a_piece_of_speech_counts_whole() -> None:
    short, piece = (wl.transcribe("whisper-tiny", hours=h, draws=0).energy_j for h in ("5 s", "30 s"))
    assert float(short) == float(piece)


def test_what_cannot_be_worked_out_is_refused_with_what_to_take() -> None:
    for call, words in (
        (lambda: wl.embed("whisper"), "take `wattline transcribe whisper-large-v3`"),
        (lambda: wl.transcribe("bge-m3"), "take `wattline embed bge-m3`"),
        (lambda: wl.transcribe("nvidia/parakeet-tdt-0.6b-v2"), "FastConformer"),
        (lambda: wl.embed("flux.1-dev"), "wattline image flux.1-dev"),
        (lambda: wl.embed("clip", tokens="1M"), "reads images; give --images"),
        (lambda: wl.embed("bge-m3", images=3), "reads text; give --tokens"),
        (lambda: wl.embed("bge-large", document_tokens=600), "up to the 512"),
        (lambda: wl.embed("bge-large", engine="vllm"), "unknown engine of encoders"),
        (lambda: wl.transcribe("whisper", "l4", batch=512), "fewer, such as --batch 128"),
        (lambda: wl.prompt("bge-m3"), "take `wattline embed bge-m3`"),
        (lambda: wl.prompt("whisper"), "take `wattline transcribe whisper-large-v3`"),
    ):
        with pytest.raises(WattlineError, match=words):
            call()
    with pytest.raises(NotFound, match="bge-m3"):
        wl.embed("bge-m4")


def test_a_config_is_read_as_the_catalog_s_model(tmp_path: Path) -> None:
    for name in ("bge-m3", "dinov2-large", "whisper-small"):
        model = load_encoder(name, CATALOG)
        (tmp_path / "config.json").write_text(json.dumps(dict(model.settings)))
        if model.reads == SPEECH:
            own, known = (wl.transcribe(m, text_tokens=90, hours=1, draws=0) for m in (tmp_path, name))
        elif model.reads == "images":
            own, known = (wl.embed(m, images=100, draws=0) for m in (tmp_path / "config.json", name))
        else:
            own, known = (wl.embed(m, document_tokens=128, draws=0) for m in (tmp_path, name))
        assert float(own.energy_j) == pytest.approx(float(known.energy_j))
    (tmp_path / "config.json").write_text('{"model_type": "perceiver"}')
    with pytest.raises(WattlineError, match="'perceiver' is not one that Wattline knows"):
        wl.embed(tmp_path)


def test_mlperf_s_rates_of_bert_and_whisper_are_met_within_fifteen_percent() -> None:
    """Offline on one chip: BERT large, SQuAD without filling, in INT8 (v4.1); Whisper large v3 (v5.1)."""
    for chip, rate in (("h100-sxm", 8976), ("h100-pcie", 5785), ("h100-nvl", 6014), ("h200-sxm", 8980), ("l4", 964)):
        bert = wl.embed(
            "bert-large",
            chip,
            tokens=178e6,
            document_tokens=178,
            batch=256,
            engine="tensorrt",
            precision="int8",
            draws=0,
        )
        assert 1e6 / float(bert.duration_s) == pytest.approx(rate, rel=0.15), chip
    for chip, rate in (("h200-sxm", 4261), ("b200", 5462), ("h100-nvl", 2767), ("l4", 349)):
        speech = wl.transcribe("whisper-large-v3", chip, text_tokens=100, draws=0)
        assert float(speech.figures()["output_tokens_per_s"]) == pytest.approx(rate, rel=0.15), chip
