"""What the app's handlers share: forms, jobs, files, the folder of journals, the words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from pathlib import Path

from starlette.requests import Request

from wattline.catalog import default
from wattline.report.language.translator import translator_of
from wattline.web.app.forms import Field
from wattline.web.app.jobs import Jobs
from wattline.web.app.kept import KeptPages
from wattline.web.app.left_out import has_page
from wattline.web.app.pages import PAGES, Page, page_of
from wattline.web.app.question import PageQuestion, read_question
from wattline.web.app.uploads import Uploads
from wattline.web.app.words import LANGUAGES, Words, words_of

OWN_NAMES = {"lang", "line", "blank", "send", "stopped", "ask"}  # of the query, which are no inputs
# an input -> the kind of names that it suggests
LISTS = {"model": "model", "chip": "chip", "region": "region", "place": "climate", "engine": "engine"}

MAX_LISTED = 600  # names that an input suggests


@dataclass
class AppState:
    """One app.

    Attributes
    ----------
    forms, abouts : the fields of each page's command, and its help
    jobs, uploads : questions on their way, and files
    kept : pages that were made already
    lang : the language where the reader chose none
    journals : the folder of recordings that Measure shows
    proxy : address of a running proxy
    """

    forms: Mapping[str, Mapping[str, Field]]
    jobs: Jobs
    uploads: Uploads
    lang: str = "en"
    journals: Path | None = None
    proxy: str = ""
    host: str = ""
    abouts: Mapping[str, str] = field(default_factory=dict)
    kept: KeptPages = field(default_factory=KeptPages)
    _pages: list[Page] = field(default_factory=list)
    _list_html: dict[tuple[str, str], str] = field(default_factory=dict)

    def pages(self) -> list[Page]:
        """The pages whose command is there: those that are described, and those that are made from their help."""
        if not self._pages:
            self._pages += self._all_pages()
        return self._pages

    def _all_pages(self) -> list[Page]:
        made = [page for page in PAGES.values() if page.command in self.forms]
        others = [name for name, fields in self.forms.items() if name not in PAGES and has_page(name, fields)]
        return [*made, *(page_of(name, self.abouts.get(name, ""), self.forms[name]) for name in others)]

    def words(self, request: Request) -> Words:
        """The words in the reader's language: of the query, the cookie, or the start."""
        for lang in (request.query_params.get("lang"), request.cookies.get("wattline_lang")):
            if lang in LANGUAGES:
                return words_of(lang)
        return words_of(self.lang)

    def question(self, page: Page, given: Iterable[tuple[str, str]]) -> PageQuestion:
        """The question of these inputs. Raises WattlineError.

        Parameters
        ----------
        page : of the command
        given : names and values, as the browser sent them

        Returns
        -------
        The question.
        """
        inputs = [(name, value) for name, value in given if name not in OWN_NAMES and not name.startswith("file-")]
        return read_question(page, self.forms[page.command], inputs)

    @cached_property
    def lists(self) -> dict[str, list[tuple[str, str]]]:
        """Names that inputs suggest, each with its title."""
        catalog = default()
        lists = {}
        for name, kind in LISTS.items():
            try:
                records = catalog.records(kind)
            except (KeyError, ValueError):
                continue
            lists[name] = [(record.name, record.title) for record in records.values()]
        return lists

    def list_html(self, name: str, lang: str) -> str:
        """The names that an input suggests, as an element of a page: made once a language, since they are many.

        Parameters
        ----------
        name : of the input
        lang : en or zh

        Returns
        -------
        HTML.
        """
        if (name, lang) not in self._list_html:
            title_in = translator_of(lang).text
            options = "".join(
                f'<option value="{escape(value)}">{escape(title_in(title))}</option>'
                for value, title in self.lists[name][:MAX_LISTED]
            )
            self._list_html[name, lang] = f'<datalist id="l-{name}">{options}</datalist>'
        return self._list_html[name, lang]


def state_of(request: Request) -> AppState:
    """The state of the app that a request came to."""
    state = request.app.state.wattline
    assert isinstance(state, AppState)
    return state
