"""Doors: addresses are shown without their secrets, and files of users are read and written within bounds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattline.catalog.own import append_tables
from wattline.core import files, reading
from wattline.core.address import has_user, without_secrets
from wattline.core.download import download
from wattline.core.errors import WattlineError
from wattline.core.printable import cell
from wattline.line.work.huggingface.reader import model_from_config
from wattline.line.world.published import read_published
from wattline.line.world.scenarios import read_case
from wattline.predict.outlook.jobs import read_jobs
from wattline.predict.outlook.own import read_stock
from wattline.web.proxy.metrics import Metrics

SECRET = st.text("abcXYZ019.~!$&'()*+,;=:@/?#%-_", min_size=1, max_size=12).map(lambda text: f"hid{text}den")


@given(SECRET, st.sampled_from(["http", "https", "grpc", "ray"]), st.sampled_from(["", ":8100", ":9/path"]))
def test_a_password_is_shown_nowhere_whatever_signs_it_holds(secret: str, scheme: str, rest: str) -> None:
    url = f"{scheme}://user:{secret}@host{rest}"
    assert has_user(url)
    assert without_secrets(f"cannot reach {url} now") == f"cannot reach {scheme}://host{rest} now"


@given(st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True), st.sampled_from("?&#"))
def test_a_key_in_a_query_is_shown_nowhere(key: str, sign: str) -> None:
    shown = without_secrets(f"HTTPPool(host='h', port=1): url: /v1{sign}api_key={key} (refused)")
    assert shown == f"HTTPPool(host='h', port=1): url: /v1{sign}api_key=… (refused)"


@pytest.mark.parametrize("url", ["http://host:8100/a@b", "https://host/x?zone=FR", "http://[::1]:9400", "host:80"])
def test_what_holds_no_secret_stays(url: str) -> None:
    assert without_secrets(url) == url
    assert not has_user(url)


def test_a_download_sends_no_password_and_shows_none() -> None:
    with pytest.raises(WattlineError, match="name and password are not sent") as caught:
        download("https://user:hidden@127.0.0.1:1/facts.toml?key=hidden", 10, "update")
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("read", [read_published, read_stock, read_jobs, read_case])
def test_own_files_of_the_outlook_are_read_within_bounds(
    read: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "WRITER_S", 0.1)
    endless, hollow, pipe = tmp_path / "endless.toml", tmp_path / "hollow.toml", tmp_path / "pipe.toml"
    endless.symlink_to("/dev/zero")
    with hollow.open("wb") as file:
        file.truncate(5 << 30)
    os.mkfifo(pipe)
    for path in (endless, hollow, pipe):
        with pytest.raises(WattlineError, match=r"too large|nobody writes|cannot be read"):
            read(str(path))  # type: ignore[operator]


def test_tables_are_put_behind_those_of_a_file_of_facts_alone(tmp_path: Path) -> None:
    made, text, pipe = tmp_path / "facts.toml", tmp_path / "notes.txt", tmp_path / "pipe"
    append_tables(made, "[model.a]\nx = 1\n")
    append_tables(made, "[model.b]\nx = 2\n")
    assert made.read_text() == "[model.a]\nx = 1\n\n[model.b]\nx = 2\n"
    text.write_text("notes, no tables [[[")
    with pytest.raises(WattlineError, match="not valid TOML"):
        append_tables(text, "[model.a]\nx = 1\n")
    with pytest.raises(WattlineError, match="not valid TOML"):
        append_tables(made, "[model.a]\nx = 3\n")
    assert text.read_text() == "notes, no tables [[["
    assert "x = 3" not in made.read_text()
    link = tmp_path / "link.toml"
    link.symlink_to(made)
    append_tables(link, "[model.c]\nx = 3\n")
    assert link.is_symlink()
    assert "model.c" in made.read_text()
    os.mkfifo(pipe)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "READER_S", 0.1)
        with pytest.raises(WattlineError, match="nobody reads it"):
            append_tables(pipe, "[model.a]\nx = 1\n")


@pytest.mark.parametrize("total", [10**400, 1e308, -1, True, "9", None, [1]])
def test_a_total_of_weights_that_is_none_is_no_total(total: object, tmp_path: Path) -> None:
    config = {
        "model_type": "llama", "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "vocab_size": 256,
        "num_attention_heads": 4, "num_key_value_heads": 4, "max_position_embeddings": 128, "torch_dtype": "bfloat16",
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}}))
    assert model_from_config(tmp_path / "config.json").layers == 2


@pytest.mark.parametrize("text", ["\n=1+1", "＝1+1", "＋A1", "＠SUM(A1)", "－2+3"])
def test_signs_that_sheets_take_for_a_formula_s_are_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_names_of_models_are_labels_without_what_a_terminal_obeys() -> None:
    assert Metrics("").name("\x1b[31mred\u202e") == "\ufffd[31mred\ufffd"
