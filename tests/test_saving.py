"""What a change saved: found where there is one, and not where there is none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from noisy_recordings import START_S, noisy_w, recording_of
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.meter.recording import Window
from wattline.reconcile.saving_test import rate, saving_test


def test_a_saving_of_five_percent_under_noise_of_three_is_found() -> None:
    rng = np.random.default_rng(1)
    result = [
        wl.saving(recording_of(noisy_w(rng, 400)), recording_of(noisy_w(rng, 380))).test.significant for _ in range(40)
    ]
    assert sum(result) >= 38


def test_no_saving_is_found_significant_in_at_most_five_of_a_hundred() -> None:
    rng = np.random.default_rng(2)
    trials = [
        saving_test(*(rate(noisy_w(rng, 400, memory=memory), np.ones(240)) for _ in range(2))).significant
        for memory in (0.0, 0.3, 0.6, 0.8)
        for _ in range(200)
    ]
    for at in range(4):
        assert sum(trials[200 * at : 200 * (at + 1)]) <= 16  # 5% of 200, and three standard errors
    assert sum(trials) <= 0.06 * len(trials)


def test_the_interval_holds_the_true_saving_nineteen_times_in_twenty() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        before, after = (rate(noisy_w(rng, mean), np.ones(240)) for mean in (400.0, 372.0))
        test = saving_test(before, after)
        inside += test.low <= 0.07 <= test.high
    assert inside >= 181


@given(st.floats(0.5, 2.0), st.integers(0, 50))
def test_a_scale_of_all_watts_changes_nothing(scale: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = (noisy_w(rng, mean, seconds=60) for mean in (400.0, 380.0))
    plain = saving_test(rate(before, np.ones(60)), rate(after, np.ones(60)))
    scaled = saving_test(rate(scale * before, np.ones(60)), rate(scale * after, np.ones(60)))
    assert scaled.saved == pytest.approx(plain.saved, abs=1e-9)
    assert scaled.p_value == pytest.approx(plain.p_value, rel=1e-6, abs=1e-12)


@given(st.integers(0, 50))
def test_before_and_after_the_other_way_round_is_the_inverse(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before, after = (rate(noisy_w(rng, mean, seconds=60), np.ones(60)) for mean in (400.0, 380.0))
    there, back = saving_test(before, after), saving_test(after, before)
    assert (1 - there.saved) * (1 - back.saved) == pytest.approx(1)
    assert there.p_value == pytest.approx(back.p_value)


def test_twice_the_work_for_the_same_watts_is_half_of_the_energy() -> None:
    rng = np.random.default_rng(4)
    made = wl.saving(recording_of(noisy_w(rng, 400)), recording_of(noisy_w(rng, 400)), work=(1000, 2000), unit="image")
    assert made.test.saved == pytest.approx(0.5, abs=0.02)
    assert made.test.significant
    assert made.json()["results"]["per"] == "image"
    assert made.json()["results"]["method"] == "IPMVP option A"
    assert made.saved_wh.value == pytest.approx(made.before.total_j * 2 / 3600 - made.after.total_j / 3600, rel=0.01)


def test_windows_that_tell_their_tokens_are_compared_by_the_token() -> None:
    rng = np.random.default_rng(5)

    def steps(tokens: float) -> tuple[Window, ...]:
        return tuple(
            Window("step", START_S + 12 * i, START_S + 12 * i + 10, counts={"tokens": tokens}) for i in range(19)
        )

    before, after = (recording_of(noisy_w(rng, 400), steps(tokens)) for tokens in (1000.0, 1250.0))
    made = wl.saving(before, after, window="step", predicted="20%")
    assert made.test.saved == pytest.approx(0.2, abs=0.03)
    assert made.json()["results"]["method"] == "IPMVP option B"
    assert made.json()["results"]["before"]["blocks"] == 19
    assert made.json()["results"]["predicted_inside"] is True


def test_other_sensors_widen_the_interval() -> None:
    rng = np.random.default_rng(6)
    first, second = noisy_w(rng, 400), noisy_w(rng, 380)
    same = wl.saving(recording_of(first), recording_of(second))
    other = wl.saving(recording_of(first), recording_of(second, source="ipmi"))
    assert other.test.high - other.test.low > 2 * (same.test.high - same.test.low)
    assert any("do not cancel" in text for text in other.warnings)
    assert not any("do not cancel" in text for text in same.warnings)


def test_files_that_name_no_machine_are_of_the_same_sensors_where_that_is_stated(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    for name, mean in (("before", 640.0), ("after", 601.0)):
        lines = [f"{START_S + i},{watts:.1f}" for i, watts in enumerate(noisy_w(rng, mean, 0.02))]
        (tmp_path / f"{name}.csv").write_text("time,power_w\n" + "\n".join(lines) + "\n")
    pair = (tmp_path / "before.csv", tmp_path / "after.csv")
    other, same = wl.saving(*pair), wl.saving(*pair, same_sensors=True)
    assert not other.test.significant
    assert "--same-sensors" in other.warnings[-1]
    assert same.test.significant
    assert same.test.low < 1 - 601 / 640 < same.test.high
    with pytest.raises(WattlineError, match="--same-sensors, but made is of rapl"):
        wl.saving(recording_of(noisy_w(rng, 400), source="rapl"), pair[1], same_sensors=True)


def test_a_recording_too_short_is_refused_with_the_time_it_needs() -> None:
    with pytest.raises(WattlineError, match="too short to tell a saving from chance; record at least"):
        wl.saving(recording_of(np.full(8, 400.0)), recording_of(np.full(200, 400.0)))


def test_two_kinds_of_work_are_refused() -> None:
    rng = np.random.default_rng(7)
    before, after = (recording_of(noisy_w(rng, 400), counts={kind: 100.0}) for kind in ("tokens", "samples"))
    with pytest.raises(WattlineError, match="tells of tokens and made of samples"):
        wl.saving(before, after)


def test_the_command_says_the_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(8)
    for name, mean in (("before", 400.0), ("after", 360.0)):
        rows = [f"{START_S + i:.0f},{watts:.2f}" for i, watts in enumerate(noisy_w(rng, mean))]
        (tmp_path / f"{name}.csv").write_text("time,power_w\n" + "\n".join(rows) + "\n")
    line = ["saving", str(tmp_path / "before.csv"), str(tmp_path / "after.csv"), "--predicted", "10%"]
    with pytest.raises(SystemExit, match="0"):
        main(line)
    text = " ".join(capsys.readouterr().out.split())
    assert "Significant: " in text
    assert "Predicted: 10.0%, inside the interval" in text
    with pytest.raises(SystemExit, match="0"):
        main([*line, "--json"])
    assert json.loads(capsys.readouterr().out)["results"]["significant"] is True


@pytest.mark.parametrize("predicted", ["150%", "-5%", "much"])
def test_a_predicted_share_that_is_none_is_refused(predicted: str) -> None:
    watts = noisy_w(np.random.default_rng(9), 400)
    with pytest.raises(WattlineError, match="predicted"):
        wl.saving(recording_of(watts), recording_of(watts), predicted=predicted)
