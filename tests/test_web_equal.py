"""Every command's answer by the API is the command line's, to the last digit, with what was sent under its own name."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wattline.cli.main import main
from wattline.web.app.left_out import has_page
from web_equal_place import FILES, FORMS, LINES, api_reply, read
from web_place import get

# whose files are tables of measurements that this test does not make
WITHOUT = ("validate ", "meter share", "frontier")


def printed(command: str, pairs: list[tuple[str, str]], place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What the command line prints in a folder where the files lie."""
    for name, text in FILES.items():
        (place / name).write_text(text)
    args, plain = command.split(), []
    for name, value in pairs:
        field = FORMS[command][name.replace("-", "_")]
        for part in value.split(";") if field.many else [value]:
            words = part.removeprefix("@")
            if field.flag:
                args.append(f"{field.flag}={words}")
            else:
                plain.append(words)
    before = Path.cwd()
    os.chdir(place)
    capsys.readouterr()
    try:
        with pytest.raises(SystemExit) as stop:
            main([*args, "--json", "--", *plain])
    finally:
        os.chdir(before)
    out, error = capsys.readouterr()
    assert stop.value.code == 0, error
    return out


def test_every_command_is_among_those_that_are_compared() -> None:
    from web_questions import QUESTIONS

    compared = {read(line)[0] for line in LINES} | set(QUESTIONS)
    left = {name for name, fields in FORMS.items() if has_page(name, fields)} - compared
    assert {name for name in left if not name.startswith(WITHOUT)} == set()


def test_two_files_of_one_name_are_two_files(base: str) -> None:
    keys = [
        httpx.post(f"{base}/api/v1/uploads?name=watts.csv", content=FILES[name].encode()).json()["upload"]
        for name in ("before.csv", "after.csv")
    ]
    answer = get(base, "/api/v1/saving", params={"before": keys[0], "after": keys[1]}).json()
    saved = answer["results"]["saving"] if "saving" in answer["results"] else answer["results"]
    assert "0.33" in json.dumps(saved)
    assert answer["inputs"]["before"] == "watts.csv"


OPTIONAL = {
    "gpus": st.integers(1, 8), "input_tokens": st.integers(1, 4000), "output_tokens": st.integers(1, 2000),
    "precision": st.sampled_from(["bf16", "fp8"]), "region": st.sampled_from(["us", "fr", "cn", "us-ercot"]),
    "batch": st.integers(1, 64), "pue": st.sampled_from(["1.1", "1.4"]), "seed": st.integers(0, 9),
}  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=st.fixed_dictionaries({}, optional=OPTIONAL))
def test_a_prompt_of_any_inputs_is_the_command_line_s(
    base: str, inputs: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given_ = {"model": "llama-3.1-8b", "chip": "h100-sxm", "draws": "10", **inputs}
    pairs = [(name, str(value)) for name, value in given_.items()]
    assert api_reply(base, "prompt", pairs).text == printed("prompt", pairs, tmp_path, capsys)
    posted = httpx.post(f"{base}/api/v1/prompt", json=given_, timeout=60)
    assert posted.json() == json.load(io.StringIO(api_reply(base, "prompt", pairs).text))


def test_every_status_of_the_api_is_documented(base: str) -> None:
    spec = get(base, "/api/v1/openapi.json").json()["paths"]
    calls = [
        ("/api/v1/uploads", "post", {"content": b""}), ("/api/v1/uploads", "post", {"content": b"x" * 9_000_000}),
        ("/api/v1/prompt", "get", {"params": {"model": "nothing"}}), ("/api/v1/prompt", "post", {"content": b"[" * 9}),
        ("/api/v1/prompt", "post", {"json": {"model": "x" * 300_000}}), ("/api/v1/serve", "get", {}),
        ("/api/v1/prompt", "get", {"params": {"model": "llama-3.1-8b"}, "headers": {"Prefer": "respond-async"}}),
        ("/api/v1/", "get", {}),
    ]  # fmt: skip
    for path, method, more in calls:
        reply = httpx.request(method, base + path, timeout=60, **more)
        assert str(reply.status_code) in spec[path][method]["responses"], (path, method, reply.status_code)
    job = get(base, "/api/v1/validate/mlperf").json()
    while job["state"] in ("queued", "running"):
        job = get(base, job["self"]).json()
    failed = get(base, f"{job['self']}/answer")
    assert str(failed.status_code) in spec["/api/v1/jobs/{id}/answer"]["get"]["responses"]
