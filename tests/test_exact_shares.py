"""What a request has of a device's joules, by hand: who ran, how long, and what its tokens weigh."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from requests_by_hand import request, settled, weights
from wattline.meter.device import Device
from wattline.meter.sensor import Reading, Spec
from wattline.web.proxy import sampler
from wattline.web.proxy.interval_split import MAX_EDGES, share_within
from wattline.web.proxy.ledger import Interval, Ledger
from wattline.web.proxy.token_weights import generic
from wattline.web.proxy.tracked_request import TrackedRequest, Typical, as_json, first_token_s, phases, predicted_j
from wattline.web.proxy.usage import Tokens


def test_an_output_token_weighs_at_the_prompt_and_half_of_the_answer() -> None:
    """Weights that are the context itself: 99 tokens at 100 + 50, beside 49 at 300 + 25."""
    first, other = request("a", 0, 1, 100, 100), request("b", 0, 1, 300, 50)
    settled(weights(decode_j=lambda batch, context: context), [Interval(0, 1, 1000.0)], first, other)
    assert first.energy_j == pytest.approx(1000 * 99 * 150 / (99 * 150 + 49 * 325))
    assert other.energy_j == pytest.approx(1000 * 49 * 325 / (99 * 150 + 49 * 325))


def test_a_cached_prompt_is_context_too_but_is_not_read() -> None:
    cached, fresh = request("a", 0, 1, 100, 11), request("b", 0, 1, 100, 11)
    cached.tokens = Tokens(100, 60, 11, "reported")
    span, weigher = (0.0, 1.0), weights(lambda tokens: 2.0, lambda batch, context: context)
    for each, read in ((cached, 40), (fresh, 100)):
        each.first_s = 0.5
        reading, writing = phases(each, 10, span, 2, weigher, Typical(4.0, 0.02))
        assert reading == (0, 0.5, pytest.approx(2.0 * read))
        assert writing == (0.5, 1, pytest.approx(10 * (100 + 5.5)))


def test_a_prediction_reads_what_is_not_cached_and_writes_at_the_prompt_and_half_of_the_answer() -> None:
    """Above idle watts: 60 tokens read, and 10 written after the first, at 100 + 5.5, two requests to a step."""
    tracked = request("a", 0, 1, 100, 11)
    tracked.tokens, tracked.beside, tracked.intervals = Tokens(100, 40, 11, "reported"), 6, 3
    chip = weights(
        lambda tokens: tokens / 100,
        lambda batch, context: batch * context,
        decode_s=lambda batch, context: context / 1000,
        idle_w=10.0,
        in_joules=True,
    )
    assert predicted_j(tracked, chip) == pytest.approx(60 * (0.6 - 0.01) + 10 * (211 - 10 * 0.1055 / 2))


def test_a_weight_is_asked_for_at_the_batch_that_ran() -> None:
    batches: list[float] = []

    def at(batch: float, context: float) -> float:
        batches.append(batch)
        return 1.0

    settled(weights(decode_j=at), [Interval(0, 1, 1.0)], *(request(n, 0, 1, 10, 10) for n in "abc"))
    assert set(batches) == {3}


def test_a_piece_may_hold_several_tokens() -> None:
    """Five pieces after the first stand for the nine tokens after the first: two of them for 3.6."""
    tracked = request("a", 0, 1, 10, 10, deltas=6, first_s=0.0)
    assert phases(tracked, 2, (0, 1), 1, weights(), Typical(4.0, 0.02))[1][2] == pytest.approx(2 * 9 / 5)


def test_an_answer_in_one_piece_is_parted_by_the_servers_times_or_the_models() -> None:
    tracked = request("a", 2, 4, 100, 11, stream=False)
    assert first_token_s(tracked, 100, 11, 4, weights()) == pytest.approx(2 + 2 * 0.1 / (0.1 + 0.1))
    slow = weights(decode_s=lambda batch, context: context / 1000)
    assert first_token_s(tracked, 100, 11, 4, slow) == pytest.approx(2 + 2 * 0.1 / (0.1 + 10 * 0.1055))
    tracked.tokens = Tokens(100, None, 11, "reported", 300.0, 1500.0)
    assert first_token_s(tracked, 100, 11, 4, weights()) == pytest.approx(4 - 1.5)
    tracked.tokens = Tokens(100, None, 11, "reported", 300.0, 9000.0)
    assert first_token_s(tracked, 100, 11, 4, weights()) == 2
    assert first_token_s(tracked, 100, 1, 4, weights()) == 4


def test_prefill_and_decode_go_evenly_over_their_time() -> None:
    """Read from 0 to 2 s and written from 2 to 4 s; the span from 1 to 3 has half of each."""
    tracked = request("a", 0, 4, 100, 41, stream=False)
    tracked.first_s = 2.0
    reading, writing = phases(tracked, 0, (1, 3), 1, weights(lambda tokens: 1.0), Typical(4.0, 0.02))
    assert (reading[2], writing[2]) == (pytest.approx(50), pytest.approx(20))
    before, after = ((phases(tracked, 0, s, 1, weights(lambda t: 1.0), Typical(4.0, 0.02))) for s in ((0, 2), (2, 9)))
    assert [before[0][2], before[1][2]] == [pytest.approx(100), 0]
    assert after[1][2] == pytest.approx(40)


def test_tokens_that_are_not_told_are_counted_or_guessed() -> None:
    typical = Typical(4.0, 0.02)
    silent = TrackedRequest("a", "/", "chat", "m", False, 0.0, 0.0, text_bytes=400)
    assert silent.prompt_tokens(typical) == 100
    assert silent.output_tokens(3.0, typical) == 150
    silent.kind = "embeddings"
    assert silent.output_tokens(3.0, typical) == 0
    silent.stream, silent.deltas = True, 7
    assert silent.output_tokens(3.0, typical) == 7
    silent.tokens = Tokens(50, 50, 9, "reported")
    assert (silent.prompt_tokens(typical), silent.output_tokens(3.0, typical)) == (1, 9)
    silent.tokens = Tokens(0, 0, 0, "reported")
    assert (silent.prompt_tokens(typical), silent.output_tokens(3.0, typical)) == (0, 0)
    refused = TrackedRequest("a", "/", "chat", "m", False, 0.0, 0.0, text_bytes=400, status=400)
    assert (refused.prompt_tokens(typical), refused.output_tokens(3.0, typical)) == (0, 0)
    refused.status = 399
    assert not refused.failed
    refused.status, refused.deltas = 500, 1
    assert not refused.failed


def test_what_is_typical_moves_a_tenth_of_the_way() -> None:
    typical = Typical(4.0, 0.02)
    typical.learn(request("a", 0, 2, 100, 11, text_bytes=600, first_s=1.0))
    assert (typical.bytes_per_token, typical.step_s) == (pytest.approx(4.2), pytest.approx(0.02 + 0.1 * (0.1 - 0.02)))
    typical = Typical(4.0, 0.02)
    typical.learn(request("a", 0, 2, 1, 4, text_bytes=10_000, first_s=1.0))
    assert (typical.bytes_per_token, typical.step_s) == (pytest.approx(4 + 0.1 * (100 - 4)), 0.02)
    typical.learn(request("a", 0, 2, 1, 4, text_bytes=63))
    assert typical.bytes_per_token == pytest.approx(13.6)
    typical.learn(request("a", 0, 2, 16, 5, text_bytes=64, first_s=1.0))
    assert typical.bytes_per_token == pytest.approx(13.6 + 0.1 * (4 - 13.6))
    assert typical.step_s == pytest.approx(0.02 + 0.1 * (0.25 - 0.02))


def test_one_interval_after_another_and_the_time_at_rest() -> None:
    """A request from 1 to 3 s of two intervals of 2 s: what the device takes at rest is learnt in the time before."""
    tracked = request("a", 1, 3, 10, 11, stream=False)
    tracked.first_s = 1.0
    ledger = settled(weights(), [Interval(-2, 0, 200.0), Interval(0, 2, 400.0), Interval(2, 4, 500.0)], tracked)
    assert ledger.totals.idle_j == pytest.approx(200 + 100 + 100)
    assert tracked.energy_j == pytest.approx(300 + 400)
    assert ledger.totals.requests_j == pytest.approx(700)
    assert ledger.totals.device_j == pytest.approx(1100)
    assert (ledger.totals.intervals, ledger.totals.missing_s, ledger.totals.pending_j) == (3, 0, pytest.approx(0))
    assert ledger.resting_w == pytest.approx(100)


def test_watts_at_rest_are_those_of_late_and_never_above_the_mean() -> None:
    ledger = settled(weights(), [Interval(0, 1, 100.0), Interval(1, 2, 200.0), Interval(2, 3, 110.0)])
    assert ledger.resting_w == pytest.approx(0.9 * (0.9 * 100 + 0.1 * 200) + 0.1 * 110)
    tracked = request("a", 3.0, 3.5, 10, 11, stream=False)
    tracked.first_s = 3.0
    ledger.begin(tracked)
    ledger.end(tracked, 3.5)
    ledger.add(Interval(3, 4, 60.0))
    ledger.settle(200)
    assert tracked.energy_j == pytest.approx(30)  # 60 W is less than at rest of late: all of it at 60 W


def test_idle_watts_beside_requests_stay_idle() -> None:
    tracked = request("a", 0, 2, 10, 10)
    ledger = settled(weights(idle_w=60.0), [Interval(0, 2, 500.0)], tracked)
    assert (tracked.energy_j, ledger.totals.idle_j) == (pytest.approx(380), pytest.approx(120))


def test_a_silent_sensor_is_time_unknown_and_no_joules() -> None:
    tracked = request("a", 0, 2, 10, 10)
    ledger = settled(weights(), [Interval(0, 1, 100.0), Interval(1, 3, None)], tracked)
    assert (ledger.totals.missing_s, tracked.missing_s) == (2, 2)
    assert tracked.energy_j == pytest.approx(100)
    shown = as_json(tracked, True, None, 0.1, "measured")
    assert (shown["energy_j"], shown["energy_low_j"], shown["energy_high_j"]) == pytest.approx((100, 90, 110))


def test_lighter_and_heavier_prompt_tokens_are_the_range() -> None:
    """50 prompt tokens of weight 2 (1 to 4) beside 100 output tokens of weight 1: of 200 J 100, from 67 to 133."""
    reader = request("a", 0, 1, 50, 1, stream=False)
    reader.first_s = 1.0
    writer = request("b", 0, 1, 1, 101, stream=False)
    writer.first_s, writer.tokens = 0.0, Tokens(0, None, 101, "reported")
    settled(weights(lambda tokens: 2.0, low=0.5, high=2.0), [Interval(0, 1, 200.0)], reader, writer)
    low, middle, high = (reader.settled[0][k] for k in range(3))
    assert (low, middle, high) == pytest.approx((200 / 3, 100, 400 / 3), rel=1e-5)
    shown = as_json(reader, True, None, 0.05, "measured")
    assert shown["energy_low_j"] == pytest.approx(0.95 * 200 / 3, rel=1e-5)
    assert shown["energy_high_j"] == pytest.approx(1.05 * 400 / 3, rel=1e-5)
    assert (shown["prefill_j"], shown["decode_j"]) == (pytest.approx(100, rel=1e-5), pytest.approx(0, abs=1e-3))


def test_an_estimate_is_shares_so_far_and_the_power_of_late() -> None:
    """100 W beyond idle for the second since the last reading, of which one of two requests has a half."""
    first, second = request("a", 0, None, 10, 10), request("b", 0, None, 10, 10)
    ledger = Ledger(weights(idle_w=50.0), Typical(4.0, 0.02))
    for each in (first, second):
        each.unseen = 9
        ledger.begin(each)
    assert ledger.estimate_j(first, 0.5) is None
    ledger.add(Interval(0, 2, 300.0))
    assert ledger.busy_w == pytest.approx(150)
    assert ledger.estimate_j(first, 2.0) == pytest.approx(100)
    assert ledger.estimate_j(first, 3.0) == pytest.approx(100 + 50)
    third = request("c", 2.5, None, 10, 10)
    ledger.begin(third)
    assert ledger.estimate_j(third, 3.1) == pytest.approx(0.6 * 100 / 3)
    assert not ledger.settled(first)


def test_rows_that_begin_and_end_within_an_interval() -> None:
    """20 W at rest for 2 s of 10; the 360 J of the other 8 s go by time, then by weight per second."""
    rows = np.array([[1.0, 5.0, 4.0], [3.0, 9.0, 12.0]])
    parts = share_within((0.0, 10.0), 400.0, 20.0, 0.0, rows, np.ones((2, 1)))[:, 0]
    # 45 W: 1 to 3 s the first alone, 3 to 5 s at 1 to 2, 5 to 9 s the second alone
    assert parts == pytest.approx([90 + 30, 60 + 180])
    double = share_within((0.0, 10.0), 400.0, 20.0, 0.0, rows, np.array([[1.0, 2.0], [1.0, 1.0]]))
    assert double[:, 1] == pytest.approx([90 + 45, 45 + 180])
    idle = share_within((0.0, 10.0), 400.0, 20.0, 15.0, rows, np.ones((2, 1)))[:, 0]
    assert idle == pytest.approx([60 + 20, 40 + 120])


def test_an_instant_within_an_interval_has_what_it_weighs() -> None:
    """Rows without length, at the end or in the middle, lose nothing of the interval."""
    for at in (0.0, 5.0, 10.0):
        rows = np.array([[at, at, 1.0]])
        assert share_within((0.0, 10.0), 100.0, 0.0, 0.0, rows, np.ones((1, 1))).sum() == pytest.approx(100)


def test_many_edges_are_made_even_and_lose_nothing() -> None:
    count = 4 * MAX_EDGES
    rows = np.array([[k / count * 10, 10.0, 1.0] for k in range(count)])
    parts = share_within((0.0, 10.0), 1000.0, 0.0, 0.0, rows, np.ones((count, 1)))[:, 0]
    assert parts.sum() == pytest.approx(1000)
    assert np.all(np.diff(parts) > -1000 / count)


def test_generic_weights_are_the_facts() -> None:
    weigher = generic()
    assert weigher.low < 1 < weigher.high
    assert weigher.decode_j(8, 1000) == 1
    assert weigher.prefill_s(10) / weigher.decode_s(1, 10) == pytest.approx(
        weigher.prefill_s(1) / weigher.decode_s(4, 1)
    )


class Watts:
    """A sensor that reads off a list."""

    def __init__(self, watts: list[float]) -> None:
        self.device, self.spec, self._watts = Device("n1", "GPU-1", "gpu"), Spec("test"), iter(watts)

    def read(self) -> Reading:
        return Reading(next(self._watts))

    def close(self) -> None:
        pass


def test_an_intervals_joules_are_the_mean_of_its_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the total is moved on by single readings, long after the first were summed."""
    watts = [100.0, 300, 200, 400, 100, 250, 350, 150, 300, 200, 280, 120, 260, 340, 220, 180]
    clock, posted = [0.0], []
    monkeypatch.setattr(sampler.time, "monotonic", lambda: clock[0])
    each = sampler.IntervalSampler([Watts(watts)], 1.0, posted.append)
    for k in range(len(watts)):
        clock[0] = float(k)
        each.tick()
    assert [i.energy_j for i in posted] == pytest.approx([(a + b) / 2 for a, b in pairwise(watts)])
