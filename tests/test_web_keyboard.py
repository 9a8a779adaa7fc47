"""Each page's main task by the keyboard alone: from the top of a page to its inputs, its answer and its reasons."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from typer.main import get_command  # noqa: E402

from wattline.cli.main import app as command_line  # noqa: E402
from wattline.web.app.forms import commands_in, fields_of  # noqa: E402
from wattline.web.app.left_out import has_page  # noqa: E402
from wattline.web.app.pages import PAGES  # noqa: E402
from web_tab import CHROMIUM, Tab, focused, send_by_the_keyboard, step_to, to_answer, to_content, type_in  # noqa: E402

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")

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
    ("flex/sites", {"signals": "de;fr", "room": "20MW", "arrives": "12MW"}, "sites"),
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
# whose answers are plain tables
PLAIN = (
    ("facts", {"search": "h100-sxm"}, "h100-sxm"),
    ("list", {"kind": "chips"}, "h100-sxm"),
    ("traffic", {"rate": "2/s"}, "requests"),
)
RUN = """draws = 20
[[job]]
name = "p"
kind = "prompt"
model = "llama-3.1-8b"
chip = "h100-sxm"
"""
ROWS = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
WATTS = "time_s,gpu0_power_w\n" + "".join(f"{t},{300 + t % 7}\n" for t in range(120))


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


@pytest.mark.parametrize(("path", "inputs", "words"), PLAIN, ids=[row[0] for row in PLAIN])
def test_a_page_of_a_table_is_asked_and_answers_by_the_keyboard(
    browser: Any, base: str, path: str, inputs: dict[str, str], words: str
) -> None:
    with Tab(browser, base) as page:
        page.goto(f"/{path}?blank=1")
        to_content(page)
        type_in(page, inputs)
        page.keyboard.press("Enter")
        page.locator("article.result", has_text=words).wait_for()
        to_answer(page)
        step_to(page, "pre.screen")  # which scrolls


@pytest.mark.long
@pytest.mark.parametrize(
    ("path", "inputs", "title"),
    [("frontier", {**LONG[0][1], "duration": "20 s", "chip": "l4"}, ""), ("supply", LONG[1][1], "Supply")],
    ids=["frontier", "supply"],
)
def test_a_long_page_is_really_answered_by_the_keyboard(
    browser: Any, base: str, path: str, inputs: dict[str, str], title: str
) -> None:
    with Tab(browser, base) as page:
        page.goto(f"/{path}?blank=1")
        to_content(page)
        order = {name: inputs[name] for name in PAGES[path].first if name in inputs}
        type_in(page, {**order, "draws": "2"})
        page.keyboard.press("Enter")
        page.locator("article.result .answer-title", has_text=title).wait_for()


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
        page.goto(f"/{path}")
        for name in names:
            (tmp_path / f"{name}.csv").write_text(text)
            to_content(page)
            send_by_the_keyboard(page, f"#f-{name}", tmp_path / f"{name}.csv")
        page.locator("article.result").wait_for()


@pytest.mark.parametrize("path", ["run", "compare"])
def test_a_scenario_is_sent_by_the_keyboard(browser: Any, base: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(RUN)
    (tmp_path / "watts.csv").write_text(WATTS)
    with Tab(browser, base) as page:
        page.goto(f"/{path}")
        to_content(page)
        step_to(page, "details.or-file summary")
        page.keyboard.press("Enter")
        page.locator("input[name=file-scenario]").wait_for()
        send_by_the_keyboard(page, "input[name=file-scenario]", tmp_path / "run.toml")
        page.locator(".file-name", has_text="run.toml").wait_for()
        if path == "compare":
            to_content(page)
            send_by_the_keyboard(page, "#f-measured", tmp_path / "watts.csv")
        page.locator("article.result").wait_for()
        to_answer(page)
        step_to(page, "article.result a, article.result pre")


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
        page.locator("html[data-theme=dark]").wait_for()
        step_to(page, ".tools-top a", "Shift+Tab")
        page.keyboard.press("Enter")
        page.locator("html[lang=zh]").wait_for()
        page.wait_for_url("**/train")


FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}
WALKED = {row[0].replace("/", " ") for row in (*QUICK, *PLAIN, *LONG)} | {
    "flex headroom", "meter report", "saving", "run", "compare",
}  # fmt: skip
OTHERS = [name for name, fields in FORMS.items() if has_page(name, fields) and name not in WALKED]


@pytest.mark.parametrize("command", OTHERS)
def test_every_other_page_is_asked_by_the_keyboard(browser: Any, slow: str, command: str, tmp_path: Path) -> None:
    """With a stand-in that answers: recordings and tables of measurements are sent, what must be given is typed."""
    fields = FORMS[command]
    (tmp_path / "sent.csv").write_text(WATTS)
    with Tab(browser, slow) as page:
        page.goto(f"/{command.replace(' ', '/')}?blank=1")
        to_content(page)
        needed = [field for field in fields.values() if field.needed]
        for field in needed:
            if field.kind == "file":
                send_by_the_keyboard(page, f"#f-{field.name}", tmp_path / "sent.csv")
                to_content(page)
            else:
                type_in(page, {field.name: "x"})
        if not needed:
            step_to(page, "form#ask button.go")
            page.keyboard.press("Enter")
        page.locator("article.result").wait_for()
        focused(page, "#content" if needed else "form#ask button.go")
