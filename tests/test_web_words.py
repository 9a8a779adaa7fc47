"""The app's words in each language: every word of a page has its translation, none is left over, and all are shown."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

from typer.main import get_command

from wattline.cli.main import app as command_line
from wattline.web.app import forms, home, left_out, pages, render, words
from web_place import FAKE, get, served

FOLDER = Path(words.__file__).parent
CALL = re.compile(r"""(?<![\w.])(?:words|N_|_)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')""")


def in_templates() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in (FOLDER / "templates").glob("*.html"))
    return {first or second for text in texts for first, second in CALL.findall(text)}


def in_code() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py"))
    return {first or second for text in texts for first, second in CALL.findall(text)}


def of_tables() -> set[str]:
    menu = {*render.MENU.values(), *(name for _, name in render.BESIDE_MENU), *render.FAMILY_NAMES.values()}
    return menu | {label for label, _ in home.NAMES.values()} | set(forms.LABELS.values())


@pytest.mark.parametrize("lang", [lang for lang in words.LANGUAGES if lang != "en"])
def test_every_word_of_the_app_is_translated(lang: str) -> None:
    known = words.messages_of(lang)
    used = in_templates() | in_code() | of_tables()
    assert len(used) > 150
    assert sorted(used - set(known)) == []


@pytest.mark.parametrize("lang", [lang for lang in words.LANGUAGES if lang != "en"])
def test_inputs_of_every_page_have_their_names_and_their_help_translated(lang: str) -> None:
    known = words.messages_of(lang)
    used, left = set(), set()
    for name, command in forms.commands_in(get_command(command_line)):
        if name in left_out.LEFT_OUT:
            continue
        fields = forms.fields_of(command)
        page = pages.page_of(name, str(command.help or ""), fields)
        used |= {re.sub(r"`([^`]*)`", r"\1", field.about) for field in fields.values()} - {""}
        used |= {field.label for field in fields.values()} | {page.title, page.about} - {""}
        left |= {page.title, page.about} - {""} - set(known) if name in pages.PAGES else set()
    assert sorted(left) == []
    missing = sorted(used - set(known))  # a new option may come before its translation, but very few may
    assert len(missing) <= 0.01 * len(used), missing


def test_every_page_of_a_family_has_a_name_in_words() -> None:
    commands = [
        name
        for name, command in forms.commands_in(get_command(command_line))
        if left_out.has_page(name, forms.fields_of(command))
    ]
    families = Counter(re.split("[ -]", name)[0] for name in commands)
    alone = {name for name in commands if families[re.split("[ -]", name)[0]] > 1} - set(render.FAMILY_NAMES)
    assert alone == set()


@pytest.mark.parametrize("lang", [lang for lang in words.LANGUAGES if lang != "en"])
def test_a_translation_takes_the_values_that_the_english_words_take(lang: str) -> None:
    for message, translation in words.messages_of(lang).items():
        places = re.findall(r"%\(\w+\)s", message)
        assert sorted(places) == sorted(re.findall(r"%\(\w+\)s", translation)), message


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address


@pytest.mark.parametrize(
    "path", ["/", "/prompt", "/frontier", "/measure", "/catalog?q=h100", "/side-by-side", "/nowhere"]
)
def test_a_page_in_chinese_shows_no_english_word_of_the_app(base: str, path: str) -> None:
    joint = "&" if "?" in path else "?"
    text = get(base, f"{path}{joint}lang=zh&blank=1").text
    assert '<html lang="zh"' in text
    body = re.sub(r"<datalist.*?</datalist>", "", text[text.index("<body>") :], flags=re.S)  # names of the catalog
    shown = {part.strip() for part in re.findall(r">([^<>]+)<", body)} | set(re.findall(r'aria-label="([^"]+)"', body))
    same = {message for message, words_there in words.messages_of("zh").items() if message == words_there}
    assert sorted((shown & (in_templates() | of_tables())) - same) == []


def test_the_language_of_the_start_the_cookie_and_the_address(base: str) -> None:
    assert 'lang="en"' in get(base, "/").text
    assert 'lang="zh"' in get(base, "/", headers={"Cookie": "wattline_lang=zh"}).text
    assert 'lang="en"' in get(base, "/?lang=en", headers={"Cookie": "wattline_lang=zh"}).text
    assert 'lang="en"' in get(base, "/?lang=xx").text


def test_a_page_whose_command_has_new_words_is_shown_in_english(base: str) -> None:
    assert words.words_of("zh")("words that nobody translated") == "words that nobody translated"
    assert words.words_of("xx").lang == "en"
    assert pages.PAGES
