"""Files of claims that are bad, huge, odd or hostile, and claims by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_by_hand import BASE, assert_single_line, check
from wattline import claim
from wattline.core.errors import WattlineError
from wattline.report.present import as_text

GOOD = BASE + 'stated = "1"\nderived = "1"\n'


# Bad files


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no claims"),
        ("claim = 3", "no claims"),
        ("claim = [1]", "claim 1: must be a table"),
        ("x = [", "not valid TOML"),
        ("x = " + "[" * 5000, "nested too deep"),
        ("x = " + "9" * 5000, "not valid TOML"),
        ('tilte = "x"\n' + BASE, "nearest: title"),
        ("title = 3\n" + BASE, "title must be text"),
        ('[[claim]]\nsays = "x"', "claim 1: id is missing"),
        ('[[claim]]\nid = "x"', "claim x: says is missing"),
        ("[[claim]]\nid = 3", "id must be text"),
        (BASE, "stated is missing"),
        (BASE + 'stated = "1"', "derived is missing"),
        (BASE + 'derived = "1"', "stated is missing"),
        (BASE + 'derivd = "1"', "unknown key 'derivd'; nearest: derived"),
        (BASE + 'cannot = ""', "must say why"),
        (BASE + 'cannot = "x"\nnewer = "1"', "newer makes no sense"),
        (BASE + 'stated = "1"\nderived = true', "derived must be an expression"),
        (BASE + 'stated = "1"\nderived = "1 +"', "derived: '1 .' ends too early"),
        (BASE + 'stated = "1"\nderived = nan', "finite"),
        (GOOD + 'expect = "true"', "expect must be one of"),
        (GOOD + 'relation = "about"', "relation must be one of"),
        (GOOD + 'relation = ["equal"]', "relation must be one of"),
        (GOOD + 'relation = "between"', "stated_low"),
        (GOOD + 'stated_low = "1"', "between"),
        (GOOD + 'holds = 2', "holds must be a share"),
        (GOOD + 'holds = 0.5', "must not be smaller"),
        (GOOD + 'quantities = 3', "quantities must be a table"),
        (GOOD + '[claim.quantities]\nx = "much"', "quantities.x: 'much'"),
        (GOOD + '[claim.quantities]\nx = true', "quantities.x must be a number"),
        (GOOD + '[claim.quantities]\nx = "1 + 1"', "one number and its unit"),
        (GOOD + '[claim.quantities]\nx = "1 foo"', "unknown unit"),
        (GOOD + '[claim.quantities]\nx = { low = 1 }', "value is missing"),
        (GOOD + '[claim.quantities]\nx = { value = 1, low = 1 }', "go together"),
        (GOOD + '[claim.quantities]\nx = { value = 1, lo = 1 }', "nearest: low"),
        (GOOD + '[claim.quantities]\nx = { value = 5, low = 1, high = 2 }', "not within"),
        (GOOD + '[claim.quantities]\nx = { value = "5 W", low = "1 h", high = "9 W" }',
         "another kind"),
        (GOOD + '[claim.quantities]\n"a-b" = 1', "cannot be a name"),
        (GOOD + '[claim.quantities]\nmax = 1', "cannot be a name"),
        (GOOD + '[claim.quantities]\nx = 1\n[claim.steps]\nx = "1"', "already"),
        (GOOD + '[claim.steps]\nx = "y"\ny = "x"', "steps.x: 'y' uses 'y', which is not"),
        (GOOD + '[claim.steps]\nx = "x + 1"', "not computed yet"),
        (GOOD + '[claim.steps]\nx = "1 kWh + 1 h"', "cannot add kWh and h"),
        (BASE + 'stated = "1 kWh"\nderived = "1 h"', "derived is in h, but what is stated is in kWh"),
        (GOOD + GOOD, "is used twice"),
        (GOOD * 501, "at most 500"),
    ],
)  # fmt: skip
def test_bad_files_are_refused_in_one_line(text: str, says: str) -> None:
    with pytest.raises(WattlineError) as caught:
        check(text, 10)
    message = str(caught.value)
    assert message.startswith("x.toml: ")
    assert says.replace("'1 .'", "'1 +'") in message
    assert "\n" not in message


def test_missing_huge_and_odd_files(tmp_path: Path) -> None:
    with pytest.raises(WattlineError, match="a TOML file, article, or a sentence"):
        claim.check_file(tmp_path / "none.toml")
    with pytest.raises(WattlineError, match="directory"):
        claim.check_file(tmp_path)
    huge = tmp_path / "huge.toml"
    huge.write_text("#" * 1_000_001)
    with pytest.raises(WattlineError, match="too large"):
        claim.check_file(huge)
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WattlineError, match="UTF-8"):
        claim.check_file(odd)
    with pytest.raises(WattlineError):
        claim.check_file("with\0zero")


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        claim.check_claims(claim.read_claims(text, "x.toml"), 0)
    except WattlineError as error:
        assert_single_line(error)


_values = st.recursive(
    st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=10), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


_keys = [
    "id",
    "says",
    "quantities",
    "steps",
    "stated",
    "derived",
    "newer",
    "beside",
    "holds",
    "relation",
    "cannot",
]


@given(st.dictionaries(st.sampled_from(_keys), _values))
def test_any_types_are_read_or_refused(entry: dict[str, Any]) -> None:
    from wattline.claim.file import _claim

    try:
        _claim({"id": "a", "says": "b"} | entry, {"source": ""})
    except WattlineError as error:
        assert_single_line(error)


def test_hostile_text_is_shown_flat() -> None:
    body = '[[claim]]\nid = "a"\nsays = "[red]x[/red] \\u001b[31m \\u202e"\ncannot = "[/]"\n'
    shown = as_text(claim.check_claims(claim.read_claims(body, "x.toml"), 0).json(), 80)
    assert "[red]x[/red]" in shown
    assert "\x1b" not in shown
