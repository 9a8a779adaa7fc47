"""Parts of pages, and files that a reader sends: several at once, by their keys, side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from web_place import get, served


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as address:
        yield address


def test_a_part_of_a_page_is_the_answer_with_its_address(base: str) -> None:
    get(base, "/prompt?model=llama-3.1-8b&draws=50")  # whole, which waits: a part is the sign of work until it is done
    reply = get(base, "/prompt?model=llama-3.1-8b&draws=50&batch=", headers={"HX-Request": "true"})
    assert reply.headers["hx-push-url"] == "/prompt?model=llama-3.1-8b&draws=50"
    assert "<html" not in reply.text
    assert "Llama 3.1 8B" in reply.text


def test_an_input_that_takes_several_is_sent_several_files_at_once_beside_what_is_typed(base: str) -> None:
    rows = (f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00,{i}" for i in range(1, 48))
    hours = "\n".join(["utc,carbon_g_per_kwh", *rows])
    files = [("file-signals", (f"{name}.csv", hours.encode())) for name in ("one", "other")]
    data = {"signals": "de", "room": "20MW", "arrives": "12MW"}
    reply = httpx.post(f"{base}/flex/sites", data=data, files=files, timeout=60)
    given = dict(parse_qsl(urlsplit(reply.headers["location"]).query))["signals"].split(";")
    assert given[0] == "de"
    assert len({part for part in given if part.startswith("upload:")}) == 2
    page = get(base, reply.headers["location"] + "&blank=1").text
    assert "one.csv, other.csv" in page
    assert re.search(r'<input type="file" name="file-signals" multiple', page)


def test_a_file_that_was_sent_is_an_input_by_its_key(base: str, tmp_path: Path) -> None:
    hours = "utc,ercot_mw\n" + "".join(
        f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240)
    )
    reply = httpx.post(
        f"{base}/flex/headroom", data={"share": "1%"}, files={"file-demand": ("../../hours.csv", hours)}, timeout=60
    )
    assert reply.status_code == 303, reply.text
    address = reply.headers["location"]
    assert re.search(r"demand=upload:[0-9a-f]{32}", address)
    page = get(base, address).text
    assert "hours.csv" in page
    assert "wattline flex headroom hours.csv --share 1%" in page
    path = tmp_path / "hours.csv"
    path.write_text(hours)
    key = httpx.post(f"{base}/api/v1/uploads?name=hours.csv", content=path.read_bytes()).json()["upload"]
    answer = get(base, f"/api/v1/flex/headroom?demand={key}&share=1%25").json()
    assert answer["command"] == "flex headroom"
    assert "hours.csv" in answer["inputs"]["demand"]


def test_sites_are_regions_by_name_and_files_side_by_side(base: str) -> None:
    hours = "utc,g\n" + "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
    form = {"signals": "de;se", "room": "20MW", "arrives": "12MW"}
    reply = httpx.post(f"{base}/flex/sites", data=form, files={"file-signals": ("own.csv", hours)}, timeout=60)
    assert reply.status_code == 303, reply.text
    assert re.search(r"signals=de;se;upload:[0-9a-f]{32}", reply.headers["location"])
    answer = get(base, "/api/v1/flex/shift?signal=de&to=fr;se&after=4h").json()
    assert answer["results"]["sites"] == ["Germany", "France", "Sweden"]
    assert "names a file or an address" in get(base, "/api/v1/flex/shift?signal=de&to=/etc/passwd").text
