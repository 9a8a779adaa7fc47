"""``run``: a scenario worked through and written, whole or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wattline as wl
from recordings import node_with_gpus
from wattline.core import files
from wattline.core.errors import WattlineError
from wattline.core.files import check_folder
from wattline.core.load import Load
from wattline.report.present import as_text
from wattline.scenario import run as run_module

ARTICLE = Path(__file__).parents[1] / "examples" / "article.toml"
CONFIG = {
    "model_type": "llama",
    "hidden_size": 2048,
    "intermediate_size": 8192,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "num_hidden_layers": 16,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
}
FILES = ("report.html", "run.json", "load.parquet")
JOB = """
[[job]]
name = "{name}"
kind = "train"
model = "llama-3.1-8b"
tokens = "{tokens}"
chip = "h100-sxm"
chips = 256
"""


def write(folder: Path, text: str, name: str = "scenario.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def article() -> run_module.Run:
    return wl.run(ARTICLE, draws=40)


def test_the_article_is_written_whole(article: Any, tmp_path: Path) -> None:
    paths = article.write(tmp_path / "new" / "out")
    assert [path.name for path in paths] == list(FILES)
    assert sorted(p.name for p in (tmp_path / "new" / "out").iterdir()) == sorted(FILES)
    bill = json.loads(paths[1].read_text(encoding="utf-8"))
    assert bill == json.loads(json.dumps(article.json()))
    assert bill["inputs"]["scenario"] == ARTICLE.read_text(encoding="utf-8")
    page = paths[0].read_text(encoding="utf-8")
    assert page.startswith("<!")
    assert page.rstrip().endswith("</html>")
    assert bill["results"]["title"] in page
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o644 for path in paths)


def test_the_load_file_holds_the_bills_energy_by_job(article: Any, tmp_path: Path) -> None:
    load = Load.read_parquet(article.write(tmp_path)[2])
    bill = article.json()["results"]
    assert load.point == "grid"
    assert load.labels == tuple(job["name"] for job in bill["jobs"])
    assert load.energy_j.sum() / 3600 == pytest.approx(bill["energy_mean_wh"], rel=1e-9)
    for energy, job in zip(load.energy_j / 3600, bill["jobs"], strict=True):
        assert energy == pytest.approx(job["results"]["energy_mean_wh"], rel=1e-9)


def test_jobs_add_up_in_every_draw(article: Any) -> None:
    jobs = article.answers
    np.testing.assert_allclose(article.bill.energy_j, sum(job.energy_j for job in jobs), rtol=1e-12)
    for name, value in article.bill.follows.items():
        np.testing.assert_allclose(value, sum(job.bill.follows[name] for job in jobs), rtol=1e-12)
    bill = article.json()["results"]
    assert bill["energy_mean_wh"] == pytest.approx(
        sum(job["results"]["energy_mean_wh"] for job in bill["jobs"]), rel=1e-12
    )
    # the jobs share their draws: what one chip's facts do to one, they do to the other
    assert all(job.draws is article.draws for job in jobs)


def test_jobs_of_very_different_lengths_keep_their_energy(tmp_path: Path) -> None:
    text = "draws = 7\n" + JOB.format(name="second", tokens="1M") + JOB.format(name="years", tokens="100T")
    result = wl.run(write(tmp_path, text))
    assert result.answers[1].duration_s.min() > 1e6 * result.answers[0].duration_s.max()
    means = [answer.energy_j.mean() for answer in result.answers]
    np.testing.assert_allclose(result.load.energy_j, means, rtol=1e-9)


def test_a_job_by_its_config_file_beside_the_scenario(tmp_path: Path) -> None:
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG), encoding="utf-8")
    text = JOB.format(name="mine", tokens="1T").replace('model = "llama-3.1-8b"', 'config = "my-model/config.json"')
    answer = wl.run(write(tmp_path, text), draws=5).answers[0]
    assert answer.inputs["model"] == "my-model"
    draws = wl.Draws(5)
    draws.job = "mine"  # what scatters from one run to the next is drawn for each job
    direct = wl.train(folder / "config.json", "1T", "h100-sxm", 256, draws=draws)
    np.testing.assert_array_equal(answer.energy_j, direct.energy_j)


def test_the_same_file_gives_the_same_bill(tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        wl.run(ARTICLE, draws=20).write(tmp_path / name)
        texts.append([(tmp_path / name / file).read_bytes() for file in FILES])
    assert texts[0] == texts[1]


def test_draws_and_seed_of_the_file_and_of_the_call(tmp_path: Path) -> None:
    path = write(tmp_path, "draws = 11\nseed = 3\n" + JOB.format(name="a", tokens="1T"))
    plain, reported = wl.run(path), wl.run(path, draws=0, seed=0)
    assert (plain.draws.n, plain.draws.seed) == (11, 3)
    assert (reported.draws.n, reported.draws.seed) == (0, 0)
    assert plain.answers[0].energy_j.shape == (11,)
    assert wl.run(write(tmp_path, JOB.format(name="a", tokens="1T"))).draws.n == run_module.DEFAULT_DRAWS


def test_a_title_is_the_files_name_where_it_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, JOB.format(name="a", tokens="1T"), "my-question.toml")
    assert wl.run(path, draws=0).json()["results"]["title"] == "my-question"


def test_odd_names_go_through_every_file(tmp_path: Path) -> None:
    names = [r"a\u0000b\nc", "<script>alert(1)</script>", "Ünï 数 🔥", "time", "\\\\"]
    result = wl.run(write(tmp_path, "".join(JOB.format(name=name, tokens="1T") for name in names)), draws=3)
    paths = result.write(tmp_path / "out")
    assert Load.read_parquet(paths[2]).labels == tuple(answer.name for answer in result.answers)
    assert "<script>alert" not in paths[0].read_text(encoding="utf-8")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder that holds an earlier run."""
    out = tmp_path / "out"
    out.mkdir()
    for name in FILES:
        (out / name).write_text("earlier", encoding="utf-8")
    return out


def untouched(out: Path) -> bool:
    return sorted(p.name for p in out.iterdir()) == sorted(FILES) and all(
        p.read_text(encoding="utf-8") == "earlier" for p in out.iterdir()
    )


@pytest.mark.parametrize("fails", range(3))
def test_a_full_disk_leaves_the_earlier_run_as_it_was(
    article: Any, old: Path, monkeypatch: pytest.MonkeyPatch, fails: int
) -> None:
    """The disk is full at the first, the second or the last of the three files."""
    written: list[str] = []

    def count(path: Path | str) -> None:
        written.append(str(path))
        if len(written) == fails + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    text, parquet = files.write_text, Load.to_parquet
    monkeypatch.setattr(files, "write_text", lambda path, content: (text(path, content), count(path)))
    monkeypatch.setattr(Load, "to_parquet", lambda self, path: (parquet(self, path), count(path)))
    with pytest.raises(WattlineError, match="No space left on device") as caught:
        article.write(old)
    assert str(old) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(written) == fails + 1
    assert untouched(old)


def test_a_broken_write_inside_polars_leaves_nothing(article: Any, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import polars as pl

    def broken(self: Any, file: Any, **kwargs: Any) -> None:
        Path(file).write_bytes(b"PAR1 half")
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(pl.DataFrame, "write_parquet", broken)
    with pytest.raises(WattlineError, match="cannot write into"):
        article.write(old)
    assert untouched(old)


def test_an_interrupted_write_leaves_nothing(article: Any, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: Any, path: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Load, "to_parquet", interrupted)
    with pytest.raises(KeyboardInterrupt):
        article.write(old)
    assert untouched(old)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_leave_to_write(article: Any, old: Path) -> None:
    old.chmod(0o500)
    try:
        with pytest.raises(WattlineError, match="Permission denied"):
            article.write(old)
        assert untouched(old)
    finally:
        old.chmod(0o700)


def test_out_is_a_file_or_lies_in_one(article: Any, tmp_path: Path) -> None:
    file = write(tmp_path, "mine", "file")
    for out in (file, file / "below" / "it"):
        with pytest.raises(WattlineError, match="is a file; give a folder"):
            article.write(out)
        with pytest.raises(WattlineError, match="is a file; give a folder"):
            check_folder(out)
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_run_shows_itself(article: Any) -> None:
    assert "Training GPT-3" in repr(article)
    assert "Training GPT-3" in article._repr_html_()


KINDS_BESIDE = """
[[job]]
name = "one"
kind = "prompt"
model = "llama-3.1-8b"
input = 100
output = "1k"
region = "fr"
[[job]]
name = "hall"
kind = "site"
it = "1 MW"
place = "Dublin"
load = "it.csv"
"""


def test_jobs_of_kind_prompt_and_site_are_what_the_functions_of_these_names_answer(tmp_path: Path) -> None:
    (tmp_path / "it.csv").write_text("\n".join(str(600_000 + 1000 * (hour % 24)) for hour in range(8760)))
    run = wl.run(write(tmp_path, KINDS_BESIDE), draws=0)
    single, hall = run.answers
    alone = wl.prompt("llama-3.1-8b", input_tokens=100, output_tokens=1000, region="fr", draws=0)
    assert {**alone.job(), "name": "one"} == single.job()
    year = wl.site("1 MW", place="Dublin", load=tmp_path / "it.csv", draws=0)
    results = hall.results()
    for name, value in year.results().items():
        # a prediction of PUE and one of energy rest on other facts; the mean power is the energy over the year
        assert name in ("matters", "mean_w") or results[name] == value, name
    assert list(results["stations"]) == ["server", "site", "grid"]
    assert hall.load.energy_j == pytest.approx(year.bill.energy_j, rel=1e-6)
    both = run.results()
    assert both["energy_mean_wh"] == pytest.approx(single.bill.energy_j / 3600 + year.bill.energy_j / 3600, rel=1e-12)
    assert list(both["stations"]) == ["server", "site", "grid"]  # what passed the chips of the hall is not known
    assert run.write(tmp_path / "out")
    with pytest.raises(WattlineError, match="'hall' is a site's year"):
        wl.compare(run, node_with_gpus(), job="hall")


STATEMENTS = """
[[job]]
name = "chat"
kind = "serve-average"
model = "llama-3.1-8b"
rate = "1M/day"
stated = { energy_wh_per_request = "FIGURE" }
"""


@pytest.mark.parametrize(("figure", "verdict"), [("50 Wh", "disagrees"), ("0.001 mWh", "disagrees")])
def test_a_run_ends_with_whether_it_agrees_with_what_was_said(tmp_path: Path, figure: str, verdict: str) -> None:
    file = tmp_path / "s.toml"
    file.write_text(STATEMENTS.replace("FIGURE", figure))
    answer = wl.run(file, draws=50)
    message = answer.json()["results"]["statements"][0]
    assert message["verdict"] == verdict
    assert "was claimed for its energy per request" in as_text(answer.json())
    middle = message["computed"]["p50"]
    file.write_text(STATEMENTS.replace("FIGURE", f"{middle * 1000:.6f} mWh"))
    assert wl.run(file, draws=50).json()["results"]["statements"][0]["verdict"] in ("agrees", "undecided")
    assert wl.run(file, draws=0).json()["results"]["statements"][0]["verdict"] in ("agrees", "disagrees")


def test_what_is_said_of_no_result_or_in_another_unit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "s.toml"
    for text, words in (
        (STATEMENTS.replace("energy_wh_per_request", "energy_per_request"), "unknown result"),
        (STATEMENTS.replace("FIGURE", "3 kg"), "stated.energy_wh_per_request"),
    ):
        file.write_text(text)
        with pytest.raises(WattlineError, match=words):
            wl.run(file, draws=0)


def test_the_article_s_run_says_that_the_request_disagrees() -> None:
    message = wl.run(Path(__file__).parents[1] / "examples/article.toml", draws=200).json()["results"]["statements"]
    assert [row["verdict"] for row in message] == ["undecided", "disagrees"]
