"""The tables and outputs of docs/accuracy are those that the code makes; `make accuracy` makes the slow ones too."""

from __future__ import annotations

from pathlib import Path

import pytest

import accuracy
from made import TABLE, remake

PAGES = sorted((Path(__file__).parents[1] / "docs/accuracy").glob("*.md"))
QUICK = {name: accuracy.TABLES[name] for name in ("training", "site", "recordings")}


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_holds_what_the_code_makes(page: Path, shared_data: Path):
    text = page.read_text(encoding="utf-8")
    assert remake(text, QUICK) == text, "`make accuracy` makes it again"


def test_every_table_of_a_page_is_made_by_the_tool():
    named = {match["name"] for page in accuracy.PAGES for match in TABLE.finditer(page.read_text(encoding="utf-8"))}
    assert named == set(accuracy.TABLES)


def test_no_table_is_empty():
    for page in accuracy.PAGES:
        for match in TABLE.finditer(page.read_text(encoding="utf-8")):
            assert match["body"].count("\n|") > 1, f"{page.name}: {match['name']}"
