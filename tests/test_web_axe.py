"""axe-core sees no fault in any page of the app: wide and on a phone, light or dark, all that folds away opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from web_tab import ADDRESSES, CHROMIUM, Tab, seen  # noqa: E402

AXE = Path(__file__).parent / "data" / "axe" / "axe.min.js"
OPEN = "document.querySelectorAll('details').forEach(each => each.open = true)"
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chromium here: apt-get install chromium")


@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_sees_no_fault(browser: Any, base: str, name: str) -> None:
    scheme = "dark" if len(name) % 2 else "light"
    with Tab(browser, base, color_scheme=scheme, bypass_csp=True) as page:
        page.goto(ADDRESSES[name])
        if page.locator(".working").count():
            page.locator("article.result").wait_for()
        seen(page, OPEN)
        page.add_script_tag(path=str(AXE))
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            faults = seen(page, "axe.run(document, {resultTypes: ['violations']})")["violations"]
            assert not [
                f"{width} px, {fault['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
                for fault in faults
                for node in fault["nodes"][:3]
            ]
            assert seen(page, "document.documentElement.scrollWidth") <= width
