"""Each page's main task by the keyboard alone: from the top of a page to its inputs, its answer and its reasons."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from web_place import FAKE, served  # noqa: E402
from web_tab import CHROMIUM, Tab  # noqa: E402

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")
MOST_STEPS = 90  # of the Tab key, through all the inputs of a page that are shown
FOCUS = "(s => s.outlineStyle + s.boxShadow)(getComputedStyle(document.activeElement))"

# page, what is typed into which input, and words of the answer's title
QUICK = (
    ("prompt", {"model": "llama-3.1-8b", "output_tokens": "100"}, "100 out"),
    ("image", {"model": "flux.1-schnell", "steps": "4"}, "FLUX"),
    ("video", {"model": "wan2.2-t2v-a14b", "seconds": "2"}, "Wan"),
    ("session", {"session": "chat", "model": "llama-3.1-8b", "chip": "h100-sxm"}, "Llama"),
    ("embed", {"model": "bge-m3", "tokens": "1M", "chip": "l4"}, "BGE-M3"),
    ("transcribe", {"model": "whisper-large-v3-turbo", "hours": "10", "chip": "l4"}, "Whisper"),
    ("train", {"model": "llama-3.1-8b", "tokens": "1T", "chip": "h100-sxm", "chips": "512"}, "512"),
    ("serve", {"model": "llama-3.1-8b", "rate": "2/s", "duration": "20 s"}, "Llama 3.1 8B"),
    ("serve-average", {"model": "llama-3.1-8b", "rate": "1k/day", "chip": "h100-sxm"}, "Llama 3.1 8B"),
    ("site", {"it": "10MW", "place": "Dublin"}, "Dublin"),
    ("flex/balance", {"it": "50MW", "region": "ie"}, "50 MW"),
    ("flex/shift", {"signal": "de", "length": "4h", "before": "6h"}, ""),
    ("flex/swings", {"phase": "compute:1s:700W;exchange:1s:250W", "chips": "512"}, "512"),
    ("flex/response", {"model": "llama-3.1-8b", "it": "1MW", "chip": "h100-sxm"}, "Llama 3.1 8B"),
    ("world", {"region": "ie", "to": "2030"}, "data centres"),
    ("check", {"claims": "Training GPT-3 took 1,287 MWh"}, "GPT-3"),
)
# those that take long: an app whose processes answer at once stands in for the search itself
LONG = (
    ("frontier", {"model": "llama-3.1-8b", "rate": "2/s", "slo_ttft": "1s", "slo_tpot": "50ms"}),
    ("supply", {"it": "20MW", "place": "Dublin"}),
)
ROWS = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
WATTS = "time_s,gpu0_power_w\n" + "".join(f"{t},{300 + t % 7}\n" for t in range(120))


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
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


def to_content(page: Any) -> None:
    """From the top of a page to its content, by its first link."""
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")


def step_to(page: Any, selector: str, key: str = "Tab") -> None:
    """Tab on until what the selector names has the focus, which can be seen."""
    for _ in range(MOST_STEPS):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert page.evaluate(FOCUS) != "nonenone", f"the focus on {selector} is not seen"
            return
    raise AssertionError(f"{selector} is not reached by {MOST_STEPS} steps")


def to_answer(page: Any) -> None:
    """From an input past all others to the answer, by the link behind the button."""
    step_to(page, 'form#ask a[href="#answer"]')
    page.keyboard.press("Enter")


def type_in(page: Any, inputs: dict[str, str]) -> None:
    """The values of the inputs in the order in which they stand."""
    for name, value in inputs.items():
        step_to(page, f"#f-{name}")
        page.keyboard.press("Control+A")
        page.keyboard.type(value)


@pytest.mark.parametrize(("path", "inputs", "title"), QUICK, ids=[row[0] for row in QUICK])
def test_a_page_is_asked_and_answers_by_the_keyboard(
    browser: Any, base: str, path: str, inputs: dict[str, str], title: str
) -> None:
    with Tab(browser, base) as page:
        page.goto(f"/{path}?blank=1")
        to_content(page)
        type_in(page, inputs)
        page.keyboard.press("Enter")
        page.locator("article.result .answer-title", has_text=title).wait_for()
        page.wait_for_url(lambda url: all(f"{name}=" in url for name in inputs))
        to_answer(page)
        step_to(page, f'a[href^="/{path}/why"]')
        page.keyboard.press("Enter")
        page.locator("pre.screen").wait_for()


@pytest.mark.parametrize(("path", "inputs"), LONG, ids=[row[0] for row in LONG])
def test_a_long_page_is_asked_cancelled_and_asked_again_by_the_keyboard(
    browser: Any, slow: str, path: str, inputs: dict[str, str]
) -> None:
    with Tab(browser, slow) as page:
        page.goto(f"/{path}?blank=1")
        to_content(page)
        type_in(page, inputs)
        type_in(page, {"draws": "77"})  # never ends; an empty form shows all its inputs
        page.keyboard.press("Enter")
        page.locator(".working .words", has_text="counting").wait_for()
        step_to(page, 'form#ask a[href="#answer"]', "Shift+Tab")
        page.keyboard.press("Enter")
        step_to(page, ".working button")
        page.keyboard.press("Enter")
        page.locator(".trouble", has_text="Cancelled").wait_for()
        step_to(page, "#f-draws", "Shift+Tab")
        page.keyboard.press("Control+A")
        page.keyboard.type("3")
        page.keyboard.press("Enter")
        page.locator("article.result").wait_for()


@pytest.mark.parametrize(
    ("path", "names", "text"),
    [("flex/headroom", ("demand",), f"utc,mw\n{ROWS}"), ("meter/report", ("paths",), WATTS),
     ("saving", ("before", "after"), WATTS)],
    ids=["flex/headroom", "meter/report", "saving"],
)  # fmt: skip
def test_a_file_is_sent_by_the_keyboard(
    browser: Any, base: str, path: str, names: tuple[str, ...], text: str, tmp_path: Path
) -> None:
    with Tab(browser, base) as page:
        choosers: list[Any] = []
        page.on("filechooser", lambda chooser: choosers.append(chooser))  # a function of Python
        page.goto(f"/{path}")
        for name in names:
            (tmp_path / f"{name}.csv").write_text(text)
            to_content(page)
            step_to(page, f"#f-{name}")
            page.keyboard.press("Enter")
            page.wait_for_timeout(500)
            assert choosers
            with page.expect_navigation():
                choosers.pop().set_files(str(tmp_path / f"{name}.csv"))
        page.locator("article.result").wait_for()


def test_facts_are_searched_and_answers_compared_by_the_keyboard(browser: Any, base: str) -> None:
    with Tab(browser, base) as page:
        page.goto("/catalog")
        to_content(page)
        step_to(page, "#catalog-q")
        page.keyboard.type("h100 power")
        page.keyboard.press("Enter")
        page.locator("table.facts-found").wait_for()
        for model in ("llama-3.1-8b", "llama-3.1-70b"):
            page.goto(f"/prompt?model={model}&draws=40")
            page.locator("article.result").wait_for()
            to_content(page)
            step_to(page, "[data-compare]")
            page.keyboard.press("Enter")
        step_to(page, "#compare-bar a", "Shift+Tab")
        page.keyboard.press("Enter")
        page.locator("table.beside").wait_for()


def test_language_and_theme_are_chosen_by_the_keyboard(browser: Any, base: str) -> None:
    with Tab(browser, base, color_scheme="light") as page:
        page.goto("/train")
        step_to(page, "#app-theme")
        page.keyboard.press("Enter")
        assert page.evaluate("document.documentElement.dataset.theme") == "dark"
        step_to(page, ".tools-top a", "Shift+Tab")
        page.keyboard.press("Enter")
        page.locator("html[lang=zh]").wait_for()
        page.wait_for_url("**/train")
