"""Measure as a user walks it: the machine's watts, a folder of recordings, the requests of a real proxy."""

from __future__ import annotations

import asyncio
import contextlib
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from proxy_place import CHAT, place  # noqa: E402
from wattline.web.app.server import WebSetup  # noqa: E402
from web_place import get, served  # noqa: E402
from web_tab import CHROMIUM, Tab, seen, step_to, to_content  # noqa: E402

WATTS = "time_s,gpu0_power_w\n" + "".join(f"{t},{300 + t % 7}\n" for t in range(120))


@contextlib.contextmanager
def running_proxy(requests: int) -> Iterator[str]:
    """The address of a proxy before a model server, behind which these requests have settled."""
    ready, address = threading.Event(), [""]
    loop = asyncio.new_event_loop()
    end = asyncio.Event()

    async def whole() -> None:
        async with place() as here:
            for _ in range(requests):
                body = {"model": "m", "messages": [{"role": "user", "content": "hello"}], "max_tokens": 8}
                answer = await here.post(CHAT, body)
                await here.settled(answer.headers["X-Wattline-Request"])
            address[0] = here.url
            ready.set()
            await end.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(whole(),), daemon=True)
    thread.start()
    assert ready.wait(60)
    yield address[0]
    loop.call_soon_threadsafe(end.set)
    thread.join(30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV recording and a journal of this machine with a window."""
    made = tmp_path_factory.mktemp("recordings")
    (made / "watts.csv").write_text(WATTS)
    return made


@pytest.fixture(scope="module")
def place_of_measure(folder: Path) -> Iterator[str]:
    with running_proxy(3) as proxy, served(WebSetup(workers=2, journals=folder, proxy=proxy)) as address:
        yield address


@pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
def test_measure_is_walked_by_the_keyboard_alone(browser: Any, place_of_measure: str) -> None:
    with Tab(browser, place_of_measure) as page:
        page.goto("/measure")
        page.locator("#live-total", has_text=re.compile("W|unknown")).wait_for()
        rows = page.locator("table.latest tbody tr")
        playwright.expect(rows).to_have_count(3)
        to_content(page)
        step_to(page, "ul.files a")
        page.keyboard.press("Enter")
        page.locator("pre.screen", has_text="Energy").wait_for()
        page.wait_for_url("**name=watts.csv")
        to_content(page)
        step_to(page, "#window")
        page.keyboard.type("10..50")
        page.keyboard.press("Enter")
        page.wait_for_url("**window=10..50")
        page.locator("pre.screen", has_text="Energy").wait_for()
        page.goto("/measure")
        to_content(page)
        step_to(page, "#request")
        name = seen(page, "decodeURIComponent(document.querySelector('table.latest a').search.slice(9))")
        page.keyboard.type(name)
        page.keyboard.press("Enter")
        page.wait_for_url("**request=**")
        page.locator("#one-request ~ table.totals", has_text=name).wait_for()


def test_a_recording_and_a_proxy_are_read_in_chinese(place_of_measure: str) -> None:
    report = get(place_of_measure, "/measure/recording?name=watts.csv&lang=zh").text
    screen = re.search(r'<pre class="screen"[^>]*>(.*?)</pre>', report, re.S)
    assert screen
    left = re.findall(r"\b(?:Energy|Time|Mean power|Quality|Measured|Window|value|range)\b", screen[1])
    assert not left
    assert "能量" in screen[1]
    wrong = get(place_of_measure, "/measure/recording?name=watts.csv&window=nothing&lang=zh").text
    assert re.search(r'role="alert">[^<]*[\u4e00-\u9fff]', wrong)
    totals = get(place_of_measure, "/measure/proxy?lang=zh").text
    assert ">measured<" not in totals
