"""The first page answers what a newspaper said: claims of the built-in article, each with its verdict and a figure."""

from __future__ import annotations

import re
import sys
from html import unescape
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import wattline as wl
from waiting import until
from wattline.web.app.article import FIRST
from web_place import FAKE, get, served

PART = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def claims() -> dict[str, Any]:
    return {claim["id"]: claim for claim in wl.check("article").json()["results"]["claims"]}


def rows(html: str) -> list[list[str]]:
    table = re.search(r'<table class="stack claims-first">.*?</table>', html, re.S)
    assert table
    cells = (re.findall(r"<t[hd] ?[^>]*>(.*?)</t[hd]>", row, re.S) for row in table[0].split("<tr>")[2:])
    return [[unescape(re.sub(r"<[^>]*>", " ", cell)).strip() for cell in row] for row in cells]


def test_the_article_stands_on_the_first_page_as_check_has_it(base: str, claims: dict[str, Any]) -> None:
    shown = rows(get(base, "/article", headers=PART).text)
    assert [row[0] for row in shown] == [claims[name]["says"] for name in FIRST]
    assert [row[1] for row in shown] == [claims[name]["verdict"] for name in FIRST]
    for name, row in zip(FIRST, shown, strict=True):
        figure = claims[name]["newer"] if claims[name]["verdict"] == "outdated" else claims[name]["derived"]
        assert row[2].startswith(figure["words"])
    until(lambda: "claims-first" in get(base, "/").text)
    assert rows(get(base, "/").text) == shown
    links = re.findall(r'href="(/check[^"]*#claim-\d+)"', get(base, "/").text)
    whole = get(base, links[0].partition("#")[0]).text
    assert len(links) == len(FIRST)
    for link in links:
        assert f'id="{link.partition("#")[2]}"' in whole


def test_the_article_is_said_in_chinese(base: str) -> None:
    for row in rows(get(base, "/article?lang=zh", headers=PART).text):
        assert all(re.search("[\u4e00-\u9fff]", cell) for cell in row[:2])


def test_without_its_answer_the_first_page_leads_to_the_claims() -> None:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        assert get(address, "/article").headers["location"] == "/check?claims=article"
        for path in ("/", "/article"):
            html = get(address, path, headers=PART if path != "/" else {}).text
            assert 'href="/check?claims=article"' in html
            assert "claims-first" not in html
