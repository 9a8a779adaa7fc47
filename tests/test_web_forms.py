"""Forms with files, as browsers and attackers send them."""

from __future__ import annotations

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx
from hypothesis import given
from hypothesis import strategies as st

from wattline.core.errors import WattlineError
from wattline.web.app.bodies import MAX_PARTS, parse_form

NAME = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(
    st.dictionaries(NAME, TEXT, max_size=5),
    st.dictionaries(
        NAME,
        st.tuples(st.from_regex(r"[\w .-]{1,20}", fullmatch=True), st.binary(max_size=200)),
        min_size=1,
        max_size=3,
    ),
)
def test_a_form_is_read_as_it_was_sent(values: dict[str, str], files: dict[str, tuple[str, bytes]]) -> None:
    request = httpx.Request("POST", "http://host/", data=values, files=files)
    pairs, read = parse_form(request.headers["content-type"], request.read())
    assert pairs == list(values.items())
    assert [(name, data) for name, _, data in read] == [(name, data) for name, (_, data) in files.items()]


def test_of_endless_parts_the_first_are_taken() -> None:
    part = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n%d\r\n'
    pairs, _ = parse_form("multipart/form-data; boundary=B", b"".join(part % i for i in range(100_000)) + b"--B--\r\n")
    assert pairs == [("a", str(i)) for i in range(MAX_PARTS)]


def test_parts_within_parts_are_one_value() -> None:
    inner = b"".join(b"Content-Type: multipart/mixed; boundary=x%d\r\n\r\n--x%d\r\n" % (i, i) for i in range(10_000))
    body = b'--B\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n' + inner + b"\r\n--B--\r\n"
    assert parse_form("multipart/form-data; boundary=B", body) == ([], [("a", "f", inner)])


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""']
)
def test_a_form_without_a_boundary_is_refused(kind: str) -> None:
    with pytest.raises(WattlineError, match="no boundary"):
        parse_form(kind, b"--\r\n\r\n")


@given(st.binary(max_size=300), st.binary(max_size=100))
def test_any_bytes_are_a_form_or_none(head: bytes, rest: bytes) -> None:
    pairs, files = parse_form("multipart/form-data; boundary=B", b"--B\r\n" + head + b"\r\n\r\n" + rest + b"\r\n--B--")
    assert len(pairs) + len(files) <= MAX_PARTS
