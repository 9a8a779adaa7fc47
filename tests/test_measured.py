"""From measured device energy to the bill: balance, what is measured and what estimated, what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings import H100, START, chips_only, lively, node_with_gpus, series
from wattline import catalog
from wattline.core.errors import WattlineError
from wattline.meter.recording import Recording, Window
from wattline.meter.sensor import Spec
from wattline.predict.answer import Answer
from wattline.reconcile.bill import bill
from wattline.reconcile.metered import metered_window
from wattline.report.present import as_text


def balanced(answer: Answer) -> None:
    """Parts, delivery and load tell the same energy in every draw, to 1e-9, and every part says what it rests on."""
    parts = sum(answer.bill.parts.values())
    np.testing.assert_allclose(parts, answer.bill.delivered_j, rtol=1e-9)
    np.testing.assert_allclose(answer.load.energy_j, answer.energy_j, rtol=1e-9)
    assert set(answer.basis) == set(answer.bill.parts)
    assert np.all(answer.peak_w >= answer.energy_j / answer.duration_s * (1 - 1e-9))


def kwh(answer: Answer, *parts: str) -> float:
    return float(np.median(sum(answer.bill.parts[part] for part in parts))) / 3.6e6


def test_machines_and_their_gpus_are_told_apart_as_measured() -> None:
    answer = bill(node_with_gpus(), region="us", draws=400)
    balanced(answer)
    assert kwh(answer, "chip_active") == pytest.approx(8 * 650 * 80 / 3.6e6, rel=1e-3)
    assert kwh(answer, "chip_active", "chip_idle", "host") == pytest.approx(6849 * 80 / 3.6e6, rel=1e-3)
    assert (answer.basis["chip_active"], answer.basis["host"]) == ("measured", "measured")
    assert (answer.basis["network"], answer.basis["cooling"]) == ("estimated", "estimated")
    assert answer.range("joules_per_token").p50 == pytest.approx(6849 * 80 / 80_000, rel=1e-3)
    assert answer.range("measured_wh").p50 == pytest.approx(6849 * 80 / 3600, rel=1e-3)
    assert answer.range("accelerators").p50 == 8
    assert answer.load.start.timestamp() == START + 10


def test_chips_alone_get_their_host_and_network_from_the_catalog() -> None:
    answer = bill(chips_only(), region="us", draws=400)
    balanced(answer)
    host = catalog.fact("server.hgx-h100.host_w")
    assert host.low * 80 < float(np.mean(answer.bill.parts["host"])) < host.high * 80
    assert answer.basis == {
        "chip_active": "measured",
        "chip_idle": "measured",
        **dict.fromkeys(("host", "network", "ups", "distribution", "cooling", "fans", "lighting"), "estimated"),
    }
    assert {fact.key: fact.basis for fact in answer.draws.used.values()}["measured.chips"] == "measured"


def test_idle_chips_are_told_from_those_at_work_and_their_hosts_idle_too() -> None:
    power = np.r_[lively(70.0, 51), lively(650.0, 50)]
    chips = Recording([series("gpu", power, uuid=f"GPU-{i}", name=H100) for i in range(8)])
    answer = bill(chips, draws=0)
    balanced(answer)
    assert kwh(answer, "chip_idle") == pytest.approx(8 * 70 * 50 / 3.6e6, rel=0.02)
    assert kwh(answer, "chip_active") == pytest.approx(8 * 650 * 50 / 3.6e6, rel=0.02)
    full, idle = (catalog.fact(f"server.hgx-h100.{name}").value for name in ("host_w", "host_idle_w"))
    assert kwh(answer, "host") == pytest.approx((full + idle) * 50 / 3.6e6, rel=0.02)


def test_what_no_one_knows_is_left_out_and_said() -> None:
    answer = bill(chips_only(name="Strange Accelerator 9000"), draws=50)
    balanced(answer)
    assert set(answer.bill.parts) == {"chip", "ups", "distribution", "cooling", "fans", "lighting"}
    assert any("Strange Accelerator 9000" in note for note in answer.warnings)
    assert any(note.startswith("network") for note in answer.warnings)
    named = bill(chips_only(name="Strange Accelerator 9000"), chip="h100", draws=50)
    assert "host" in named.bill.parts


def test_machines_alone_stay_whole_until_their_chip_is_named() -> None:
    nodes = [series("node", lively(6849.0, 101), host=f"n{i}", uuid="bmc") for i in range(4)]
    recording = Recording(nodes, (Window("run", START, START + 100),))
    whole = bill(recording, draws=100)
    balanced(whole)
    assert whole.basis["server"] == "measured"
    assert "chip" not in whole.json()["results"]["stations"]  # nothing is known of the chips: no zero is shown for them
    split = bill(recording, server="hgx-h100", pue=1.0, draws=100)
    balanced(split)
    assert (split.basis["host"], split.basis["chip_active"], split.basis["ups"]) == ("estimated", "derived", "given")
    np.testing.assert_allclose(
        split.bill.parts["chip_active"] + split.bill.parts["host"], whole.bill.parts["server"], rtol=1e-12
    )
    assert split.range("accelerators").p50 == 32
    text = as_text(split.json())
    assert "Energy at the meters" in text
    assert "derived" in text


def test_switches_are_the_network_and_cpus_alone_are_no_machine() -> None:
    recording = chips_only()
    switch = series("switch", lively(900.0, 101), host="sw")
    with_switch = bill(replace(recording, series=[*recording.series, switch]), draws=50)
    balanced(with_switch)
    assert with_switch.basis["network"] == "measured"
    assert kwh(with_switch, "network") == pytest.approx(900 * 80 / 3.6e6, rel=1e-3)
    cpu = Recording([series("cpu", lively(200.0, 101), spec=Spec("rapl", error=0.02))])
    bare = bill(cpu, draws=50)
    balanced(bare)
    assert set(bare.basis) & {"chip", "chip_active", "network", "server"} == set()
    assert any("fans, disks" in note for note in bare.warnings)


def test_machines_and_chips_of_other_hosts_add_up() -> None:
    node = series("node", lively(6849.0, 101), uuid="bmc")
    other = [series("gpu", lively(650.0, 101), uuid=f"G{i}", host="n2", name=H100) for i in range(8)]
    cpu = series("cpu", lively(300.0, 101), host="n3", spec=Spec("rapl"))
    answer = bill(Recording([node, *other, cpu]), draws=0)
    balanced(answer)
    measured = answer.range("measured_wh").p50
    assert measured == pytest.approx((6849 + 8 * 650 + 300) * 100 / 3600, rel=1e-4)
    it = answer.bill.at("server") - answer.bill.parts["network"]
    assert float(it) / 3600 > measured  # with the host of the chips, estimated
    assert answer.basis["host"] == "estimated"
    assert answer.range("accelerators").p50 == 16
    switch = Recording([series("switch", lively(900.0, 101), host="sw")])
    assert set(bill(switch, draws=0).basis) >= {"network"}


def test_a_model_of_utilisation_is_not_called_measured() -> None:
    guess = series("gpu", lively(300.0, 101), name=H100, spec=Spec("model", error=0.4, modelled=True))
    answer = bill(Recording([guess]), draws=200)
    assert answer.basis["chip_active"] == "modelled"
    assert {fact.key: fact.basis for fact in answer.draws.used.values()}["measured.chips"] == "estimated"
    assert answer.range("measured_wh").p95 / answer.range("measured_wh").p5 > 1.5


def test_a_window_that_readings_cover_in_part_says_so() -> None:
    recording = replace(chips_only(), windows=(Window("run", START + 50, START + 200),))
    answer = bill(recording, draws=0)
    assert float(answer.duration_s) == pytest.approx(50)
    assert any("cover 33" in note for note in answer.warnings)
    dead = series("switch", lively(900.0, 3), host="sw")
    late = replace(recording, series=[*recording.series, replace(dead, time_s=dead.time_s - 1e8)])
    assert any("switch" in note and "no reading" in note for note in bill(late, draws=0).warnings)


@given(
    st.lists(st.floats(1, 1000), min_size=3, max_size=40),
    st.booleans(),
    st.floats(0, 0.6),
    st.sampled_from([None, "h100-sxm"]),
    st.sampled_from([0, 20]),
)
def test_any_recording_balances(power: list[float], node: bool, error: float, chip: str | None, draws: int) -> None:
    gpu = series("gpu", power, name="?", spec=Spec("nvml", error=error))
    more = [series("node", np.asarray(power) * 1.5 + 100, uuid="bmc")] if node else []
    balanced(bill(Recording([gpu, *more]), chip=chip, draws=draws))


def test_energy_of_windows_adds_up_to_the_whole_at_the_meters() -> None:
    recording = node_with_gpus()
    whole, first, second = (
        metered_window(recording, w, catalog.default()).energy.energy_j for w in ("0..90", "0..37.5", "37.5..90")
    )
    assert first + second == pytest.approx(whole)


@pytest.mark.parametrize(
    ("given_too", "message"),
    [
        ({"chip": "h1000"}, "h100"),
        ({"server": "nosuch"}, "server"),
        ({"pue": 0.5}, "PUE"),
        ({"region": "nowhere"}, "region"),
        ({"window": "epcoh"}, "epoch"),
        ({"window": "500..600"}, "no reading"),
    ],
)
def test_bad_input_is_told_in_one_line(given_too: dict[str, Any], message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        bill(node_with_gpus(), draws=0, **given_too)


def test_an_uneven_error_stays_uneven() -> None:
    from wattline.meter.energy.series import SeriesEnergy

    part = metered_window(chips_only(), None, catalog.default()).parts["chips"]
    fact = replace(part, energy=SeriesEnergy(100 * 3.6e6, 80 * 3.6e6, 101 * 3.6e6, 80.0)).fact("chips", "x")
    assert (fact.value, fact.dist, fact.unit) == (100, "lognormal", "kWh")
    assert 80 < fact.low < 84
    assert 100.5 < fact.high < 101


def test_nothing_read_is_an_error_not_zero() -> None:
    with pytest.raises(WattlineError, match="no energy was read"):
        bill(Recording([series("gpu", [np.nan] * 5)], source="x"), draws=0)
    with pytest.raises(WattlineError, match="no readings"):
        bill(Recording([]), draws=0)
