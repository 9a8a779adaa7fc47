"""A tab of real Chromium that notes what goes wrong in it, and the address of each page with a quick answer."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

PATIENCE_MS = 120_000  # far longer than anything takes, also on a machine that is busy: a defect alone ends it
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
QUICK = "/prompt?model=llama-3.1-8b&draws=40"
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
    "article": "/check?claims=article",
    "measure": "/measure",
    "catalog": "/catalog?q=h100%20power",
    "chips": "/catalog/chip",
    "accuracy": "/accuracy",
    "side by side": "/side-by-side?q=/prompt?model=llama-3.1-8b%26draws=40&q=/prompt?model=llama-3.1-70b%26draws=40",
    "why": "/prompt/why?model=llama-3.1-8b&draws=40",
    "not there": "/nowhere",
}


class Tab:
    """A page of its own, which notes what goes wrong in it."""

    def __init__(self, browser: Any, base: str, **options: Any) -> None:
        self.context = browser.new_context(base_url=base, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.faults: list[str] = []
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("filechooser", lambda chooser: None)  # from now on the browser tells of choosers, and shows none
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


def seen(page: Any, expression: str, value: Any = None) -> Any:
    """What an expression says of a page that stands still, or of the page that a navigation meanwhile leads to."""
    from playwright.sync_api import Error

    for _ in range(20):
        page.wait_for_load_state()
        try:
            return page.evaluate(expression, value)
        except Error as error:
            if "navigation" not in str(error) and "context" not in str(error):
                raise
    raise AssertionError(f"{page.url} never stands still")


def focused(page: Any, selector: str) -> None:
    """Wait until what the selector names has the focus."""
    page.locator(f"{selector}:focus").wait_for()


def to_content(page: Any) -> None:
    """From the top of a page to its content, by its first link."""
    page.keyboard.press("Tab")
    focused(page, "body > a.skip")
    page.keyboard.press("Enter")


MAX_STEPS = 90  # of the Tab key, through all the inputs of a page that are shown
FOCUS = "(s => s.outlineStyle + s.boxShadow)(getComputedStyle(document.activeElement))"


def step_to(page: Any, selector: str, key: str = "Tab") -> None:
    """Tab on until what the selector names has the focus, which can be seen."""
    for _ in range(MAX_STEPS):
        page.keyboard.press(key)
        if seen(page, "selector => document.activeElement.matches(selector)", selector):
            assert seen(page, FOCUS) != "nonenone", f"the focus on {selector} is not seen"
            return
    raise AssertionError(f"{selector} is not reached by {MAX_STEPS} steps")


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


def send_by_the_keyboard(page: Any, selector: str, *paths: Path) -> None:
    """Step to an input that takes files, and choose them; the page with their names follows."""
    step_to(page, selector)
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    with page.expect_navigation():
        chooser.value.set_files([str(path) for path in paths])
