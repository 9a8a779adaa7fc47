"""The web app in real Chromium: by keyboard, history, links, cancelling, tabs, phones, no script, dark, axe."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from wattline.web.app.pages import PAGES  # noqa: E402
from web_place import FAKE, served  # noqa: E402

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
AXE = Path(__file__).parent / "data" / "axe" / "axe.min.js"
SERIOUS = ("serious", "critical")
QUICK = "/prompt?model=llama-3.1-8b&draws=40"
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
# each page with an answer that is quick
ADDRESSES = {
    "home": "/",
    "prompt": QUICK,
    "train": "/train?model=llama-3.1-8b&tokens=1T&chip=h100-sxm&chips=512&draws=40",
    "serve": "/serve",
    "frontier": "/frontier",
    "site": "/site?it=10MW&place=Dublin&draws=20",
    "supply": "/supply",
    "flex balance": "/flex/balance?it=100MW&region=us-ercot&draws=40",
    "flex headroom": "/flex/headroom",
    "world": "/world?region=ie&to=2030&draws=200",
    "saving": "/saving",
    "meter report": "/meter/report",
    "check": "/check?claims=ChatGPT%20uses%202.9%20Wh%20per%20request&draws=40",
    "measure": "/measure",
    "catalog": "/catalog?q=h100%20power",
    "chips": "/catalog/chip",
    "accuracy": "/accuracy",
    "side by side": "/side-by-side?q=/prompt?model=llama-3.1-8b%26draws=40&q=/prompt?model=llama-3.1-70b%26draws=40",
    "why": "/prompt/why?model=llama-3.1-8b&draws=40",
    "not there": "/nowhere",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as drive:
        started = drive.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """An app whose questions of 77 draws never end."""
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


class Tab:
    """A page of its own, which notes what goes wrong in it."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=base, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.faults: list[str] = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))

    def __enter__(self) -> Any:
        return self.page

    def __exit__(self, *error: object) -> None:
        self.context.close()
        if error[0] is None:
            assert not [fault for fault in self.faults if "404" not in fault]


def answered(page: Any, words: str) -> None:
    """Wait for an answer with these words in its title."""
    page.locator("article.result .answer-title", has_text=words).wait_for()


def test_a_question_is_typed_answered_and_changed_by_the_keyboard_alone(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto("/")
        assert page.evaluate("document.activeElement.id") == "line"
        page.keyboard.type("Llama 3.1 8B on 1 H100, 500 in, 300 out")
        page.keyboard.press("Enter")
        answered(page, "Llama 3.1 8B")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Enter")
        for _ in range(30):
            if page.evaluate("document.activeElement.id") == "f-output_tokens":
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Control+A")
        page.keyboard.type("100")
        page.keyboard.press("Enter")
        answered(page, "100 out")
        assert "output_tokens=100" in page.url
        assert "f-output_tokens" in page.evaluate("document.activeElement.id")


def test_back_forward_and_a_deep_link_lead_to_the_same_answers(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto(QUICK)
        answered(page, "Llama 3.1 8B")
        page.fill("#f-model", "llama-3.1-70b")
        page.keyboard.press("Tab")
        answered(page, "Llama 3.1 70B")
        there = page.url
        page.go_back()
        answered(page, "Llama 3.1 8B")
        assert page.input_value("#f-model") == "llama-3.1-8b"
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
    with Tab(browser, base) as one:
        one.goto(QUICK)
        other = one.context.new_page()
        other.goto("/check?claims=ChatGPT uses 2.9 Wh per request&draws=40")
        answered(other, "ChatGPT")
        one.fill("#f-output_tokens", "50")
        one.keyboard.press("Tab")
        answered(one, "50 out")
        other.goto("/")
        recent = other.locator("#recent li")
        assert {"50 out" in text or "ChatGPT" in text or "300 out" in text for text in recent.all_text_contents()} == {
            True
        }


def test_answers_are_kept_for_comparison(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        for model in ("llama-3.1-8b", "llama-3.1-70b"):
            page.goto(f"/prompt?model={model}&draws=40")
            page.click("[data-compare]")
        page.click("#compare-bar a")
        page.locator("table.beside").wait_for()
        assert page.locator("table.beside thead th").count() == 3


@pytest.mark.parametrize("name", ["home", "prompt", "site", "check", "serve", "measure", "chips", "side by side"])
def test_a_phone_shows_a_page_without_scrolling_sideways(browser: Any, base: str, name: str) -> None:
    with Tab(browser, base, viewport={"width": 390, "height": 844}) as page:
        page.goto(ADDRESSES[name])
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


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
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    with Tab(browser, base, color_scheme="dark") as page:
        page.goto("/")
        assert ground(page) < 200
        page.click("#app-theme")
        assert ground(page) > 600
        page.goto(QUICK)
        assert ground(page) > 600


@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_sees_no_serious_fault(browser: Any, base: str, name: str) -> None:
    scheme = "dark" if len(name) % 2 else "light"
    with Tab(browser, base, color_scheme=scheme, bypass_csp=True) as page:
        page.goto(ADDRESSES[name])
        if "?" in ADDRESSES[name] and name in PAGES:
            page.locator("article.result").wait_for()
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        serious = [
            f"{fault['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for fault in found
            if fault["impact"] in SERIOUS
            for node in fault["nodes"][:3]
        ]
        assert not serious


def test_a_file_is_sent_by_choosing_it(browser: Any, base: str) -> None:
    rows = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
    with Tab(browser, base) as page:
        page.goto("/flex/headroom")
        page.set_input_files(
            "input[name=file-demand]",
            {"name": "hours.csv", "mimeType": "text/csv", "buffer": f"utc,mw\n{rows}".encode()},
        )
        page.locator("article.result").wait_for()
        assert page.locator(".file-name").text_content() == "hours.csv"


def test_the_page_speaks_chinese_when_it_is_chosen(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto("/")
        page.click(".tools-top a")
        assert page.evaluate("document.documentElement.lang") == "zh"
        assert re.search("[\u4e00-\u9fff]", page.text_content("h1"))
        page.click(".tools-top a")
        assert page.evaluate("document.documentElement.lang") == "en"
