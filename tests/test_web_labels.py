"""What a page of the app says of options bears the names of its form, in each language; code stays as it is."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.report.language.translator import translator_of
from wattline.web.app.forms import commands_in, fields_of
from wattline.web.app.fragment import first_figure, standalone_svg
from wattline.web.app.labels import html_with_labels, with_labels, with_pages
from wattline.web.app.pages import PAGES, page_of
from wattline.web.app.words import words_of
from web_place import FAKE, get, served

FORMS = {name: fields_of(command) for name, command in commands_in(get_command(command_line))}
SITE, ZH = FORMS["site"], words_of("zh")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


def test_options_of_the_form_are_called_as_the_form_calls_them() -> None:
    words = words_of("en")
    assert with_labels("use --weather FILE for more", SITE, words) == "use “Weather” for more"
    assert with_labels("give --place, or `--it 5MW`", SITE, words) == "give “Place”, or `“IT power” 5MW`"
    assert with_labels("--no-such thing", SITE, words) == "--no-such thing"
    assert "“气象”" in with_labels("--weather FILE", SITE, ZH) or "“天气”" in with_labels("--weather FILE", SITE, ZH)
    html = '<p title="--it">use --it</p><code>wattline site --it 5MW</code><pre>--it</pre>'
    assert html_with_labels(html, SITE, words) == html.replace("use --it", "use “IT power”")


@given(st.text(alphabet="-itplace <>/code&;", max_size=60))
def test_labels_leave_markup_as_it_was(text: str) -> None:
    labelled = html_with_labels(text, SITE, lambda words: words)
    assert re.findall(r"<[^>]*>", labelled) == re.findall(r"<[^>]*>", text)


@pytest.mark.parametrize("name", [name for name in FORMS if name in ("prompt", "site", "supply", "frontier", "serve")])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_help_of_a_form_speaks_of_an_option_that_it_shows(base: str, name: str, lang: str) -> None:
    text = get(base, f"/{name}?blank=1&lang={lang}").text
    helps = re.findall(r'<span class="help"[^>]*>(.*?)</span>', text, re.S)
    flags = {field.flag for field in FORMS[name].values() if field.flag}
    assert helps
    assert not [words for words in helps if set(re.findall(r"--[a-z][\w-]+", words)) & flags]


def test_a_bar_beside_its_number_is_no_figure_and_no_figure_has_two_heights() -> None:
    bar = '<svg class="bar" viewBox="0 0 100 10" height="14" width="100%" aria-hidden="true"><rect/></svg>'
    chart = '<svg class="plot" viewBox="0 0 300 200" height="14" width="100%" role="img"><rect/></svg>'
    assert first_figure(f"</header>{bar}") == ""
    head = standalone_svg(chart, "").partition(">")[0]
    assert head.count(" height=") == head.count(" width=") == 1
    assert first_figure(f"</header>{bar}{chart}").startswith("<svg")


def test_commands_that_have_a_page_are_links_to_it() -> None:
    pages = [*PAGES.values(), page_of("list", "Names.", FORMS["list"])]

    def shown(text: str, lang: str = "en") -> str:
        return with_pages(text, pages, words_of(lang), translator_of(lang))

    known = '<a href="/list?kind=models">Catalog: models</a>'
    assert shown("no <b>; `wattline list models` lists them") == f"no &lt;b&gt;; {known} lists them"
    assert shown("such as us (wattline list regions)").endswith('(<a href="/list?kind=regions">Catalog: regions</a>)')
    assert shown("see `wattline list models`", "zh") == 'see <a href="/list?kind=models">目录: 模型</a>'
    assert shown("by `wattline site`") == 'by <a href="/site">What does a data centre draw?</a>'
    for other in ("`wattline tune --restore`", "`wattline nowhere`", "wattline site", "`wattline list`"):
        assert "<a" not in shown(other) or other == "`wattline list`"


@given(st.text(alphabet='`wattline lismod<>&"-', max_size=60))
def test_no_text_becomes_markup_beside_the_links(text: str) -> None:
    pages = [page_of("list", "Names.", FORMS["list"])]
    html = with_pages(text, pages, words_of("en"), translator_of("en"))
    assert not re.search(r"<(?!/?a[ >])", html)


def test_a_program_learns_by_the_status_that_there_is_no_answer(base: str) -> None:
    assert get(base, "/prompt?model=llama-3.1-8b&draws=66").status_code == 400  # the process ends at these draws
    assert get(base, "/prompt?model=llama-3.1-8b&draws=20").status_code == 200
