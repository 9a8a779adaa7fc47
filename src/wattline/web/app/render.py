"""Templates filled in: the shell of a page, its form, and an answer within it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

from wattline.core.errors import WattlineError
from wattline.core.version import __version__
from wattline.report.language.translator import translator_of
from wattline.web.app.assets import STAMP
from wattline.web.app.forms import Field, first_and_rest
from wattline.web.app.jobs import WebJob
from wattline.web.app.labels import html_with_labels, with_labels, with_pages
from wattline.web.app.line import read_line
from wattline.web.app.menu import BESIDE_MENU, FAMILY_NAMES, MENU
from wattline.web.app.pages import LEADING, PAGES, Page
from wattline.web.app.question import may_be_empty
from wattline.web.app.state import AppState, state_of
from wattline.web.app.words import LANGUAGES, Words, words_of


@cache
def environment(lang: str) -> Environment:
    """Templates in a language; every value is escaped."""
    made = Environment(
        loader=PackageLoader("wattline.web.app", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals["_"] = words_of(lang)
    return made


def render(request: Request, template: str, **values: Any) -> str:
    """A template with what every page has.

    Parameters
    ----------
    request : whose language and address the page has
    template : name of its file
    values : what the template names besides

    Returns HTML.
    """
    return render_in(state_of(request).words(request), template, **shell_values(request), **values)


def render_in(words: Words, template: str, **values: Any) -> str:
    """A template in a language.

    Parameters
    ----------
    words : of the language
    template : name of its file
    values : what the template names

    Returns HTML.
    """
    return environment(words.lang).get_template(template).render(**values)


def shell_values(request: Request) -> dict[str, Any]:
    """What the top of every page takes."""
    words = state_of(request).words(request)
    path = request.url.path
    other = "zh" if words.lang == "en" else "en"
    items = [
        (PAGES[name].path, MENU.get(name, name.capitalize())) for name in LEADING if name in state_of(request).forms
    ]
    menu = [
        {"path": href, "name": words(name), "here": href == path or _family(href) == _family(path) != ""}
        for href, name in (*items, *BESIDE_MENU)
    ]
    line = request.query_params.get("line", "")
    own = any(page.path == path for page in state_of(request).pages())  # puts it where its answer stands
    back = quote(f"{path}?{request.url.query}" if request.url.query else path, safe="")
    return {
        "lang": words.lang, "other_lang": other, "other_name": LANGUAGES[other], "menu": menu, "back": back,
        "version": __version__, "stamp": STAMP, "theme": "",
        "note": Markup(line_note(request, line)) if line and not own else "",
    }  # fmt: skip


def line_note(request: Request, line: str) -> str:
    """What was assumed for what a line of the first page does not say, and its words that changed nothing, as HTML.

    Parameters
    ----------
    request : whose language the note is in
    line : as it was typed

    Returns HTML; empty where there is nothing to say.
    """
    words = state_of(request).words(request)
    try:
        meant = read_line(line)
    except WattlineError:
        return ""
    to = translator_of(words.lang).text
    notes = [(words("From your line:"), "; ".join(to(why) for why in meant.taken))] if meant.taken else []
    notes += [(words("Not understood, and left out:"), ", ".join(meant.unread))] if meant.unread else []
    parts = [f"{html.escape(head)} {html.escape(rest)}" for head, rest in notes]
    return f'<p class="taken">{"<br>".join(parts)}</p>' if parts else ""


def _family(path: str) -> str:
    return re.split(r"[/-]", path.strip("/"))[0]


def shown_field(field: Field, value: str, words: Words, state: AppState, command: str) -> dict[str, Any]:
    """What a field's template takes.

    Parameters
    ----------
    field : of the command's form
    value : what stands in it
    words : of the language
    state : of the app: its uploads, forms and lists
    command : whose form it is

    Returns the template's values by name.
    """
    files = [state.uploads.get(key) for key in re.findall(r"upload:([0-9a-f]{32})", value)]
    about = with_labels(words(re.sub(r"`([^`]*)`", r"\1", field.about)), state.forms[command], words)
    about = with_pages(about, state.pages(), words, translator_of(words.lang))
    return {
        "name": field.name, "label": words(field.label), "about": about, "usual": field.usual,
        "kind": field.kind, "needed": field.needed or field.name == "it", "value": value,
        "file": ", ".join(file.name for file in files if file), "many": field.many,
        "list": field.name if field.name in state.lists else "", "wide": field.wide,
    }  # fmt: skip


def page_shell(request: Request, page: Page, values: Mapping[str, str], open_more: bool) -> str:
    """A page to the place where its answer goes, its form filled in.

    Parameters
    ----------
    request : as Starlette gives it
    page : of a command
    values : of its fields, as text
    open_more : whether the rarer fields are shown

    Returns HTML.
    """
    state = state_of(request)
    words = state.words(request)
    fields = state.forms[page.command]
    first, rest = first_and_rest(fields, page.first)
    family = [other for other in state.pages() if _family(other.path) == _family(page.path)]
    return render(
        request,
        "page.html",
        title=words(page.title),
        about=words(page.about),
        path=page.path,
        long=page.long,
        may_be_empty=may_be_empty(page, fields),
        example=urlencode(page.example),
        family=[
            {"path": p.path, "name": words(FAMILY_NAMES.get(p.command, p.command)), "here": p is page} for p in family
        ],
        first=[shown_field(f, values.get(f.name, ""), words, state, page.command) for f in first],
        rest=[shown_field(f, values.get(f.name, ""), words, state, page.command) for f in rest],
        open=open_more,  # else it stays shut, with what is filled in named, so that the answer is in sight
    )


def foot(request: Request, page: Page) -> str:
    """What closes a page: the names that its inputs suggest come last, since nobody waits for them.

    Parameters
    ----------
    request : whose language the page has
    page : that ends

    Returns HTML.
    """
    state = state_of(request)
    used = [name for name in state.lists if name in state.forms[page.command]]
    lang = state.words(request).lang
    return "</div>" + "".join(state.list_html(name, lang) for name in used) + render(request, "foot.html")


def working(request: Request, job: WebJob, *, follow: bool) -> str:
    """What stands where an answer will be; ``follow``: the page fetches the answer itself.

    Parameters
    ----------
    request : as Starlette gives it
    job : that goes on
    follow : whether the page fetches the answer itself

    Returns HTML.
    """
    progress = translator_of(state_of(request).words(request).lang).text(job.words)
    return render(request, "working.html", job=job, follow=follow, progress=progress)


def trouble(request: Request, error: str, page: Page) -> str:
    """Why there is no answer.

    Parameters
    ----------
    request : as Starlette gives it
    error : in English
    page : that was asked

    Returns HTML.
    """
    state = state_of(request)
    words = state.words(request)
    to = translator_of(words.lang)
    shown = with_pages(with_labels(to.text(error), state.forms[page.command], words), state.pages(), words, to)
    return render(request, "trouble.html", heading=words("No answer:"), error=shown, again="")


def given_up(request: Request, address: str) -> str:
    """That a question was cancelled, with the way to ask it again.

    Parameters
    ----------
    request : as Starlette gives it
    address : of the question

    Returns HTML.
    """
    words = state_of(request).words(request)
    error = words("Nothing was worked out.")
    return render(request, "trouble.html", heading=words("Cancelled."), error=error, again=address)


def answer_part(request: Request, job: WebJob) -> str:
    """An answer with its tools, or why there is none.

    Parameters
    ----------
    request : whose language it is in
    job : that is over

    Returns HTML.
    """
    words = state_of(request).words(request)
    if job.state == "cancelled":
        return given_up(request, job.question.address)
    if job.state != "done":
        return trouble(request, job.error, job.question.page)
    question, answer = job.question, job.shown(words.lang)
    names = state_of(request).uploads.names()
    fragment = answer.get("fragment")
    if fragment:
        fields = state_of(request).forms[question.page.command]
        labelled = {part: html_with_labels(fragment[part], fields, words) for part in ("intro", "main")}
        fragment = {**fragment, **labelled}
    title = html.unescape(re.sub(r"<[^>]*>", "", fragment["title"])) if fragment else words(question.page.title)
    kinds = [("json", "JSON"), ("csv", "CSV"), ("svg", "SVG"), ("png", "PNG"), ("html", words("Report"))]
    has = {"json", "csv"} | ({"html"} if fragment else set()) | ({"svg", "png"} if answer.get("svg") else set())
    shared = {
        "job": job, "address": question.address, "path": question.page.path, "query": question.query,
        "plain_title": title, "command_line": question.command_line(names), "python": question.python(names),
        "downloads": [kind for kind in kinds if kind[0] in has], "base": str(request.base_url).rstrip("/"),
    }  # fmt: skip
    if fragment is None:
        return render(request, "plain_answer.html", text=answer["text"], **shared)
    return render(request, "answer.html", fragment=fragment, has_facts='id="facts"' in fragment["main"], **shared)
