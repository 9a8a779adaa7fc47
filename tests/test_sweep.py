"""A sweep: results are kept as they come, found again, and the same wherever they were run."""

from __future__ import annotations

import errno
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from wattline.core.errors import WattlineError
from wattline.sweep import Store, drive, open_pool, run_all

ITEMS = [{"x": x} for x in range(7)]


def square(shared: Any, item: Mapping[str, Any]) -> dict[str, Any]:
    if item["x"] == -1:
        raise WattlineError("no square of that")
    return {"y": shared + item["x"] ** 2}


def _climb(start: int) -> Iterator[Any]:
    """Asks for one item after another until the result is large enough."""
    x = start
    while (yield {"x": x})["y"] < 50:
        x += 1
    return x


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    with open_pool(None, square, 1, workers) as pool:
        assert [r["y"] for r in run_all(ITEMS, pool, Store("c"))] == [1 + x**2 for x in range(7)]
        store = Store("c")
        assert drive([_climb(0), _climb(3), _climb(9)], pool, store) == [7, 7, 9]
        assert store.made == 9  # what two searches ask for is run once


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_in_a_worker_comes_through(workers: int) -> None:
    with pytest.raises(WattlineError, match="no square"), open_pool(None, square, 1, workers) as pool:
        run_all([{"x": 1}, {"x": -1}], pool, Store("c"))


def test_what_is_kept_is_not_run_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "sweep.jsonl"
    ran: list[int] = []

    def run(shared: Any, item: Mapping[str, Any]) -> dict[str, Any]:
        ran.append(item["x"])
        return square(shared, item)

    for count in (3, 7):
        with Store.open(path, "one") as store, open_pool(None, run, 0, 1) as pool:
            result = run_all(ITEMS[:count], pool, store)
    assert ran == list(range(7))
    assert [r["y"] for r in result] == [x**2 for x in range(7)]
    with Store.open(path, "another traffic") as store, open_pool(None, run, 5, 1) as pool:
        assert (store.taken_up, store.others) == (0, 7)
        assert run_all(ITEMS[:1], pool, store) == [{"y": 5}]
    with Store.open(path, "one") as store:
        assert (store.taken_up, store.others) == (7, 1)
        assert store.get({"x": 2}) == {"y": 4}


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_line_cut_short_is_taken_off(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "sweep.jsonl"
    with Store.open(path, "c") as store:
        for item in ITEMS[:3]:
            store.put(item, square(0, item))
    path.write_bytes(path.read_bytes()[:-cut])
    with Store.open(path, "c") as store:
        assert len(store.results) == 2
        store.put(ITEMS[2], square(0, ITEMS[2]))
    lines = path.read_text().splitlines()
    assert [json.loads(line) for line in lines]
    with Store.open(path, "c") as store:
        assert len(store.results) == 3


@pytest.mark.parametrize("length", [0, 1, 9])
def test_a_file_killed_at_its_first_line_is_begun_again(tmp_path: Path, length: int) -> None:
    path = tmp_path / "sweep.jsonl"
    Store.open(path, "c").__exit__(None, None, None)
    path.write_bytes(path.read_bytes()[:length])
    with Store.open(path, "c") as store:
        store.put({"x": 1}, {"y": 1})
    with Store.open(path, "c") as store:
        assert len(store.results) == 1


def test_damaged_lines_count_as_none(tmp_path: Path) -> None:
    path = tmp_path / "sweep.jsonl"
    with Store.open(path, "c") as store:
        store.put({"x": 1}, {"y": 1})
    with path.open("a") as file:
        file.write('not json\n[1]\n{"context": "c", "item": 3, "result": {}}\n\xff\n')
    with Store.open(path, "c") as store:
        assert store.results == {'{"x":1}': {"y": 1}}


def test_files_that_are_no_sweep(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\n")
    with pytest.raises(WattlineError, match="no file of a sweep"):
        Store.open(path, "c")
    assert path.read_text() == "my notes\n"
    with pytest.raises(WattlineError, match="sweep"):
        Store.open(tmp_path, "c")


def test_one_sweep_at_a_time(tmp_path: Path) -> None:
    with (
        Store.open(tmp_path / "sweep.jsonl", "c"),
        pytest.raises(WattlineError, match="in use"),
    ):
        Store.open(tmp_path / "sweep.jsonl", "c")


@pytest.mark.parametrize("on", ["nowhere", "http://host:1", "ray://", "ray://host", "ray://a b:1"])
def test_places_that_are_none(on: str) -> None:
    with pytest.raises(WattlineError, match="no place to run"), open_pool(on, square, 0):
        pass


@pytest.mark.parametrize("workers", [0, -1, 10_000])
def test_too_many_workers(workers: int) -> None:
    with pytest.raises(WattlineError, match="workers"), open_pool(None, square, 0, workers):
        pass


class FullDisk(io.BytesIO):
    """A file on a disk that takes nothing more, as its buffer has it: it fails again when it is closed."""

    def fileno(self) -> int:
        return 0

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def close(self) -> None:
        self.flush()


def test_a_full_disk_is_told_with_the_name_of_the_file(tmp_path: Path) -> None:
    words = r"full\.jsonl: No space left on device; what was kept stays"
    with pytest.raises(WattlineError, match=words), Store("c", tmp_path / "full.jsonl", FullDisk()) as store:
        store.put({"a": 1}, {"x": 1.0})
