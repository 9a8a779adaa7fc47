"""Energy shared by hand: what each claim, idle and nobody takes, within which range, and who ran by the files."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.track import Track, track
from wattline.meter.readings.clean import clean
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec
from wattline.meter.sharing.idle import find_idle
from wattline.meter.sharing.processes import ProcessClaims, Sample, process_claims
from wattline.meter.sharing.share import share_jobs, share_processes
from wattline.meter.sharing.split import Workload, split_device

T0 = 1_735_689_600.0  # 2025-01-01T00:00:00Z


def gpu(power_w: Any = 200.0, uuid: str = "GPU-0", error: float = 0.0, host: str = "n1", name: str = "") -> Series:
    """A reading a second for 100 s; a level swings by a hundredth, of which whole seconds hold the mean."""
    level = np.asarray(power_w, float)
    watts = level.copy() if level.ndim else level * (1 + 0.01 * (-1.0) ** np.arange(101))
    return Series(Device(host, uuid, "gpu", name), Spec("file", error=error), T0 + np.arange(101.0), watts)


def of(series: Series) -> Track:
    return track(clean(series).powers)


def job(name: str, begin: float, end: float, *devices: str, weight: float = 1.0) -> Workload:
    return Workload(name, T0 + begin, T0 + end, devices, (), weight)


def shared_json(recording: Recording, jobs: list[Workload], **more: Any) -> dict[str, Any]:
    return dict(share_jobs(recording, jobs, **more).json())


def test_two_devices_of_different_error_add_up_with_their_ranges() -> None:
    """20 kJ within a tenth and 10 kJ within a fifth: each may be off by 2 kJ."""
    recording = Recording([gpu(200, "GPU-0", 0.1), gpu(100, "GPU-1", 0.2)], source="rec.csv", notes=["as read"])
    data = shared_json(recording, [job("a", 0, 50, "0"), job("b", 0, 100, "1"), job("b", 50, 75, "0")], idle_w=20.0)
    assert data["inputs"] == {"recording": "rec.csv"}
    assert data["notes"] == ["as read"]
    results = data["results"]
    wh = {name: value / 3600 for name, value in {"low": 26_000, "value": 30_000, "high": 34_000}.items()}
    assert results["energy_wh"] == pytest.approx(wh)
    assert (results["idle_wh"], results["unknown_wh"]) == (pytest.approx((1500 + 5000 + 2000) / 3600), 0)
    b, a = results["claims"]
    assert (b["name"], b["energy_wh"], b["share"]) == ("b", pytest.approx(12_500 / 3600), pytest.approx(12.5 / 30))
    assert b["devices_wh"] == pytest.approx({"n1/GPU-0": 4500 / 3600, "n1/GPU-1": 8000 / 3600})
    assert (a["name"], a["devices_wh"]) == ("a", {"n1/GPU-0": pytest.approx(9000 / 3600)})
    first, second = results["devices"]
    assert first["energy_wh"] == pytest.approx({"low": 5, "value": 5.5555555556, "high": 6.1111111111})
    assert (first["begin"][:19], first["end"][:19]) == ("2025-01-01T00:00:00", "2025-01-01T00:01:40")
    assert (first["idle_w"], first["idle_basis"], first["idle_wh"]) == (20, "given", pytest.approx(6500 / 3600))
    assert second["energy_wh"]["high"] == pytest.approx(12_000 / 3600)


def test_the_wider_side_of_a_range_counts_and_none_lies_below_zero() -> None:
    """A sensor that may read 1.5 times too much cannot have read less than nothing."""
    wide = shared_json(Recording([gpu(36, error=1.5)]), [job("a", 0, 100)], idle_w=0.0)["results"]["energy_wh"]
    assert wide == pytest.approx({"low": 0, "value": 1, "high": 2.5})
    nothing = shared_json(Recording([gpu(0, error=0.1)]), [job("a", 0, 100)], idle_w=0.0)["results"]
    assert nothing["energy_wh"] == {"low": 0, "value": 0, "high": 0}
    assert [claim["share"] for claim in nothing["claims"]] == [0]
    little = share_jobs(Recording([gpu(0.005, error=0.1)]), [job("a", 0, 100)], idle_w=0.0)
    assert little.errors == pytest.approx([0.1])


def test_idle_that_nothing_tells_is_none_and_takes_nothing() -> None:
    data = shared_json(Recording([gpu(200)]), [job("a", 0, 100)])["results"]
    assert [(d["idle_w"], d["idle_basis"], d["idle_wh"]) for d in data["devices"]] == [(None, "unknown", 0)]
    assert data["claims"][0]["energy_wh"] == pytest.approx(20_000 / 3600)


def test_idle_is_the_median_while_nothing_ran_for_five_readings_a_second_apart() -> None:
    """A job's first instant is its own, its last is not."""
    watts = np.full(101, 300.0)
    watts[96:] = [50, 60, 70, 80, 90]
    measured = find_idle(of(gpu(watts)), [job("a", 0, 96)])
    assert (measured.basis, measured.power_w) == ("measured", 70)
    assert find_idle(of(gpu(watts)), [job("a", 0, 97)]).basis != "measured"
    watts[:6] = [40, 50, 60, 70, 80, 300]
    assert find_idle(of(gpu(watts)), [job("a", 5, 101)]).power_w == 60
    assert find_idle(of(gpu(watts)), [job("a", 4, 101)]).basis != "measured"
    # what ran with no weight ran not; of two that overlap each counts
    assert find_idle(of(gpu(watts)), [job("a", 5, 101), job("b", 0, 101, weight=0.0)]).power_w == 60
    assert find_idle(of(gpu(watts)), [job("a", 5, 101), job("b", 0, 4.5)]).basis != "measured"


def test_idle_is_the_lowest_where_it_lies_below_half_of_the_power_at_work() -> None:
    """The power that the lowest and highest hundredth of the readings pass."""
    for low, basis in ((149.0, "lowest"), (150.0, "unknown"), (0.0, "lowest")):
        watts = np.where(np.arange(101) < 10, low, 300.0)
        got = find_idle(of(gpu(watts)), [job("a", 0, 101)])
        assert (got.basis, got.power_w) == (basis, low if basis == "lowest" else 0)
    rare = np.where(np.arange(101) == 50, 10.0, np.where(np.arange(101) == 51, 5000.0, 300.0))
    assert find_idle(of(gpu(rare)), [job("a", 0, 101)]).basis == "unknown"
    known = find_idle(of(gpu(300.0, name="NVIDIA A100-SXM4-80GB")), [job("a", 0, 101)])
    assert known.basis == "catalog"
    assert 40 < known.power_w < 80


def test_a_split_by_hand() -> None:
    """A ramp from 0 to 200 W over 100 s: of each half 2.5 kJ and 7.5 kJ; 10 W are idle."""
    line = of(gpu(np.arange(101.0) * 2))
    split = split_device(line, [job("a", -50, 50), job("b", 50, 900)], 0.0)
    assert split.claims_j == {"a": pytest.approx(2500), "b": pytest.approx(7500)}
    assert (split.total_j, split.idle_j, split.unknown_j, split.left_over_j) == pytest.approx((10_000, 0, 0, 0))
    # idle takes no more than there is: all of the first 5 s, up to 10 W
    split = split_device(line, [job("a", 0, 5), job("a", 5, 100)], 10.0)
    assert split.claims_j == {"a": pytest.approx(10_000 - 25 - 950)}
    known = np.array([T0]), np.array([T0 + 50])
    split = split_device(line, [job("a", 0, 100)], 0.0, known)
    assert (split.claims_j["a"], split.unknown_j, split.left_over_j) == pytest.approx((2500, 7500, 0))
    seen = [(T0 + 0.0, T0 + 10.0), (T0 + 90.0, T0 + 100.0)]
    split = split_device(line, [job("a", 0, 100)], 1.0, None, seen)
    assert (split.total_j, split.idle_j) == pytest.approx((100 + 1900, 20))
    assert split_device(line, [job("a", 500, 600)], 0.0).claims_j == {"a": 0}
    for idle_w in (-1e-9, np.nan, np.inf):
        with pytest.raises(WattlineError, match="idle power"):
            split_device(line, [], idle_w)


def sampled(gpu_name: str, host: str, *samples: tuple[float, str, float]) -> ProcessClaims:
    return process_claims(gpu_name, host, [Sample(T0 + at, gpu_name, host, who, share) for at, who, share in samples])


def test_a_sample_speaks_for_the_time_since_the_one_before_it_and_no_longer_than_five_usual_ones() -> None:
    """Steps of 10 s, and one of 60 s of which 50 are spoken for; the first speaks for a usual step."""
    got = sampled("0", "n1", (10, "p", 50), (20, "p", 50), (30, "", 0), (90, "q", 1))
    assert (got.begin_s - T0).tolist() == [0, 10, 20, 40]
    assert (got.end_s - T0).tolist() == [10, 20, 30, 90]
    assert [(c.name, c.begin_s - T0, c.end_s - T0, c.weight, c.devices, c.hosts) for c in got.claims] == [
        ("p", 0, 10, 50, ("0",), ("n1",)), ("p", 10, 20, 50, ("0",), ("n1",)), ("q", 40, 90, 1, ("0",), ("n1",)),
    ]  # fmt: skip
    alone = sampled("", "", (10, "p", 50))
    assert (alone.begin_s - T0).tolist() == [9]
    assert (alone.claims[0].devices, alone.claims[0].hosts) == ((), ())


def test_samples_reach_the_device_that_they_name_and_all_where_they_name_none() -> None:
    recording = Recording([gpu(100, "GPU-a"), gpu(200, "GPU-b"), gpu(400, "GPU-c", host="n2")])
    steps = [(at, "p", 1.0) for at in range(10, 101, 10)]
    every = share_processes(recording, [sampled("", "", *steps)], idle_w=0.0)
    assert every.claims() == {"p": pytest.approx(70_000)}
    single = share_processes(recording, [sampled("", "n2", *steps)], idle_w=0.0)
    assert (single.claims(), single.unknown_j) == ({"p": pytest.approx(40_000)}, pytest.approx(30_000))
    twice = [sampled("GPU-b", "", *steps[:5]), sampled("1", "n1", *[(at, "q", 1.0) for at in range(60, 101, 10)])]
    two = share_processes(recording, twice, idle_w=0.0)
    assert two.claims() == {"p": pytest.approx(10_000), "q": pytest.approx(10_000)}
    assert two.unknown_j == pytest.approx(50_000)
    late = [(at, "p", 1.0) for at in range(510, 601, 10)]
    early = [(at, "p", 1.0) for at in range(-500, -401, 10)]
    for samples in (sampled("GPU-z", "", *steps), sampled("0", "n1", *late), sampled("0", "n1", *early)):
        with pytest.raises(WattlineError, match="no sample falls on a device"):
            share_processes(recording, [samples])


def test_what_a_recording_holds_is_told_where_nothing_fits() -> None:
    """Three of its devices by name and how many more, from the first to the last reading."""
    later = gpu(uuid="GPU-4")
    late = Series(later.device, later.spec, later.time_s + 50, later.power_w)
    four = [*(gpu(uuid=f"GPU-{k}") for k in (1, 2, 3)), late]
    times = "2025-01-01T00:00:00Z to 2025-01-01T00:02:30Z"
    for series, words in ((four, f"GPU-3 and 1 more, {times}"), (four[1:], f"n1/GPU-3, n1/GPU-4, {times}")):
        with pytest.raises(WattlineError, match=words):
            share_jobs(Recording(series), [job("a", 900, 950)])


def test_what_was_wrong_is_noted_once_for_all_devices_alike() -> None:
    """A spike is told, by name of one device or by how many; a reading that is none is not worth a word here."""
    watts = 200 * (1 + 0.01 * (-1.0) ** np.arange(101))
    spiked, missing = watts.copy(), watts.copy()
    spiked[50], missing[50] = 1e6, np.nan
    short = Series(Device("n1", "GPU-9", "gpu"), Spec("file"), np.array([T0]), np.array([5.0]))
    single = share_jobs(Recording([gpu(spiked, "GPU-a"), gpu(missing, "GPU-b")]), [job("j", 0, 100)], idle_w=0.0)
    assert [note.split(":")[0:2] for note in single.notes] == [["n1/GPU-a", " spike"]]
    assert single.total_j == pytest.approx(40_000, rel=1e-3)
    two = share_jobs(Recording([gpu(spiked, "GPU-a"), gpu(spiked, "GPU-b"), short]), [job("j", 0, 100)], idle_w=0.0)
    assert [note.split(":")[0] for note in two.notes] == ["left out", "2 devices"]
    assert "n1/GPU-9: fewer than two readings" in two.notes[0]
    with pytest.raises(WattlineError, match=r"^rec.csv: n1/GPU-9: fewer than two readings"):
        share_jobs(Recording([short], source="rec.csv"), [job("j", 0, 100)])
    with pytest.raises(WattlineError, match=r"^recording: no device"):
        share_jobs(Recording([]), [job("j", 0, 100)])


def test_a_device_counts_half_an_interval_beyond_its_readings_where_others_were_read() -> None:
    """The first from 0 to 100 s, the second from 19.5 to 80.5."""
    full, part = gpu(200, "GPU-a"), gpu(100, "GPU-b")
    assert part.power_w is not None
    part = Series(part.device, part.spec, part.time_s[20:81], part.power_w[20:81])
    shared = share_jobs(Recording([full, part]), [job("j", 0, 100)], idle_w=0.0)
    assert [each.total_j for each in shared.splits] == pytest.approx([20_000, 6_101])  # the edges' 101 W hold
    assert shared.spans == [(T0, T0 + 100), (T0 + 19.5, T0 + 80.5)]


def test_claims_name_devices_and_hosts_as_people_write_them() -> None:
    recording = Recording(
        [
            gpu(100, "GPU-a", host="10.0.0.1"),
            gpu(200, "GPU-b", host="10.0.0.2:9400"),
            gpu(400, host="N3.x"),
            gpu(800, host="fe80::1"),
            gpu(50, host="fe80::2"),
        ]
    )
    for device, host, joules in (
        ("", "10.0.0.1", 10_000), ("10.0.0.1/gpu-A", "", 10_000), ("", "n3", 40_000), ("", "N3.other:80", 40_000),
        ("GPU-B", "", 20_000), ("n3.X/gpu-0", "", 40_000), ("", "10.0.0.2", 20_000), ("", "FE80::1", 80_000),
    ):  # fmt: skip
        named = Workload("j", T0, T0 + 100, (device,) if device else (), (host,) if host else ())
        assert share_jobs(recording, [named], 0.0).claims() == {"j": pytest.approx(joules)}, (device, host)


def test_readings_of_a_card_that_was_metered_are_shared_corrected_or_as_read() -> None:
    watts = 300 + 30 * np.sin(np.arange(101.0))
    card = Series(Device("n1", "GPU-0", "gpu", "NVIDIA GeForce RTX 3090"), Spec("nvml"), T0 + np.arange(101.0), watts)
    corrected, as_read = (
        share_jobs(Recording([card]), [job("j", 0, 100)], 0.0, as_read).total_j for as_read in (False, True)
    )
    assert as_read == pytest.approx(float(np.trapezoid(watts)))
    assert abs(corrected / as_read - 1) > 0.005
    assert share_jobs(Recording([card]), [job("j", 0, 100)], 0.0).total_j == pytest.approx(corrected)
    samples = [sampled("", "", *[(at, "p", 1.0) for at in range(10, 101, 10)])]
    assert share_processes(Recording([card]), samples, 0.0).total_j == pytest.approx(corrected)
    assert share_processes(Recording([card]), samples, 0.0, True).total_j == pytest.approx(as_read)


def test_idle_goes_by_seconds_and_not_by_readings() -> None:
    """Two readings a second: ten of them are five seconds, nine are not."""
    watts = np.where(np.arange(101) < 10, 60.0, 300.0)
    series = Series(Device("n1", "GPU-0", "gpu"), Spec("file"), T0 + np.arange(101) * 0.5, watts)
    assert find_idle(of(series), [job("a", 5, 60)]).basis == "measured"
    assert find_idle(of(series), [job("a", 4.5, 60)]).basis != "measured"


def test_a_part_of_what_is_not_there_counts_and_time_without_samples_is_told() -> None:
    part = Series(
        Device("n1", "MIG-1", "mig", inside="n1/GPU-9"), Spec("file"), T0 + np.arange(101.0), np.full(101, 36.0)
    )
    samples = [sampled("", "", *[(at, "p", 1.0) for at in range(10, 51, 10)])]
    data = share_processes(Recording([part]), samples, idle_w=0.0).json()["results"]
    assert (data["energy_wh"]["value"], data["unknown_wh"]) == pytest.approx((1, 0.5))
    assert data["devices"][0]["unknown_wh"] == pytest.approx(0.5)
