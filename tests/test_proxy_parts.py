"""The proxy's parts without sockets: sharing conserves, weights of tokens, intervals of sensors, its journal."""

from __future__ import annotations

import random
import socket
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from model_server import Machine, Simulated
from proxy_requests import made
from wattline.core.errors import WattlineError
from wattline.meter.sensor import Reading, SensorGone
from wattline.meter.sharing.split import share
from wattline.web.proxy.interval_split import share_within
from wattline.web.proxy.ledger import Interval, Ledger
from wattline.web.proxy.request_log import RequestLog
from wattline.web.proxy.sampler import IntervalSampler, choose_sensors
from wattline.web.proxy.token_weights import generic, model_weights
from wattline.web.proxy.tracked_request import TrackedRequest, Typical, as_json, predicted_j
from wattline.web.proxy.usage import Tokens

JOULES = st.floats(0.0, 1e7)


@given(st.integers(0, 6), st.integers(1, 5), st.data())
def test_shares_and_idle_are_the_energy(claims: int, intervals: int, data: st.DataObject) -> None:
    energy = np.array(data.draw(st.lists(JOULES, min_size=intervals, max_size=intervals)))
    idle = np.array(data.draw(st.lists(JOULES, min_size=intervals, max_size=intervals)))
    any_weight = st.floats(0.0, 1e300) | st.just(0.0) | st.floats(0.0, 1e-300)
    many = st.lists(any_weight, min_size=claims * intervals, max_size=claims * intervals)
    weights = np.array(data.draw(many)).reshape(claims, intervals)
    shares, rest = share(energy, idle, weights)
    assert shares.shape == weights.shape
    assert np.all(shares >= 0)
    np.testing.assert_allclose(shares.sum(axis=0) + rest, energy, rtol=1e-12, atol=0)
    claimed = weights.sum(axis=0) > 0
    np.testing.assert_allclose(rest[~claimed], energy[~claimed])
    np.testing.assert_allclose(rest[claimed], np.minimum(idle, energy)[claimed], rtol=1e-9, atol=1e-9 * energy.max())


def test_shares_follow_the_weights() -> None:
    shares, rest = share(np.array([100.0, 40.0]), np.array([10.0, 0.0]), np.array([[1.0, 0.0], [2.0, 4.0]]))
    np.testing.assert_allclose(shares, [[30.0, 0.0], [60.0, 40.0]])
    np.testing.assert_allclose(rest, [10.0, 0.0])


def test_requests_one_after_the_other_in_an_interval_get_the_time_of_each() -> None:
    rows = np.array([[-5.0, 0.2, 7.0], [0.4, 1.0, 1.0]])
    result = share_within((0.0, 1.0), 300.0, 150.0, 0.0, rows, np.ones((2, 1)))[:, 0]
    # 0.2 s at rest take 30 J; the 270 J left are spread over 0.8 s, whatever the weights
    np.testing.assert_allclose(result, [67.5, 202.5], rtol=1e-6)


def test_watts_at_rest_beside_requests_are_idle() -> None:
    rows = np.array([[0.0, 1.0, 3.0], [0.0, 1.0, 1.0]])
    result = share_within((0.0, 1.0), 300.0, 300.0, 100.0, rows, np.ones((2, 1)))[:, 0]
    np.testing.assert_allclose(result, [150.0, 50.0])


@given(st.integers(0, 2**32 - 1))
def test_requests_and_idle_are_what_the_device_took_whatever_happens(seed: int) -> None:
    chance = random.Random(seed)
    book: list[tuple[float, float]] = []
    ledger = Ledger(
        generic(), Typical(4.2, 0.02), hold_s=chance.choice([0.5, 30.0]),
        on_settled=lambda interval, idle, requests: book.append((idle or 0.0, requests or 0.0)),
    )  # fmt: skip
    now, last, device = 0.0, 0.0, 0.0
    everyone: list[TrackedRequest] = []
    for step in range(120):
        now += chance.expovariate(20)
        what = chance.random()
        if what < 0.25 and step < 100:
            everyone.append(made(str(step), now, stream=chance.random() < 0.7, text_bytes=chance.randrange(5000)))
            ledger.begin(everyone[-1])
        elif what < 0.6 and ledger.running:
            tracked = chance.choice(list(ledger.running.values()))
            tracked.first_s = tracked.first_s or now
            tracked.deltas += 1
            tracked.unseen += 1
        elif what < 0.8 and ledger.running:
            tracked = chance.choice(list(ledger.running.values()))
            tracked.status = chance.choice([200, 200, 400])
            if chance.random() < 0.5:
                tracked.tokens = Tokens(chance.randrange(1000), None, chance.randrange(100), "reported")
            ledger.end(tracked, now)
        elif now > last:
            joules = chance.choice([None, 0.0, chance.expovariate(0.01)])
            device += joules or 0.0
            ledger.add(Interval(last, now - chance.choice([0.0, 1e-4]) * (now - last), joules))
            last = ledger._last.end_s if ledger._last else now
            while ledger.settle(now):
                pass
    for tracked in list(ledger.running.values()):
        ledger.end(tracked, now)
    ledger.add(Interval(last, now + 1, 50.0))
    while ledger.settle(now + 100):
        pass
    device += 50.0
    total = ledger.totals
    assert total.device_j == pytest.approx(device, rel=1e-12)
    assert total.requests_j + total.idle_j == pytest.approx(device, rel=1e-12)
    assert sum(tracked.energy_j for tracked in everyone) == pytest.approx(total.requests_j, rel=1e-9, abs=1e-9)
    assert sum(map(sum, book)) == pytest.approx(device, rel=1e-12)
    for tracked in everyone:
        assert ledger.settled(tracked)
        assert tracked.provisional == pytest.approx(0.0, abs=1e-9 * (1 + device))
        assert all(joules >= 0 for row in tracked.settled for joules in row)


def test_a_long_prompt_and_a_long_answer_weigh_by_their_tokens() -> None:
    ledger = Ledger(generic(), Typical(4.2, 0.02))
    reader, writer = made("reader", 0.0), made("writer", 0.0)
    for tracked, prompt, output in ((reader, 5000, 10), (writer, 10, 1000)):
        ledger.begin(tracked)
        tracked.first_s, tracked.deltas, tracked.unseen = 0.0001, output, output - 1
        tracked.tokens = Tokens(prompt, None, output, "reported")
    for tracked in (reader, writer):
        ledger.end(tracked, 1.0)
    ledger.add(Interval(0.0, 1.0, 1000.0))
    ledger.settle(1.0)
    assert reader.settled[0][1] + writer.settled[0][1] < 1.0  # all prefill was in the first 0.1 ms
    assert writer.energy_j / reader.energy_j == pytest.approx(999 / 9, rel=0.03)


def test_cached_prompt_tokens_weigh_nothing() -> None:
    ledger = Ledger(generic(), Typical(4.2, 0.02))
    fresh, cached = made("fresh", 0.0), made("cached", 0.0)
    for tracked, kept in ((fresh, 0), (cached, 900)):
        ledger.begin(tracked)
        tracked.tokens = Tokens(1000, kept, 1, "reported")
        tracked.first_s, tracked.deltas = 1.0, 1
        ledger.end(tracked, 1.0)
    ledger.add(Interval(0.0, 1.0, 110.0))
    ledger.settle(1.0)
    assert (fresh.energy_j, cached.energy_j) == (pytest.approx(100.0), pytest.approx(10.0))


def test_the_chip_model_weighs_tokens_as_it_takes_joules() -> None:
    weigher = model_weights("llama-3.1-8b", "h100-sxm")
    assert weigher.decode_j(1, 1000) > 5 * weigher.decode_j(16, 1000) > weigher.decode_j(16, 100)
    assert weigher.decode_j(64, 30_000) > weigher.decode_j(64, 300)
    assert weigher.prefill_j(2000) < weigher.decode_j(64, 1000)
    assert weigher.prefill_s(2000) < weigher.decode_s(1, 1000)
    assert 40 < weigher.idle_w < 150
    assert "llama-3.1-8b" in weigher.basis


def test_what_the_chip_model_predicts_of_a_request_is_its_tokens_at_the_batch_beside_it() -> None:
    weigher = model_weights("llama-3.1-8b", "h100-sxm")
    tracked = made("predicted", 0.0)
    assert predicted_j(tracked, weigher) is None  # no tokens are known
    tracked.tokens = Tokens(500, 100, 300, "reported")
    assert predicted_j(tracked, generic()) is None
    alone = predicted_j(tracked, weigher)
    tracked.beside, tracked.intervals = 16 * 5, 5
    beside = predicted_j(tracked, weigher)
    assert alone is not None
    assert beside is not None
    assert beside < alone / 5
    step_j = weigher.decode_j(16, 650) - weigher.idle_w * weigher.decode_s(16, 650) / 16
    assert 299 * step_j < beside < 299 * step_j + 400 * weigher.prefill_j(400)


@pytest.mark.parametrize(
    ("model", "chip", "precision", "says"),
    [("no-such", "h100-sxm", None, "no-such"), ("llama-3.1-8b", "no-such", None, "no-such"),
     ("gpt-4", "h100-sxm", None, "not published"), ("llama-3.1-8b", "h100-sxm", "fp3", "fp3")],
)  # fmt: skip
def test_unknown_models_and_chips_are_refused(model: str, chip: str, precision: str | None, says: str) -> None:
    with pytest.raises(WattlineError, match=says):
        model_weights(model, chip, precision)


class Scripted(Simulated):
    """Gives one reading after the other; None stands for a sensor that is gone."""

    def __init__(self, *readings: Reading | None, wrap_j: float = np.inf) -> None:
        super().__init__(Machine())
        self.readings = list(readings)
        self.spec = self.spec.__class__("scripted", wrap_j=wrap_j)

    def read(self) -> Reading:
        reading = self.readings.pop(0)
        if reading is None:
            raise SensorGone("unplugged")
        return reading


def ticked(*sensors: Scripted, ticks: int) -> list[Interval]:
    """Intervals of a sampler that reads once in 0.1 s and a little."""
    result: list[Interval] = []
    clock = iter(np.arange(0.0, 100.0, 0.05))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("wattline.web.proxy.sampler.time.monotonic", lambda: float(next(clock)))
        sampler = IntervalSampler(sensors, 0.1, result.append)
        for _ in range(ticks):
            sampler.tick()
    return result


def test_a_gap_is_bridged_by_the_counter() -> None:
    readings = [Reading(None, 100.0), Reading(None, 110.0), None, None, Reading(None, 190.0)]
    assert [interval.energy_j for interval in ticked(Scripted(*readings), ticks=5)] == [10.0, 80.0]


def test_a_counter_wraps_and_begins_anew() -> None:
    wrapped = ticked(Scripted(Reading(None, 990.0), Reading(None, 5.0), wrap_j=1000.0), ticks=2)
    assert wrapped[0].energy_j == 15.0
    anew = ticked(Scripted(Reading(None, 9e9), Reading(None, 5.0), Reading(None, 6.0)), ticks=3)
    assert [interval.energy_j for interval in anew] == [5.0, 1.0]  # set back: what it counted since, as in a report


def test_two_devices_add_up_and_one_that_is_gone_makes_the_sum_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    first = Scripted(*(Reading(None, float(x)) for x in (0, 1, 2, 3)))
    second = Scripted(Reading(None, 10.0), Reading(None, 15.0), None, None)
    monkeypatch.setattr("wattline.web.proxy.sampler.GONE_S", -1.0)
    result: list[Interval] = []
    sampler = IntervalSampler([first, second], 0.0, result.append)
    for _ in range(4):
        sampler.tick()
        time.sleep(0.02)  # ticks of one instant are of no length
    assert [interval.energy_j for interval in result] == [6.0, None, None]
    assert "unplugged" in str(sampler.faults)


def test_a_device_counts_once() -> None:
    machine = Machine()
    gpu, worse, other = (Simulated(machine, uuid=uuid) for uuid in ("GPU-0", "GPU-0", "GPU-1"))
    worse.spec = worse.spec.__class__("worse", error=0.5)
    inside = Simulated(machine, uuid="MIG-0")
    inside.device = inside.device.__class__("test-host", "MIG-0", "gpu", inside="test-host/GPU-0")
    cpu = Simulated(machine, uuid="rapl")
    cpu.device = cpu.device.__class__("test-host", "rapl", "cpu")
    assert choose_sensors([cpu, worse, gpu, other, inside]) == [gpu, other]
    assert choose_sensors([cpu]) == [cpu]
    assert choose_sensors([cpu, gpu], ["rapl"]) == [cpu]
    assert choose_sensors([]) == []
    here = Simulated(machine, uuid="GPU-8")
    here.device = here.device.__class__(socket.gethostname(), "GPU-8", "gpu")
    for name in ("127.0.0.1", "localhost", "::1", socket.gethostname()):
        assert choose_sensors([gpu, here], host=name) == [here]
    assert choose_sensors([here], host="192.0.2.7") == []
    far = Simulated(machine, uuid="GPU-9")
    far.device = far.device.__class__("node7.cluster.example", "GPU-9", "gpu")
    assert choose_sensors([gpu, far], host="node7") == [far]
    assert choose_sensors([gpu, far], host="127.0.0.1") == []
    assert choose_sensors([gpu, far], ["node7"], host="127.0.0.1") == [far]


def test_an_interval_lasts_until_a_slow_counter_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(np.arange(0.0, 10.0, 0.05))
    monkeypatch.setattr("wattline.web.proxy.sampler.time.monotonic", lambda: float(next(clock)))
    slow = Scripted(*(Reading(None, float(x)) for x in (0, 0, 0, 50, 50, 50, 90, 90, 90, 90, 90, 90, 90, 90, 90)))
    slow.spec = slow.spec.__class__("slow", period_s=0.25)
    result = ticked(slow, ticks=15)
    assert [interval.energy_j for interval in result] == [50.0, 40.0, 0.0]  # and one that stands still is believed


def test_a_sensor_that_fails_beyond_its_contract_stops_nothing() -> None:
    odd = Scripted(Reading(None, 1.0), Reading(None, 2.0))
    result = ticked(odd, ticks=4)
    assert [interval.energy_j for interval in result] == [1.0]


def test_a_journal_of_before_files_were_marked_goes_on_and_another_database_is_refused(tmp_path: Path) -> None:
    RequestLog(tmp_path / "old.db", {}).close()
    with sqlite3.connect(tmp_path / "old.db") as db:
        db.execute("PRAGMA application_id=0")
        db.execute("PRAGMA user_version=0")
        db.execute("DROP TABLE meta")
    again = RequestLog(tmp_path / "old.db", {})
    assert again.run == 2
    again.close()
    with sqlite3.connect(tmp_path / "other.db") as db:
        db.execute("CREATE TABLE notes(text TEXT)")
    with pytest.raises(WattlineError, match="not a journal of wattline's proxy"):
        RequestLog(tmp_path / "other.db", {})


def test_rows_wait_for_a_disk_that_is_full(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = RequestLog(tmp_path / "proxy.db", {})
    rows = [as_json(made(f"wl-{number}", 0.0), False, 1.0, 0.0, "measured") for number in range(2000)]
    # SQLite's own error of a full disk
    store._db.execute(f"PRAGMA max_page_count = {store._db.execute('PRAGMA page_count').fetchone()[0] + 5}")
    for row in rows:
        store.put(row)
    for _ in range(3):
        store.flush()
    assert capsys.readouterr().err.count("full; requests go on, rows wait in memory") == 1
    assert store.trouble
    store._db.execute("PRAGMA max_page_count = 1000000")
    store.flush()
    store.close()
    assert not store.trouble
    with sqlite3.connect(tmp_path / "proxy.db") as db:
        assert db.execute("SELECT count(*) FROM request").fetchone() == (2000,)
