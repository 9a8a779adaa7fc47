"""Traffic as a whole: nothing is lost or made by scaling, repeating, cutting, and files; what it is like."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.line.work.traffic.files import read_chunks, read_parquet, write_csv, write_parquet, write_stream
from wattline.line.work.traffic.parts import chunks, join
from wattline.line.work.traffic.reader import read_traffic
from wattline.line.work.traffic.seen import SeenRequests
from wattline.line.work.traffic.summary import summary
from wattline.line.work.traffic.trace import Hashes, Traffic, multiply, repeat, scale


@st.composite
def traffics(draw: st.DrawFn, least: int = 1) -> Traffic:
    n = draw(st.integers(least, 40))
    gaps = draw(st.lists(st.floats(0, 100), min_size=n, max_size=n))
    tokens = st.lists(st.integers(1, 5000), min_size=n, max_size=n)
    given_tokens, made = draw(tokens), draw(tokens)
    hashes = None
    if draw(st.booleans()):
        length = [draw(st.integers(0, -(-t // 512))) for t in given_tokens]
        block = draw(st.lists(st.integers(0, 9), min_size=sum(length), max_size=sum(length)))
        hashes = Hashes(np.array(block, np.int64), np.concatenate([[0], np.cumsum(length)]), 512)
    rejected = draw(st.dictionaries(st.sampled_from(["a", "b"]), st.integers(1, 9)))
    seen = None
    if draw(st.booleans()):
        pictures = draw(st.lists(st.integers(0, 3), min_size=n, max_size=n))
        sound = draw(st.lists(st.sampled_from([0.0, 1.5, 30.0]), min_size=n, max_size=n))
        seen = SeenRequests(np.array(pictures), np.array(sound), *draw(st.tuples(*[st.integers(16, 4096)] * 2)))
    return Traffic(
        np.cumsum([0.0, *gaps[1:]]), np.array(given_tokens), np.array(made), hashes, rejected, ("n",), seen=seen
    )


def seen_alike(first: SeenRequests | None, second: SeenRequests | None) -> bool:
    if first is None or second is None:
        return first is second
    sides = (first.width, first.height) == (second.width, second.height)
    return sides and np.array_equal(first.pictures, second.pictures) and np.array_equal(first.audio_s, second.audio_s)


def same(first: Traffic, second: Traffic) -> bool:
    arrays = ("arrival_s", "input_tokens", "output_tokens")
    alike = all(np.array_equal(getattr(first, name), getattr(second, name)) for name in arrays)
    alike = alike and seen_alike(first.seen, second.seen)
    if first.hashes is None or second.hashes is None:
        return alike and first.hashes is second.hashes and first.rejected == second.rejected
    blocks = np.array_equal(first.hashes.block, second.hashes.block) and np.array_equal(
        first.hashes.offset, second.hashes.offset
    )
    return alike and blocks and first.rejected == second.rejected and first.duration_s == second.duration_s


@given(traffics(), st.integers(1, 5), st.booleans())
def test_repeating_keeps_every_request_each_time(traffic: Traffic, times: int, fresh: bool) -> None:
    again = repeat(traffic, times, fresh=fresh)
    assert len(again) == times * len(traffic)
    assert again.tokens == times * traffic.tokens
    assert again.duration_s == pytest.approx(times * traffic.duration_s)
    for turn in range(times):
        part = again.part(turn * len(traffic), (turn + 1) * len(traffic))
        assert seen_alike(part.seen, traffic.seen)
        assert np.allclose(part.arrival_s - turn * traffic.duration_s, traffic.arrival_s)
        if traffic.hashes is not None and part.hashes is not None:
            assert np.array_equal(np.diff(part.hashes.offset), np.diff(traffic.hashes.offset))
            moved = part.hashes.block - traffic.hashes.block
            assert np.all(moved == moved[:1])
            assert not moved.size or fresh == bool(moved[0]) or turn == 0


@given(traffics(), st.floats(0.01, 100), st.floats(0.01, 100))
def test_scaling_moves_the_clock_alone(traffic: Traffic, rate: float, time: float) -> None:
    scaled = scale(traffic, rate=rate, time=time)
    assert scaled.tokens == traffic.tokens
    assert np.allclose(scaled.arrival_s, traffic.arrival_s * time / rate)
    back = scale(scaled, rate=time, time=rate)
    assert np.allclose(back.arrival_s, traffic.arrival_s)


@given(traffics(), st.integers(1, 50))
def test_chunks_joined_are_the_whole(traffic: Traffic, size: int) -> None:
    parts = list(chunks(traffic, size))
    assert all(len(part) <= size for part in parts)
    assert sum(part.tokens for part in parts) == traffic.tokens
    assert same(join(parts), traffic)


@given(traffics(), st.integers(1, 4))
def test_whole_multiples_have_each_request_so_often(traffic: Traffic, times: int) -> None:
    more = multiply(traffic, times, 7)
    assert len(more) == times * len(traffic)
    assert more.tokens == times * traffic.tokens
    assert more.duration_s == traffic.duration_s
    if traffic.hashes is not None and more.hashes is not None:
        assert more.hashes.block.size == times * traffic.hashes.block.size


def test_a_fraction_comes_by_chance_and_by_seed() -> None:
    n = 100_000
    traffic = Traffic(np.arange(n) * 0.1, np.full(n, 3), np.full(n, 2))
    more = multiply(traffic, 1.4, 1)
    assert len(more) == pytest.approx(1.4 * n, abs=5 * np.sqrt(n * 0.24))
    assert same(more, multiply(traffic, 1.4, 1))
    assert not same(more, multiply(traffic, 1.4, 2))
    assert len(multiply(traffic, 0.25, 1)) == pytest.approx(0.25 * n, abs=5 * np.sqrt(n * 0.19))


@given(traffics())
def test_parquet_keeps_all(tmp_path_factory: pytest.TempPathFactory, traffic: Traffic) -> None:
    path = tmp_path_factory.mktemp("traffic") / "a.parquet"
    write_parquet(traffic, path)
    again = read_parquet(path)
    assert same(again, traffic)
    assert again.duration_s == traffic.duration_s
    assert again.notes == traffic.notes
    assert same(read_traffic(path), traffic)
    assert same(join(list(read_chunks(path, 7))), traffic)
    write_stream(chunks(traffic, 5), path)
    assert read_parquet(path).tokens == traffic.tokens
    assert seen_alike(read_parquet(path).seen, traffic.seen)


@given(traffics())
def test_csv_keeps_arrivals_and_lengths(tmp_path_factory: pytest.TempPathFactory, traffic: Traffic) -> None:
    path = tmp_path_factory.mktemp("traffic") / "a.csv"
    write_csv(traffic, path)
    again = read_traffic(path)
    assert np.array_equal(again.arrival_s, traffic.arrival_s)
    assert np.array_equal(again.input_tokens, traffic.input_tokens)
    assert np.array_equal(again.output_tokens, traffic.output_tokens)
    if traffic.seen is None or not traffic.seen.pictures.any():
        return
    assert seen_alike(again.seen, traffic.seen)


def test_pictures_of_several_sizes_are_taken_with_their_mean_pixels(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "time,input,output,images,image_width,image_height\n0,9,9,3,1000,500\n1,9,9,1,2000,1000\n2,9,9,0,7,7\n"
    )
    seen = read_traffic(path).seen
    assert seen is not None
    assert seen.width * seen.height == pytest.approx((3 * 500_000 + 2_000_000) / 4, rel=0.002)
    assert seen.width == pytest.approx(2 * seen.height, abs=1)


def test_a_part_without_pictures_loses_none_of_the_others() -> None:
    plain = Traffic(np.array([0.0]), np.array([5]), np.array([5]))
    rich = Traffic(
        np.array([1.0]), np.array([5]), np.array([5]), seen=SeenRequests(np.array([2]), np.zeros(1), 640, 480)
    )
    seen = join([plain, rich]).seen
    assert seen is not None
    assert (seen.pictures.tolist(), seen.width, seen.height) == ([0, 2], 640, 480)


@given(traffics(least=2))
def test_repeated_prefixes_are_those_of_a_cache_without_limit(traffic: Traffic) -> None:
    if traffic.hashes is None or not traffic.hashes.block.size:
        assert summary(traffic)["repeated_prefix_share"] is None
        return
    seen: set[int] = set()
    tokens = 0
    for i in range(len(traffic)):
        first, last = traffic.hashes.offset[i : i + 2]
        for place, block in enumerate(traffic.hashes.block[first:last].tolist()):
            if block in seen:
                tokens += min(512, int(traffic.input_tokens[i]) - place * 512)
            seen.add(block)
    assert summary(traffic)["repeated_prefix_share"] == pytest.approx(tokens / traffic.input_tokens.sum())


def test_arrays_cannot_be_changed() -> None:
    traffic = Traffic(np.array([0.0, 1.0]), np.array([1, 2]), np.array([1, 2]))
    with pytest.raises(ValueError, match="read-only"):
        traffic.arrival_s[0] = 3
    assert traffic.duration_s == 2.0
    assert traffic.rate_per_s == 1.0


@pytest.mark.parametrize(
    ("arrival", "given_tokens", "made"),
    [
        ([1.0, 0.0], [1, 1], [1, 1]),
        ([0.0, np.nan], [1, 1], [1, 1]),
        ([-1.0, 0.0], [1, 1], [1, 1]),
        ([0.0, 1.0], [0, 1], [1, 1]),
        ([0.0, 1.0], [1, 1], [1, -1]),
        ([0.0, 1.0], [1.5, 1], [1, 1]),
        ([0.0, 1.0], [1], [1, 1]),
    ],
)
def test_what_is_no_traffic_is_refused(arrival: list[float], given_tokens: list[float], made: list[float]) -> None:
    with pytest.raises(WattlineError, match="traffic:"):
        Traffic(np.array(arrival), np.array(given_tokens), np.array(made))


@pytest.mark.parametrize("times", [0, -1, 1.5, True])
def test_repeating_so_often_is_refused(times: int) -> None:
    with pytest.raises(WattlineError, match="repeat"):
        repeat(Traffic(np.zeros(1), np.ones(1), np.ones(1)), times)


def test_huge_hashes_are_numbered_anew_before_they_are_shifted() -> None:
    hashes = Hashes(np.array([-(2**62), 2**62, 2**62]), np.array([0, 2, 3]), 16)
    twice = repeat(Traffic(np.array([0.0, 1.0]), np.array([32, 16]), np.array([1, 1]), hashes), 2).hashes
    assert twice is not None
    assert len(set(twice.block[:3]) & set(twice.block[3:])) == 0
    assert twice.block[1] == twice.block[2]


def test_a_missing_or_foreign_parquet_is_told(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="does not exist"):
        read_parquet(tmp_path / "no.parquet")
    (tmp_path / "text.parquet").write_text("none")
    with pytest.raises(WattlineError, match="not a traffic"):
        read_parquet(tmp_path / "text.parquet")
