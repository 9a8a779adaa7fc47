"""Attribution: whatever ran, the parts add up to the device's energy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from meter_files import usage as report
from wattline.core.errors import WattlineError
from wattline.meter.device import Device
from wattline.meter.energy.track import Track, track
from wattline.meter.readings.clean import clean
from wattline.meter.recording import Recording, Series, on_host
from wattline.meter.sensor import Spec
from wattline.meter.sharing.idle import find_idle
from wattline.meter.sharing.share import share_jobs, shared_series
from wattline.meter.sharing.split import Workload, share, split_device

T0 = 1.7e9
POSITIVE = st.floats(0, 1e12, allow_nan=False)


def gpu(power_w: float | np.ndarray = 200.0, seconds: float = 100.0, uuid: str = "GPU-0", host: str = "n1") -> Series:
    time = T0 + np.arange(0, seconds + 0.5, 1.0)
    return Series(Device(host, uuid, "gpu"), Spec("file"), time, np.broadcast_to(power_w, time.shape).astype(float))


def tracked(series: Series) -> Track:
    return track(clean(series).powers)


def job(
    name: str, begin: float, end: float, *devices: str, weight: float = 1.0, hosts: tuple[str, ...] = ()
) -> Workload:
    return Workload(name, T0 + begin, T0 + end, devices, hosts, weight)


@given(st.data(), st.integers(0, 6), st.integers(1, 8))
def test_what_is_shared_and_idle_add_up_to_the_energy(data: st.DataObject, claims: int, n: int) -> None:
    energy = data.draw(hnp.arrays(float, n, elements=POSITIVE))
    idle = data.draw(hnp.arrays(float, n, elements=POSITIVE))
    weights = data.draw(hnp.arrays(float, (claims, n), elements=st.floats(0, 1e308, allow_nan=False)))
    part, rest = share(energy, idle, weights)
    assert part.shape == (claims, n)
    assert (part >= 0).all()
    assert (rest >= 0).all()
    assert part.sum(axis=0) + rest == pytest.approx(energy, rel=1e-12, abs=1e-300)
    nobody = weights.max(axis=0) == 0 if claims else np.ones(n, bool)
    assert np.array_equal(rest[nobody], energy[nobody])
    assert (rest[~nobody] == np.minimum(idle, energy)[~nobody]).all()


@given(st.floats(1e-300, 1e300), st.floats(0.01, 100))
def test_only_proportions_of_weights_matter(scale: float, ratio: float) -> None:
    part, _ = share([100.0], [10.0], [[scale], [scale * ratio]])
    if scale * ratio > 1e-300:
        assert part[1, 0] / part[0, 0] == pytest.approx(ratio, rel=1e-9)
    assert part.sum() == pytest.approx(90.0, rel=1e-12)


@pytest.mark.parametrize(
    ("energy", "idle", "weights"),
    [
        ([-1.0], [0.0], [[1.0]]),
        ([np.nan], [0.0], [[1.0]]),
        ([1.0], [-1.0], [[1.0]]),
        ([1.0], [0.0], [[-1.0]]),
        ([1.0], [0.0], [[np.inf]]),
        ([1.0, 2.0], [0.0], [[1.0]]),
        ([1.0], [0.0], [1.0]),
    ],
)
def test_what_cannot_be_shared_is_refused(energy: list[float], idle: list[float], weights: list[list[float]]) -> None:
    with pytest.raises(WattlineError, match="share:"):
        share(energy, idle, weights)


jobs_strategy = st.lists(
    st.tuples(st.floats(-20, 120), st.floats(0, 90), st.floats(0, 10), st.sampled_from("abc")), max_size=12
)


@given(jobs_strategy, st.floats(0, 300), st.integers(0, 2**32 - 1))
def test_any_jobs_and_idle_make_up_the_device(
    rows: list[tuple[float, float, float, str]], idle_w: float, seed: int
) -> None:
    series = gpu(np.random.default_rng(seed).uniform(50, 400, 101))
    claims = [job(name, begin, begin + length, weight=weight) for begin, length, weight, name in rows]
    split = split_device(tracked(series), claims, idle_w)
    assert series.power_w is not None
    whole = np.sum((series.power_w[1:] + series.power_w[:-1]) / 2 * np.diff(series.time_s))
    assert split.total_j == pytest.approx(whole, rel=1e-12)
    assert abs(split.left_over_j) <= 1e-12 * split.total_j * max(1, len(claims))
    assert all(j >= 0 for j in split.claims_j.values())


@given(st.lists(st.floats(0.1, 99.9), min_size=1, max_size=10, unique=True), st.integers(0, 2**32 - 1))
def test_a_job_cut_in_pieces_takes_as_much_as_whole(cuts: list[float], seed: int) -> None:
    series = gpu(np.random.default_rng(seed).uniform(50, 400, 101))
    edges = [0.0, *sorted(cuts), 100.0]
    # idle watts that the device never falls under: where it does, what is active of an interval is cut off at zero
    whole = split_device(tracked(series), [job("j", 0, 100)], 45.0)
    pieces = split_device(tracked(series), [job("j", a, b) for a, b in pairwise(edges)], 45.0)
    assert pieces.claims_j["j"] == pytest.approx(whole.claims_j["j"], rel=1e-9)


def test_two_jobs_share_while_both_run_and_idle_is_its_own_line() -> None:
    split = split_device(tracked(gpu(200.0)), [job("a", 0, 60), job("b", 40, 80, weight=3.0)], 50.0)
    assert split.claims_j == {"a": pytest.approx(150 * (40 + 20 / 4)), "b": pytest.approx(150 * (20 * 3 / 4 + 20))}
    assert split.idle_j == pytest.approx(50 * 80 + 200 * 20)  # while somebody ran, and all of the time nobody did
    assert split.total_j == pytest.approx(20_000)


def test_many_jobs_in_blocks_come_out_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    series = gpu(rng.uniform(50, 400, 3001), 3000)
    begin = rng.uniform(0, 2900, 400)
    claims = [
        job(f"j{i}", b, b + d, weight=w)
        for i, (b, d, w) in enumerate(zip(begin, rng.uniform(0, 90, 400), rng.uniform(0, 5, 400), strict=True))
    ]
    once = split_device(tracked(series), claims, 60.0)
    monkeypatch.setattr("wattline.meter.sharing.split.BLOCK", 37)
    again = split_device(tracked(series), claims, 60.0)
    assert again.claims_j == pytest.approx(once.claims_j, rel=1e-10)
    assert again.idle_j == pytest.approx(once.idle_j, rel=1e-10)
    assert abs(once.left_over_j) < 1e-12 * once.total_j * 10


def test_time_nobody_can_speak_for_is_its_own_line() -> None:
    split = split_device(
        tracked(gpu(200.0)), [job("p", 0, 30)], 50.0, (np.array([T0, T0 + 20]), np.array([T0 + 25, T0 + 40]))
    )
    assert split.claims_j["p"] == pytest.approx(150 * 30)
    assert split.idle_j == pytest.approx(50 * 30 + 200 * 10)
    assert split.unknown_j == pytest.approx(200 * 60)


def test_a_long_silence_is_not_shared() -> None:
    """What the report leaves out of the recording, no job is given."""
    series = gpu(200 + np.arange(101) % 3, 100.0)
    late = series.time_s + np.where(np.arange(101) > 50, 3600.0, 0.0)
    recording = Recording([Series(series.device, series.spec, late, series.power_w)])
    shared = share_jobs(recording, [job("j", 0, 3700)], idle_w=0.0)
    assert shared.total_j == pytest.approx(report(recording)["energy_wh"]["value"] * 3600, rel=1e-9)
    assert shared.total_j == pytest.approx(100 * 201, rel=0.02)


def test_idle_is_read_while_nothing_ran_or_said_to_be_a_guess() -> None:
    power = np.where(np.arange(101) < 50, 61.0, 300.0)
    assert find_idle(tracked(gpu(power)), [job("a", 50, 100)]).basis == "measured"
    assert find_idle(tracked(gpu(power)), [job("a", 50, 100)]).power_w == pytest.approx(61.0)
    busy = find_idle(tracked(gpu(power)), [job("a", 0, 100)])
    assert (busy.basis, busy.power_w) == ("lowest", pytest.approx(61.0))
    flat = find_idle(tracked(gpu(300.0)), [job("a", 0, 100)])
    assert (flat.basis, flat.power_w) == ("unknown", 0.0)
    named = Series(Device("n", "u", "gpu", "NVIDIA A100-SXM4-80GB"), Spec("file"), gpu().time_s, gpu().power_w)
    assert find_idle(tracked(named), [job("a", 0, 101)]).basis == "catalog"


def test_jobs_find_their_devices_by_index_uuid_and_host() -> None:
    recording = Recording(
        [gpu(100.0, uuid="GPU-a"), gpu(200.0, uuid="GPU-b"), gpu(400.0, uuid="GPU-c", host="n2.cluster")]
    )
    shared = share_jobs(
        recording,
        [
            job("index", 0, 50, "1", hosts=("n1",)),
            job("uuid", 50, 100, "gpu-A"),
            job("node", 0, 100, hosts=("n2",)),
            job("elsewhere", 0, 9, hosts=("n7",)),
        ],
        idle_w=0.0,
    )
    got = {name: {s.device: s.claims_j[name] for s in shared.splits if name in s.claims_j} for name in shared.claims()}
    assert got == {
        "index": {"n1/GPU-b": pytest.approx(200 * 50)},
        "uuid": {"n1/GPU-a": pytest.approx(100 * 50)},
        "node": {"n2.cluster/GPU-c": pytest.approx(400 * 100)},
    }
    assert shared.total_j == pytest.approx(70_000)
    assert sum(shared.claims().values()) + shared.idle_j == pytest.approx(shared.total_j, rel=1e-12)
    assert any("elsewhere" in note for note in shared.notes)
    assert list(shared.claims()) == ["node", "index", "uuid"]


def test_a_part_is_not_counted_beside_its_whole_and_of_fields_one() -> None:
    node = Series(Device("n1", "bmc", "node"), Spec("ipmi"), gpu().time_s, np.full(101, 900.0))
    mig = Series(Device("n1", "MIG-1", "mig", inside="n1/GPU-0"), Spec("nvml"), gpu().time_s, np.full(101, 30.0))
    slow = Series(gpu().device, Spec("nvml", window_s=1.0), gpu().time_s, np.full(101, 190.0))
    assert {s.device.key for s in shared_series(Recording([node, mig, slow, gpu()]))} == {"n1/GPU-0"}
    assert share_jobs(Recording([node, mig, slow, gpu()]), [job("j", 0, 100)], 0.0).total_j == pytest.approx(20_000)
    assert [s.device.kind for s in shared_series(Recording([node]))] == ["node"]


def test_a_machine_that_the_file_does_not_name_can_be_named() -> None:
    recording = Recording([gpu(100.0, uuid="gpu3", host="gpudata"), gpu(200.0, uuid="gpu5", host="gpudata")])
    claims = [job("j", 0, 50, "5", hosts=("n1",))]
    with pytest.raises(WattlineError, match=r"gpudata/gpu3, gpudata/gpu5, 2023-11-14T22:13:20Z to .* \(--host\)"):
        share_jobs(recording, claims, 0.0)
    assert share_jobs(on_host(recording, "n1"), claims, 0.0).claims() == {"j": pytest.approx(200 * 50)}
    with pytest.raises(WattlineError, match="cannot name 2 machines"):
        on_host(Recording([gpu(host="a"), gpu(host="b")]), "n1")


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([job("late", 500, 600)], "no job ran on a device"),
        ([job("other", 0, 50, "GPU-zzz")], "no job ran on a device"),
        ([Workload("two", T0, T0 + 9, (), (), 1.0, 2)], "had 2 of 1 GPUs"),
    ],
)
def test_jobs_that_fit_nothing_are_told(jobs: list[Workload], message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        share_jobs(Recording([gpu()]), jobs)


def test_bad_idle_and_empty_recordings() -> None:
    with pytest.raises(WattlineError, match="idle power"):
        split_device(tracked(gpu()), [], -5.0)
    with pytest.raises(WattlineError, match="no device"):
        share_jobs(Recording([]), [job("a", 0, 1)])
