"""The web app in real Chromium: by keyboard, history, links, cancelling, tabs, phones, no script, dark, axe."""

from __future__ import annotations

import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from web_place import FAKE, served  # noqa: E402
from web_tab import ADDRESSES, CHROMIUM, QUICK, Tab, answered, focused, seen, to_content, type_in  # noqa: E402

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")


def test_a_question_is_typed_answered_and_changed_by_the_keyboard_alone(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto("/")
        focused(page, "#line")
        page.keyboard.type("Llama 3.1 8B on 1 H100, 500 in, 300 out")
        page.keyboard.press("Enter")
        answered(page, "Llama 3.1 8B")
        to_content(page)
        type_in(page, {"output_tokens": "100"})
        page.keyboard.press("Enter")
        answered(page, "100 out")
        page.wait_for_url("**output_tokens=100*")
        focused(page, "#f-output_tokens")


@pytest.mark.parametrize("where", ["check", "world", "flex/balance", "site"])
def test_enter_in_an_input_asks_also_where_a_file_may_be_sent(browser: Any, base: str, where: str) -> None:
    with Tab(browser, base) as page:
        page.goto(f"/{where}?blank=1")
        given = {"check": ("claims", "ChatGPT uses 3 Wh per request"), "world": ("region", "ie")}
        name, value = given.get(where, ("it", "20MW"))
        if where in ("flex/balance", "site"):
            page.fill({"site": "#f-place"}.get(where, "#f-region"), {"site": "Dublin"}.get(where, "us-ercot"))
        page.focus(f"#f-{name}")
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        page.locator("article.result").wait_for()
        page.wait_for_url(f"**{name}=*")


def test_back_forward_and_a_deep_link_lead_to_the_same_answers(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto(QUICK)
        answered(page, "Llama 3.1 8B")
        page.fill("#f-model", "llama-3.1-70b")
        page.keyboard.press("Tab")
        answered(page, "Llama 3.1 70B")
        page.wait_for_url("**model=llama-3.1-70b*")
        there = page.url
        page.go_back()
        answered(page, "Llama 3.1 8B")
        playwright.expect(page.locator("#f-model")).to_have_value("llama-3.1-8b")
        page.go_forward()
        answered(page, "Llama 3.1 70B")
        with Tab(browser, base) as other:
            other.goto(there)
            answered(other, "Llama 3.1 70B")


def test_what_takes_long_shows_progress_and_is_cancelled(browser: Any, slow: str) -> None:
    with Tab(browser, slow) as page:
        page.goto("/frontier?model=llama-3.1-8b")
        page.click("summary:has-text('More')")
        page.fill("#f-draws", "77")
        page.click("button.go")
        page.locator(".working .words", has_text="counting").wait_for()
        page.keyboard.press("Tab")
        page.click(".working button")
        page.locator(".trouble", has_text="Cancelled").wait_for()
    with Tab(browser, slow) as page:
        page.goto("/frontier?model=llama-3.1-8b&draws=77&seed=9", wait_until="commit")
        page.locator(".working .words", has_text="counting").wait_for()
        page.click(".working button")
        page.locator(".trouble", has_text="Cancelled").wait_for()
        page.wait_for_load_state()


def test_asking_twice_at_once_goes_on_with_the_same_work_without_an_error(browser: Any, base: str, slow: str) -> None:
    with Tab(browser, base) as page:
        page.goto(QUICK)
        answered(page, "Llama 3.1 8B")
        page.fill("#f-output_tokens", "77")
        page.dblclick("button.go")
        answered(page, "77 out")
    with Tab(browser, slow) as page:
        page.goto("/frontier?model=llama-3.1-8b&draws=77&seed=31", wait_until="commit")
        job = page.locator(".working").get_attribute("data-job")
        page.reload(wait_until="commit")
        assert page.locator(".working").get_attribute("data-job") == job
        page.locator(".working .words", has_text="counting").wait_for()
        page.click(".working button")
        page.locator(".trouble", has_text="Cancelled").wait_for()
        page.wait_for_load_state()
        page.dblclick("button.go")
        page.locator(".working[data-follow] .words", has_text="counting").wait_for()
        page.dblclick("button.go")
        page.wait_for_timeout(4_000)
        page.locator(".working[data-follow] .words", has_text="counting").wait_for()
        page.click(".working button")
        page.locator(".trouble", has_text="Cancelled").wait_for()


def test_an_app_that_was_ended_is_told_where_its_answer_would_be(browser: Any) -> None:
    tab = Tab(browser, "")
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        tab.page.goto(f"{address}/prompt?model=llama-3.1-8b&draws=40")
        tab.page.locator("article.result").wait_for()
    tab.page.fill("#f-model", "llama-3.1-70b")
    tab.page.keyboard.press("Tab")
    tab.page.locator(".trouble", has_text="is Wattline still running?").wait_for()
    tab.context.close()


def test_two_tabs_do_not_mind_each_other(browser: Any, base: str) -> None:
    with Tab(browser, base) as single:
        single.goto(QUICK)
        other = single.context.new_page()
        other.goto("/check?claims=ChatGPT uses 2.9 Wh per request&draws=40")
        answered(other, "ChatGPT")
        single.fill("#f-output_tokens", "50")
        single.keyboard.press("Tab")
        answered(single, "50 out")
        other.goto("/")
        recent = other.locator("#recent li")
        rows = recent.filter(has_text=re.compile("50 out|300 out|ChatGPT"))
        playwright.expect(rows).to_have_count(3)
        playwright.expect(recent).to_have_count(3)


def test_answers_are_kept_for_comparison(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        for model in ("llama-3.1-8b", "llama-3.1-70b"):
            page.goto(f"/prompt?model={model}&draws=40")
            page.click("[data-compare]")
        page.click("#compare-bar a")
        page.locator("table.beside").wait_for()
        playwright.expect(page.locator("table.beside thead th")).to_have_count(3)


@pytest.mark.parametrize("name", ["home", "prompt", "site", "check", "serve", "measure", "chips", "side by side"])
def test_a_phone_shows_a_page_without_scrolling_sideways(browser: Any, base: str, name: str) -> None:
    with Tab(browser, base, viewport={"width": 390, "height": 844}) as page:
        page.goto(ADDRESSES[name])
        assert seen(page, "document.documentElement.scrollWidth") <= 390


def test_everything_works_without_script(browser: Any, base: str) -> None:
    with Tab(browser, base, java_script_enabled=False) as page:
        page.goto("/")
        page.fill("#line", "Llama 3.1 8B on 1 H100")
        page.click("button.go")
        answered(page, "Llama 3.1 8B")
        page.fill("#f-output_tokens", "100")
        page.click(".ask button.go")
        answered(page, "100 out")
        page.click("text=Why")
        page.locator("pre.screen").wait_for()
        page.go_back()
        page.click("a[data-compare]")
        page.locator("table.beside").wait_for()
        page.goto("/flex/headroom")
        rows = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
        page.set_input_files(
            "input[name=file-demand]",
            {"name": "hours.csv", "mimeType": "text/csv", "buffer": f"utc,mw\n{rows}".encode()},
        )
        page.click("button[value=demand]")
        page.locator("article.result").wait_for()


def test_dark_and_light_are_chosen_and_kept(browser: Any, base: str) -> None:
    def ground(page: Any) -> int:
        colour = seen(page, "getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    with Tab(browser, base, color_scheme="dark") as page:
        page.goto("/")
        assert ground(page) < 200
        page.click("#app-theme")
        assert ground(page) > 600
        page.goto(QUICK)
        assert ground(page) > 600


def test_a_file_is_sent_by_choosing_it(browser: Any, base: str) -> None:
    rows = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
    with Tab(browser, base) as page:
        page.goto("/flex/headroom")
        page.set_input_files(
            "input[name=file-demand]",
            {"name": "hours.csv", "mimeType": "text/csv", "buffer": f"utc,mw\n{rows}".encode()},
        )
        page.locator("article.result").wait_for()
        page.locator(".file-name", has_text="hours.csv").wait_for()


def test_the_page_speaks_chinese_when_it_is_chosen(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto("/")
        page.click(".tools-top a")
        page.locator("html[lang=zh]").wait_for()
        page.locator("h1", has_text=re.compile("[\u4e00-\u9fff]")).wait_for()
        page.click(".tools-top a")
        page.locator("html[lang=en]").wait_for()


# how a page of another origin may try: to read, to have work started unread, to send an object or a form
PROBE = """async address => {
    const json = {method: "POST", headers: {"Content-Type": "application/json"}, body: '{"model": "llama-3.1-8b"}'};
    const form = {method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams({model: "x"})};
    const ways = {read: {}, unread: {mode: "no-cors"}, json, form, delete: {method: "DELETE"}};
    const seen = {};
    for (const [name, options] of Object.entries(ways)) {
        try { seen[name] = await (await fetch(address, options)).text(); } catch (error) { seen[name] = ""; }
    }
    return seen;
}"""


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])  # another port of this site, and another site
def test_a_page_of_another_origin_reads_nothing_and_sends_nothing_that_is_taken(
    browser: Any, base: str, host: str
) -> None:
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    refused: list[str] = []
    context = browser.new_context()
    try:
        page = context.new_page()
        page.on("requestfailed", lambda request: refused.append(request.failure))
        page.goto(f"http://{host}:{server.server_port}/")
        for path in ("/api/v1/prompt?model=llama-3.1-8b", "/api/v1/uploads?name=x", "/api/v1/", "/", "/measure/live"):
            assert set(seen(page, PROBE, base + path).values()) == {""}, path
    finally:
        context.close()
        server.shutdown()
    # no header lets the page read (CORS), and what it sends without reading is answered with 403 alone (test_web_safe)
    assert len(refused) == 5 * 5
    assert set(refused) == {"net::ERR_FAILED", "net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin"}


class Stranger(BaseHTTPRequestHandler):
    """A page of somebody else."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>other</title>")

    def log_message(self, *words: object) -> None:
        """Nothing is logged."""
