"""Answers and streams as the proxy reads them: usage of every server, one field more, no other byte moved."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("aiohttp", reason="the proxy's extra is not installed: pip install 'wattline[proxy]'")

from model_server import answer, events, usage
from proxy_requests import made
from wattline.web.proxy.body import kind_of, read_body, with_usage
from wattline.web.proxy.sse import EventStream
from wattline.web.proxy.usage import Tokens, find_usage, insert, parse, read_tokens, remove

PATHS = st.sampled_from(["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"])


@given(PATHS, st.integers(0, 9), st.text(max_size=30))
def test_one_field_goes_into_an_answer_and_no_other_byte_moves(path: str, seed: int, prompt: str) -> None:
    body = answer(path, {"seed": seed, "prompt": prompt, "max_tokens": 12})
    data = parse(body)
    reported = insert(body, data["usage"], {"energy_j": 12.5})
    assert reported.replace(b',"energy_j":12.5', b"", 1) == body
    assert json.loads(reported) == data | {"usage": data["usage"] | {"energy_j": 12.5}}
    assert insert(reported, json.loads(reported)["usage"], {"energy_j": 1.0}) == reported
    assert json.loads(remove(body, data["usage"])) == {k: v for k, v in data.items() if k != "usage"}


def test_usage_that_stands_in_text_or_deeper_is_let_alone() -> None:
    text = json.dumps({"a": '"usage": {"prompt_tokens": 3}', "usage": {"prompt_tokens": 1}, "z": {"usage": {"x": 1}}})
    usage_, at = find_usage(text.encode(), {"prompt_tokens": 1}) or ({}, 0)
    assert usage_ == {"prompt_tokens": 1}
    assert text[at] == "}"
    assert insert(b'{"usage": {}}', {}, {"energy_j": 2.0}) == b'{"usage": {"energy_j":2.0}}'
    deep = b'{"tool": {"usage": {"prompt_tokens": 1}}}'
    assert insert(deep, {"prompt_tokens": 2}, {"energy_j": 2.0}) == deep


def test_of_a_very_long_answer_only_the_usage_is_read() -> None:
    data = {"id": "emb-1", "data": [0.5] * 400_000, "usage": {"prompt_tokens": 7, "total_tokens": 7}}
    body = json.dumps(data).encode()
    tokens = Tokens()
    assert read_tokens(parse(body), tokens)
    assert (tokens.prompt, tokens.output) == (7, 0)
    assert parse(body)["id"] == "emb-1"


@pytest.mark.parametrize(
    ("data", "prompt", "cached", "output"),
    [
        ({"usage": {"prompt_tokens": 9, "output_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}}, 9, 6, 4),
        ({"usage": {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": None}}, 10, None, 4),
        ({"usage": {"input_tokens": 10, "output_tokens": 4, "input_tokens_details": {"cached_tokens": 2}}}, 10, 2, 4),
        ({"usage": {"input_tokens": 10, "output_tokens": 4, "cache_read_input_tokens": 90}}, 100, 90, 4),
        ({"usage": {"prompt_tokens": 10, "total_tokens": 10}}, 10, None, 0),
        ({"timings": {"prompt_n": 5, "cache_n": 3, "predicted_n": 8, "prompt_ms": 1.5, "predicted_ms": 80}}, 8, 3, 8),
        ({"usage": {"prompt_tokens": -1, "completion_tokens": True}}, None, None, None),
        ({"usage": None}, None, None, None),
        ({}, None, None, None),
    ],
)  # fmt: skip
def test_every_servers_usage_is_read(data: dict[str, Any], prompt: Any, cached: Any, output: Any) -> None:
    tokens = Tokens()
    assert read_tokens(data, tokens) is (prompt is not None)
    assert (tokens.prompt, tokens.cached, tokens.output) == (prompt, cached, output)


STYLES = st.sampled_from(["openai", "sglang", "vllm", "llama"])


def through(stream: EventStream, raw: bytes, cuts: list[int]) -> bytes:
    places = [0, *sorted(cut % (len(raw) + 1) for cut in cuts), len(raw)]
    return b"".join(stream.feed(raw[a:b]) for a, b in pairwise(places)) + stream.finish()


@given(
    PATHS.filter(lambda path: "embed" not in path), STYLES, st.lists(st.integers(0, 10_000), max_size=12), st.booleans()
)
def test_a_stream_however_cut_is_read_alike_and_gains_one_field(
    path: str, style: str, cuts: list[int], reported: bool
) -> None:
    wanted = {
        "style": style,
        "prompt": "x",
        "max_tokens": 9,
        **({"stream_options": {"include_usage": True}} if reported else {}),
    }
    raw, tracked, count = b"".join(events(path, wanted)), made("x", 0.0), [0]
    stream = EventStream(tracked, lambda pieces: count.__setitem__(0, count[0] + pieces), lambda: {"energy_j": 3.5})
    seen = through(stream, raw, cuts)
    fields = reported or path.endswith("/responses")
    assert seen.count(b',"energy_j":3.5') == int(fields)
    assert seen.replace(b',"energy_j":3.5', b"") == raw
    assert count[0] == 9
    assert tracked.response_id == "cmpl-0"
    if fields or style == "llama":
        assert tracked.tokens.output == 9
    untouched = EventStream(made("y", 0.0), lambda pieces: None)
    assert through(untouched, raw, cuts) == raw


@given(STYLES, st.lists(st.integers(0, 10_000), max_size=12))
def test_usage_that_the_proxy_asked_for_is_hidden_again(style: str, cuts: list[int]) -> None:
    bare = {"style": style, "prompt": "x", "max_tokens": 9}
    path, tracked = "/v1/chat/completions", made("x", 0.0)
    raw = b"".join(events(path, bare | {"stream_options": {"include_usage": True}}))
    stream = EventStream(
        tracked, lambda pieces: None, lambda: {"energy_j": 3.5}, added=True, strip_null=style != "sglang"
    )
    want = b"".join(events(path, bare))
    got = through(stream, raw, cuts)
    assert got == want
    assert tracked.tokens.output == 9
    assert tracked.tokens.prompt == usage(path, bare)["prompt_tokens"]


@pytest.mark.parametrize(
    "raw", [b"data: {broken\n\n", b"\n\n\n\n", b"data: 5\n\ndata: []\n\n", b"\xff\xfe\n\n", b"data:{}"]
)
def test_odd_streams_pass(raw: bytes) -> None:
    assert through(EventStream(made("x", 0.0), lambda n: None, lambda: {"energy_j": 1.0}), raw, [3]) == raw


def test_an_event_without_end_is_passed_on_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattline.web.proxy.sse.HOLD_BYTES", 1000)
    stream = EventStream(made("x", 0.0), lambda n: None, lambda: {"energy_j": 1.0})
    raw = b"data: " + b"x" * 5000
    assert through(stream, raw, [700, 900, 2000]) == raw


@pytest.mark.parametrize(
    "raw", ['{"stream":true}', ' {"stream": true, "model":"m"}\n ', '{"stream":true,"stream_options":{"x":1}}']
)
def test_a_stream_is_asked_for_its_usage(raw: str) -> None:
    request = read_body(raw.encode(), "chat")
    assert request.askable
    want = json.loads(raw)
    assert json.loads(with_usage(request)) == want | {
        "stream_options": want.get("stream_options", {}) | {"include_usage": True}
    }


@pytest.mark.parametrize(
    "raw",
    [b'{"stream":false}', b"{}", b"[1]", b"nonsense", b"\xff",
     b'{"stream":true,"stream_options":{"include_usage":false}}', b'{"stream":true,"stream_options":3}', b"[" * 9999],
)  # fmt: skip
def test_other_requests_are_let_alone(raw: bytes) -> None:
    assert not read_body(raw, "chat").askable
    assert read_body(raw, "chat").raw == raw


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [("POST", "/v1/chat/completions", "chat"), ("POST", "/x/v1/completions?a=b", "completions"),
     ("GET", "/v1/models", ""),
     ("POST", "/v1/embeddings/", "embeddings"), ("GET", "/v1/completions", ""), ("POST", "/tokenize", "")],
)  # fmt: skip
def test_paths_tell_the_kind_of_work(method: str, path: str, kind: str) -> None:
    assert kind_of(method, path) == kind
