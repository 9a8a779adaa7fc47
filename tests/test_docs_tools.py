"""The tools of the documentation: blocks are run and must succeed, made blocks are made, broken links are found."""

from __future__ import annotations

from pathlib import Path

import pytest

import blocks
import reference
import wattline as wl
from blocks import BlockError, Session, console, shortened
from fences import read_options
from links import faults
from made import remake


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blocks, "CACHE", tmp_path / "cache")


def test_a_console_block_shows_each_command_with_its_output():
    assert console("$ echo one\n$ echo two", Session("")) == "$ echo one\none\n$ echo two\ntwo"


def test_blocks_of_a_session_share_their_folder_and_their_python_names():
    session = Session("shared")
    console("$ echo 41 > number", session)
    session.run("python", "number = int(open('number').read())")
    assert session.run("python", "number + 1") == "42"


def test_a_session_whose_outputs_are_kept_is_run_again_only_for_what_is_new():
    first, again = Session("kept"), Session("kept")
    console("$ echo $RANDOM > number; cat number", first)
    kept = console("$ echo $RANDOM > number; cat number", again)
    assert kept == console("$ echo $RANDOM > number; cat number", Session("kept"))
    assert console("$ test -s number && echo there", again).endswith("\nthere")


@pytest.mark.parametrize("source", ["$ false", "$ wattline nosuch", "echo not a command"])
def test_a_block_that_fails_is_an_error(source: str):
    with pytest.raises(BlockError):
        console(source, Session(""))


def test_a_block_may_expect_to_fail():
    assert console("$ exit 3", Session(""), returncode=3) == "$ exit 3"


def test_an_unknown_option_of_a_block_is_an_error():
    with pytest.raises(BlockError, match="frist"):
        read_options("console", {"exec": "1", "frist": "2"})
    assert read_options("console", {"title": "not run"}) is None


def test_a_long_output_is_cut():
    assert shortened("a\nb\nc", 2) == "a\nb\n…"


def test_made_blocks_are_made_again_and_unknown_tables_are_left():
    text = "<!-- run: echo hello -->\n```console\nold\n```\n<!-- table: t -->\nold\n<!-- end -->\n"
    made = remake(text, {"t": lambda: "| new |"})
    assert made == (
        "<!-- run: echo hello -->\n```console\n$ echo hello\nhello\n```\n<!-- table: t -->\n| new |\n<!-- end -->\n"
    )
    assert "<!-- table: t -->\nold\n" in remake(text, {"t": lambda: None}, runs=False)


@pytest.mark.parametrize(
    ("link", "fault"),
    [
        ('<a href="there.html">x</a>', None),
        ('<a href="there.html#part">x</a>', None),
        ('<a href="https://example.org/">x</a>', None),
        ('<a href="gone.html">x</a>', "gone.html: no such file"),
        ('<a href="there.html#gone">x</a>', "there.html#gone: no such anchor"),
        ('<img src="gone.png">', "gone.png: no such file"),
        ('<script src="https://cdn.example.org/x.js"></script>', "from the network"),
    ],
)
def test_broken_links_and_files_from_the_network_are_found(tmp_path: Path, link: str, fault: str | None):
    (tmp_path / "there.html").write_text('<h2 id="part">Part</h2>')
    (tmp_path / "page.html").write_text(link)
    result = faults(tmp_path)
    assert (result == []) if fault is None else (len(result) == 1 and fault in result[0])


def test_the_page_of_python_names_every_function_under_a_heading_of_what_it_is_for():
    listed = [name for names in reference.PYTHON_SECTIONS.values() for name in names]
    functions = {name for name in wl.__all__ if name.islower()}
    assert functions <= set(listed)
    assert set(listed) <= set(wl.__all__)
    assert len(listed) == len(set(listed))


def test_the_page_of_the_code_names_every_room_with_what_it_is(capsys: pytest.CaptureFixture[str]):
    reference.rooms()
    rows = {row.split("|")[1].strip(" `/"): row.split("|") for row in capsys.readouterr().out.splitlines()[2:]}
    source = Path(wl.__file__).parent
    assert set(rows) == {str(path.parent.relative_to(source)) for path in source.glob("**/*/__init__.py")}
    assert all(len(row[3].split()) >= 4 and row[3].strip().endswith((".", ":")) for row in rows.values())
