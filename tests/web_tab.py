"""A tab of real Chromium that notes what goes wrong in it, and the address of each page with a quick answer."""

from __future__ import annotations

import shutil
from typing import Any

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
