"""A request in the ledger, by hand: when it is settled, what is remembered, its estimate, and how it is shown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from requests_by_hand import request, settled, weights
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.chip.device import load_chip
from wattline.line.chip.replica_step import decode_step, prefill_step
from wattline.line.work.model import load_model
from wattline.web.proxy import ledger as books
from wattline.web.proxy.interval_split import MAX_EDGES, share_within
from wattline.web.proxy.ledger import Interval, Ledger
from wattline.web.proxy.token_weights import generic, model_weights
from wattline.web.proxy.tracked_request import TrackedRequest, Typical, as_json, first_token_s, phases
from wattline.web.proxy.usage import Tokens


def test_an_interval_waits_until_its_requests_have_ended_or_have_been_waited_for() -> None:
    ledger, running = Ledger(weights(), Typical(4.0, 0.02), hold_s=5.0), request("a", 0, None, 10, 10)
    running.unseen = 9
    ledger.begin(running)
    ledger.add(Interval(0, 1, 100.0))
    ledger.settle(6.0)
    assert (running.energy_j, running.waiting) == (0, 1)
    ledger.settle(6.1)
    assert (running.energy_j, running.waiting) == (pytest.approx(100), 0)
    ledger.add(Interval(1, 2, 40.0))
    running.end_s = 2.0
    ledger.settle(2.0)
    assert running.waiting == 0


def test_a_request_is_done_once_its_last_interval_is_settled() -> None:
    done: list[str] = []
    ledger = Ledger(weights(), Typical(4.0, 0.02), on_done=lambda each: done.append(each.id))
    tracked = request("a", 0.5, None, 10, 10)
    tracked.unseen = 4
    ledger.begin(tracked)
    ledger.add(Interval(0, 1, 100.0))
    tracked.unseen = 5
    ledger.end(tracked, 2.0)
    assert not ledger.settled(tracked)
    ledger.settle(2.0)
    assert done == []
    ledger.add(Interval(1, 2, 100.0))
    ledger.settle(2.0)
    assert done == ["a"]
    assert ledger.settled(tracked)
    ledger.add(Interval(2, 3, 70.0))
    ledger.settle(3.0)
    assert done == ["a"]
    assert ledger.totals.idle_j == pytest.approx(50 + 70)


def test_only_a_portion_is_settled_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "PORTION", 4)
    counts: list[Interval] = []
    ledger = Ledger(weights(), Typical(4.0, 0.02), on_settled=lambda interval, idle_j, given_j: counts.append(interval))
    tracked = request("a", 0, 9, 10, 10)
    ledger.begin(tracked)
    ledger.end(tracked, 9)
    for k in range(5):
        ledger.add(Interval(k, k + 1, 10.0))
    portions = []
    for more in (True, True, False):
        assert ledger.settle(0.0) is more
        portions.append(len(counts))
    assert portions == [2, 4, 5]  # each weighs two: itself and its request


def test_what_is_remembered_is_the_latest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(books, "KEPT", 2)
    ledger = Ledger(weights(), Typical(4.0, 0.02))
    for k in range(4):
        tracked = request(f"id-{k}", k, None, 1, 1, response_id=f"r-{k}")
        ledger.begin(tracked)
        assert ledger.find(f"id-{k}") is ledger.find(f"r-{k}") is tracked
        ledger.end(tracked, k + 0.5)
    assert [ledger.find(f"id-{k}") is not None for k in range(4)] == [False, False, True, True]
    assert [ledger.find(f"r-{k}") is not None for k in range(4)] == [False, False, True, True]
    assert ledger.find("no-such") is None
    ledger.end(tracked, 9.0)  # ended twice: by the client and by the server
    assert ledger.find("id-3") is tracked


def test_only_a_good_answer_that_was_told_teaches() -> None:
    for status, basis, learnt in ((200, "reported", True), (399, "reported", True), (400, "reported", False),
                                  (200, "unknown", False), (500, "unknown", False)):  # fmt: skip
        ledger = Ledger(weights(), Typical(4.0, 0.02))
        tracked = request("a", 0, None, 100, 11, text_bytes=600, status=status)
        tracked.tokens = Tokens(100, None, 11, basis)
        ledger.begin(tracked)
        ledger.end(tracked, 1.0)
        assert (ledger.typical.bytes_per_token != 4.0) is learnt


def test_seconds_unknown_add_up() -> None:
    tracked = request("a", 0, 5, 10, 10)
    ledger = settled(weights(), [Interval(0, 1, None), Interval(1, 4, None), Interval(4, 5, 10.0)], tracked)
    assert (ledger.totals.missing_s, tracked.missing_s) == (4, 4)
    assert tracked.provisional == pytest.approx(0)


def test_power_of_late_is_that_of_the_time_in_which_requests_ran() -> None:
    """At rest 100 W; the other 1,000 J in 4 s: 250 W; and less than half of an interval is no news."""
    tracked = request("a", 0, 4, 10, 11, stream=False)
    tracked.first_s = 0.0
    ledger = settled(weights(), [Interval(-9, -1, 800.0), Interval(-1, 9, 1600.0)], tracked)
    assert ledger.busy_w == pytest.approx((1600 - 100 * 6) / 4)
    for end, power in ((15.0, 250.0), (18.0, (2000 - 100 * 2) / 8)):
        other = request(f"b{end}", 10.0, end, 10, 11, stream=False)
        other.first_s = 10.0
        ledger.begin(other)
        ledger.end(other, end)
        last = Interval(10.0, 20.0, 2000.0)
        ledger.add(last)
        assert ledger.busy_w == pytest.approx(power), end


def test_short_intervals_at_rest_are_watts_too() -> None:
    ledger = settled(weights(), [Interval(0, 0.25, 50.0)])
    assert ledger.resting_w == pytest.approx(200)
    ledger.add(Interval(0.25, 0.5, 100.0))
    assert ledger.resting_w == pytest.approx(0.9 * 200 + 0.1 * 400)


def test_a_request_that_began_with_the_end_of_an_interval_is_none_of_it() -> None:
    tracked = request("a", 1, None, 10, 10)
    ledger = Ledger(weights(), Typical(4.0, 0.02))
    ledger.begin(tracked)
    ledger.add(Interval(0, 1, 100.0))
    assert (tracked.waiting, tracked.provisional) == (0, 0)
    tracked.unseen = 4
    ledger.add(Interval(1, 2, 100.0))
    assert (tracked.unseen, tracked.waiting) == (0, 1)


def test_an_estimate_before_any_power_is_none() -> None:
    ledger = Ledger(weights(idle_w=500.0), Typical(4.0, 0.02))
    tracked = request("a", 0, None, 10, 10)
    tracked.unseen = 9
    assert ledger.estimate_j(tracked, 1.0) is None
    ledger.begin(tracked)
    ledger.add(Interval(0, 1, None))
    assert ledger.estimate_j(tracked, 2.0) is None
    ledger.add(Interval(1, 2, 10.0))
    assert ledger.estimate_j(tracked, 9.0) is None  # less power than idle is no energy of a request


def test_an_estimate_of_one_that_came_since_is_its_part_of_those_that_run() -> None:
    ledger = settled(weights(), [Interval(0, 2, 300.0)], request("old", 0, 2, 10, 10))
    fresh = request("new", 2, None, 10, 10)
    ledger.begin(fresh)
    assert ledger.estimate_j(fresh, 2.5) == pytest.approx(75)
    small = Ledger(weights(), Typical(4.0, 0.02))
    tracked = request("a", 0, None, 10, 10)
    tracked.unseen = 9
    small.begin(tracked)
    small.add(Interval(0, 1, 0.4))
    assert small.estimate_j(tracked, 1.0) == pytest.approx(0.4)


def test_shares_of_a_lone_request_are_asked_for_at_a_batch_of_one() -> None:
    batches: list[float] = []

    def at(batch: float, context: float) -> float:
        batches.append(batch)
        return 1.0

    quiet, whole = request("quiet", 0, 1, 10, 10), request("whole", 0, 1, 10, 10, stream=False)
    settled(weights(decode_j=at), [Interval(0, 1, 1.0)], request("a", 0, 1, 10, 10))
    assert set(batches) == {1}
    ledger = Ledger(weights(decode_j=at), Typical(4.0, 0.02))
    batches.clear()
    for each in (quiet, whole):
        ledger.begin(each)
        ledger.end(each, 1.0)
    ledger.add(Interval(0, 1, 1.0))
    assert set(batches) == {1}  # a stream that brought nothing was not in the batch


def test_what_idle_and_requests_have_is_told_for_each_interval() -> None:
    reported: list[Any] = []
    ledger = Ledger(weights(lambda tokens: 2.0, low=0.5, high=4.0, idle_w=10.0), Typical(4.0, 0.02),
                    on_settled=lambda interval, idle_j, given_j: reported.append((idle_j, given_j)))  # fmt: skip
    tracked = request("a", 0, 1, 50, 11, stream=False)
    ledger.begin(tracked)
    ledger.end(tracked, 1.0)
    ledger.add(Interval(0, 1, 100.0))
    ledger.add(Interval(1, 2, 30.0))
    ledger.add(Interval(2, 3, None))
    ledger.settle(50)
    assert reported == [(pytest.approx(10), pytest.approx(90)), (30, 0), (None, None)]


def test_an_instant_lies_in_the_span_that_it_begins_in() -> None:
    tracked = request("a", 1, 1, 10, 3, stream=False)
    weigher = weights(lambda tokens: 1.0)
    tracked.first_s = 1.0
    for span, part in (((0, 1), 0), ((1, 2), 1), ((2, 3), 0)):
        reading, writing = phases(tracked, 0, span, 1, weigher, Typical(4.0, 0.02))
        assert (reading[2], writing[2]) == (10 * part, 2 * part)
    tracked.begin_s, tracked.end_s = 0.0, 4.0
    assert phases(tracked, 0, (1, 2), 1, weigher, Typical(4.0, 0.02))[0][2] == 0
    assert phases(tracked, 0, (2, 3), 1, weigher, Typical(4.0, 0.02))[0][2] == 0


def test_two_pieces_and_answers_of_one_token() -> None:
    two = request("a", 0, 2, 10, 9, deltas=2, first_s=0.0)
    assert phases(two, 1, (0, 1), 1, weights(), Typical(4.0, 0.02))[1][2] == 8
    for output, pieces in ((1, 0), (0, 0)):
        single = request("a", 0, 2, 10, output, first_s=0.0, deltas=0)
        assert phases(single, pieces, (0, 2), 1, weights(), Typical(4.0, 0.02))[1][2] == 0
        cut = request("a", 0, 2, 10, output, first_s=0.0, deltas=3)
        assert phases(cut, 2, (0, 2), 1, weights(), Typical(4.0, 0.02))[1][2] == 0
    pair = request("a", 0, 2, 100, 2, stream=False)
    assert first_token_s(pair, 100, 2, 2.0, weights()) == pytest.approx(2 * 0.1 / 0.11)
    pair.tokens = Tokens(100, None, 2, "reported", 50.0, None)
    assert first_token_s(pair, 100, 2, 2.0, weights()) == pytest.approx(2 * 0.1 / 0.11)
    pair.tokens = Tokens(100, None, 2, "reported", None, 50.0)
    assert first_token_s(pair, 100, 2, 2.0, weights()) == pytest.approx(2 * 0.1 / 0.11)
    batched = weights(decode_s=lambda batch, context: 0.1 * batch)
    assert first_token_s(pair, 100, 2, 2.0, batched) == pytest.approx(1.0)


def test_a_silent_answer_in_one_piece_lasts_from_its_own_beginning() -> None:
    """From 10 to 12 s at 0.02 s a token: a hundred tokens."""
    silent = TrackedRequest("a", "/", "chat", "m", False, 10.0, 0.0, end_s=12.0, first_s=10.0)
    assert phases(silent, 0, (10, 12), 1, weights(), Typical(4.0, 0.02))[1][2] == pytest.approx(99)
    streamed = TrackedRequest("a", "/", "chat", "m", True, 10.0, 0.0)
    assert streamed.output_tokens(2.0, Typical(4.0, 0.02)) == 0


def test_a_request_as_it_is_shown() -> None:
    tracked = request("a", 2, 5, 100, 7, first_s=3.0, deltas=9, response_id="r", status=200)
    shown = as_json(tracked, False, 10.0, 0.1, "modelled")
    wanted = {"response_id": "r", "model": "m", "status": 200, "duration_s": 3, "first_token_s": 1, "output_tokens": 7}
    assert {name: shown[name] for name in wanted} == wanted
    assert (shown["tokens_basis"], shown["energy_basis"], shown["prefill_j"]) == ("reported", "modelled", None)
    assert (shown["energy_j"], shown["energy_low_j"], shown["energy_high_j"]) == pytest.approx((10, 9, 11))
    fresh = TrackedRequest("b", "/", "chat", "", True, 0.0, 0.0, deltas=1)
    shown = as_json(fresh, False, None, 0.1, "measured")
    nothing = ("response_id", "model", "status", "duration_s", "first_token_s", "energy_j", "energy_high_j")
    assert [shown[name] for name in nothing] == [None] * 7
    assert (shown["output_tokens"], shown["tokens_basis"]) == (1, "counted")
    fresh.deltas = 0
    shown = as_json(fresh, False, None, 0.1, "measured")
    assert (shown["output_tokens"], shown["tokens_basis"]) == (None, "unknown")
    fresh.missing_s = 2.0
    assert as_json(fresh, True, None, 0.1, "measured")["energy_j"] is None
    fresh.settled = [[1.0, 2.0, 3.0], [30.0, 20.0, 10.0]]
    shown = as_json(fresh, True, None, 0.0, "measured")
    assert [shown[f"energy{end}_j"] for end in ("_low", "", "_high")] == [13, 22, 31]
    assert (shown["prefill_j"], shown["decode_j"]) == (2, 20)


def test_up_to_a_number_of_edges_each_begin_and_end_parts_an_interval() -> None:
    """With fewer edges than are even an early request has all of the time before the second."""
    rows = np.array([[0.0, 10.0, 1.0], *[[9.0 + k / 100, 10.0, 1e-9] for k in range(MAX_EDGES - 2)]])
    parts = share_within((0.0, 10.0), 100.0, 0.0, 0.0, rows, np.ones((len(rows), 1)))[:, 0]
    assert parts[0] == pytest.approx(100, rel=1e-6)
    late = np.array([[9.0, 9.5, 1.0]])
    assert share_within((8.0, 10.0), 100.0, 10.0, 0.0, late, np.ones((1, 1)))[0, 0] == pytest.approx(85)
    end = np.array([[10.0, 10.0, 1.0]])
    assert share_within((8.0, 10.0), 100.0, 10.0, 0.0, end, np.ones((1, 1)))[0, 0] == pytest.approx(80, rel=1e-3)


def test_weights_by_the_facts_and_by_the_chip() -> None:
    fact, time, step = (catalog.fact(f"fit.request-{n}") for n in ("prefill-weight", "prefill-time", "step-seconds"))
    plain = generic()
    assert (plain.prefill_j(7), plain.prefill_s(7)) == (fact.value, pytest.approx(time.value * step.value))
    assert (plain.low, plain.high) == (pytest.approx(fact.low / fact.value), pytest.approx(fact.high / fact.value))
    draws = Draws(0)
    model, chip = load_model("llama-3.1-8b", draws.catalog), load_chip("h100-sxm", draws)
    weigher = model_weights("llama-3.1-8b", "h100-sxm", chips=2)
    for tokens in (16.0, 4096.0):
        step_ = prefill_step(model, chip, 2, tokens, "bf16", draws)
        assert weigher.prefill_j(tokens) == pytest.approx(2 * float(step_.energy_j) / tokens)
        assert weigher.prefill_s(tokens) == pytest.approx(float(step_.time_s) / tokens)
        for batch in (1.0, 64.0):
            step_ = decode_step(model, chip, 2, batch, tokens, "bf16", draws)
            assert weigher.decode_j(batch, tokens) == pytest.approx(2 * float(step_.energy_j) / batch)
            assert weigher.decode_s(batch, tokens) == pytest.approx(float(step_.time_s))
    assert weigher.idle_w == pytest.approx(2 * float(chip.idle_w))
    assert weigher.low < 1 < weigher.high < 10
    assert weigher.prefill_j(0.5) == weigher.prefill_j(1.0) == weigher.prefill_j(16.0)
