"""Bounds that no chip can leave: images, video, text and speech of every model on every chip that holds it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip
from wattline.line.work.diffusion.model import KIND, load_diffusion
from wattline.line.work.encoding.model import KIND as ENCODERS
from wattline.line.work.encoding.model import SPEECH, load_encoder
from wattline.line.work.outside import OutsideCatalog
from wattline.predict.answer import Answer

CATALOG, DRAWS = default(), Draws(0)
MADE = sorted(CATALOG.records(KIND))
READ = sorted(CATALOG.records(ENCODERS))
CHIPS = sorted(
    name for name, record in CATALOG.records("chip").items() if "memory_bandwidth_bytes_per_s" in record.facts
)


def answered(name: str, chip: str, **more: Any) -> Answer | None:
    """The answer on a chip; None where the model does not fit it or the chip's rates are not known."""
    makes = {"image": wl.image, "video": wl.video}[load_diffusion(name, CATALOG).makes]
    try:
        return makes(name, chip, draws=0, **more)
    except WattlineError:
        return None


@given(st.sampled_from(MADE), st.sampled_from(CHIPS))
@settings(max_examples=60, deadline=None)
def test_no_image_beats_the_chip_s_peak_its_memory_or_its_limit(name: str, chip: str) -> None:
    """Time is at least arithmetic over the peak and weights over bandwidth; watts lie between idle and the limit."""
    answer = answered(name, chip, active=1, steps=10)
    if answer is None:
        return
    device, model = load_chip(chip, DRAWS), load_diffusion(name, CATALOG)
    forward = model.passes(model.sizes()).denoiser
    figures, steps = answer.figures(), 10 * model.usual.passes
    seconds, watts = float(figures["batch_latency_s"]), float(figures["chip_w"])
    assert seconds >= float(forward.total_flops) * steps / device.peak_flops("bf16") * 0.999
    assert seconds >= forward.parameters * 2 * 10 / float(device.bandwidth_bytes_per_s) * 0.999
    assert float(device.idle_w) * 0.5 <= watts <= float(device.tdp_w) * 1.0001
    assert float(figures["chip_j"]) == pytest.approx(seconds * watts, rel=1e-6)
    assert sum(map(float, answer.bill.parts.values())) == pytest.approx(float(answer.energy_j), rel=1e-9)


@given(st.sampled_from(MADE), st.sampled_from(["h100-sxm", "b200", "mi300x"]), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_a_larger_picture_or_a_longer_film_never_takes_less(name: str, chip: str, times: int) -> None:
    video = load_diffusion(name, CATALOG).makes == "video"
    small = answered(name, chip, size=256, active=1, **({"frames": 17} if video else {}))
    large = answered(name, chip, size=256 * (times + 1), active=1, **({"frames": 17} if video else {}))
    assert small is not None
    assert large is None or float(large.energy_j) > float(small.energy_j)
    if video:
        longer = answered(name, chip, size=256, frames=17 + 16 * times, active=1)
        assert longer is None or float(longer.energy_j) > float(small.energy_j)


@given(st.sampled_from(READ), st.sampled_from(CHIPS), st.sampled_from([1, 16]))
@settings(max_examples=60, deadline=None)
def test_no_encoder_beats_the_chip_s_peak_or_its_limit(name: str, chip: str, batch: int) -> None:
    model, device = load_encoder(name, CATALOG), load_chip(chip, DRAWS)
    speech = model.reads == SPEECH
    more: dict[str, Any] = {} if speech else {"images": 1e4} if model.reads == "images" else {"tokens": 1e6}
    try:
        answer = (wl.transcribe if speech else wl.embed)(name, chip, batch=batch, draws=0, **more)
    except WattlineError:
        return
    figures = answer.figures()
    passed = model.speech().encoder if speech else model.forward(model.tokens)
    peak = device.peak_flops("bf16")
    assert float(figures["batch_latency_s"]) >= float(passed.total_flops) * min(batch, 1) / peak * 0.999
    assert float(device.idle_w) * 0.5 <= float(figures["chip_w"]) <= float(device.tdp_w) * 1.0001


@pytest.mark.parametrize(("command", "name", "words"), [
    (wl.image, "sora-2", "wattline video sora-2"), (wl.video, "dall-e-3", "wattline image dall-e-3"),
    (wl.embed, "text-embedding-3-large", "embedding"),
    (wl.embed, "voyage-3", "embedding"), (wl.transcribe, "gpt-4o-transcribe", "speech"),
    (wl.image, "gpt-4o", "wattline prompt gpt-4o"), (wl.embed, "claude-opus-4", "wattline prompt"),
    (wl.prompt, "midjourney", "images"),
])  # fmt: skip
def test_what_is_served_and_was_never_published_is_named_with_what_stands_beside(
    command: Any, name: str, words: str
) -> None:
    with pytest.raises(OutsideCatalog, match=words):
        command(name)


SERVED = ("dall-e-3", "midjourney-v7", "imagen-4", "nano-banana", "gpt-image-1"), ("sora-2", "veo-3", "kling-2")


@pytest.mark.parametrize(
    ("command", "name"), [*((wl.image, name) for name in SERVED[0]), *((wl.video, name) for name in SERVED[1])]
)
def test_makers_that_never_published_get_a_range_of_open_models_of_their_kind(command: Any, name: str) -> None:
    """No point: the range spans a factor of ten and more, the bill adds up, and a narrower question costs less."""
    answer = command(name, draws=400)
    energy = answer.range("energy_j")
    assert energy.p95 > 10 * energy.p5
    assert name in answer.title
    assert "take the range" in answer.warnings[0]
    np.testing.assert_allclose(answer.bill.energy_j, answer.bill.delivered_j, rtol=1e-9)
    smaller = command(name, draws=400, size=512)
    assert np.all(smaller.figures()["chip_j"] < answer.figures()["chip_j"])
    with pytest.raises(WattlineError, match="take 100 or more"):
        command(name, draws=0)


def test_the_range_of_a_served_maker_holds_each_of_its_open_kin() -> None:
    energy = wl.image("dall-e-3", draws=2000).range("energy_j")
    for kin in ("stable-diffusion-xl", "flux.1-dev", "qwen-image"):
        assert energy.p5 < wl.image(kin, size=1024, draws=200).range("energy_j").p50 < energy.p95


@pytest.mark.parametrize("beyond", [{"batch": 1024}, {"size": 16384, "batch": 4}])
def test_tokens_that_no_chip_can_hold_are_refused(beyond: dict[str, int]) -> None:
    with pytest.raises(WattlineError, match="at the least"):
        wl.image("flux.1-dev", "h100-sxm", **beyond)
    assert np.isfinite(float(wl.image("flux.1-dev", "h100-sxm", batch=16, draws=0).energy_j))


def test_every_measured_configuration_fits(shared_data: Any) -> None:
    """What was measured did fit: the least memory that is asked for refuses none of it."""
    from wattline.validate.evidence.diffusion import read_any

    seen = set()
    for file in ("mlenergy/text_to_image.csv", "mlenergy/text_to_video.csv", "mlenergy_v2/diffusion_text_to_image.csv"):
        for row in read_any(shared_data / file)[0]:
            split = {"ulysses": int(row.layout.ulysses), "ring": int(row.layout.ring)}
            key = (row.model.key, row.chip.record.name, tuple(split.values()), row.batch, row.pixels)
            if key in seen:
                continue
            seen.add(key)
            size = f"{row.pixels[1]:.0f}x{row.pixels[0]:.0f}"
            more: dict[str, Any] = {"frames": int(row.pixels[2])} if row.model.makes == "video" else {}
            more |= {"size": size, "batch": int(row.batch), "split": split_words(split)}
            makes = wl.image if row.model.makes == "image" else wl.video
            makes(row.model.key, row.chip.record.name, draws=0, **more)
    assert len(seen) > 300


def split_words(split: dict[str, int]) -> str | None:
    """A split as a user writes it."""
    words = [f"{name}={count}" for name, count in split.items() if count > 1]
    return ",".join(words) or None


@pytest.mark.parametrize("name", ["z-image-turbo", "auraflow-0.3", "lumina-image-2.0", "flux.2-dev", "qwen-image"])
def test_every_transformer_is_split_over_chips_and_its_exchange_costs(name: str) -> None:
    """Whatever names a class gives its heads and layers: four chips are faster than one and take more energy."""
    single, four = (wl.image(name, "h100-sxm", gpus=gpus, active=1, draws=0) for gpus in (1, 4))
    assert float(four.figures()["batch_latency_s"]) < float(single.figures()["batch_latency_s"])
    assert float(four.figures()["chip_j"]) > float(single.figures()["chip_j"])


@pytest.mark.parametrize("model", ["flux.1-dev", "qwen-image", "stable-diffusion-3.5-large"])
@pytest.mark.parametrize("chip", ["h100-sxm", "a100-sxm-80gb", "rtx-4090", "b200"])
def test_a_narrower_format_never_takes_more_memory_nor_more_time_or_energy(model: str, chip: str) -> None:
    """Weights are counted in the format that is named, and its speed is that of chips that compute in it."""
    energies: list[float] = []
    for precision in ("nvfp4", "fp8", "bf16"):
        try:
            energies.append(float(wl.image(model, chip, precision=precision, draws=0).energy_j))
        except WattlineError as error:
            energies.append(np.inf if "do not fit" in str(error) else np.nan)
    assert all(narrow <= wide * (1 + 1e-9) for narrow, wide in pairwise(energies))


def test_a_format_without_arithmetic_saves_memory_alone() -> None:
    wide, narrow = (wl.image("flux.1-dev", "a100-sxm-80gb", precision=form, draws=0) for form in ("bf16", "fp8"))
    assert float(narrow.duration_s) == pytest.approx(float(wide.duration_s), rel=0.05)
