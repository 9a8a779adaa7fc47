"""Each command: its exit status, one JSON object, and one line for whatever is wrong with it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from cli_commands import FEW, PROMPT, Ran, refused
from wattline import __version__
from wattline.cli.contents import SECTIONS
from wattline.cli.main import app
from wattline.cli.renamed import RENAMED

ROOT = Path(__file__).parents[1]
ARTICLE = str(ROOT / "examples" / "article.toml")
TRAIN = ["train", "gpt-3-175b", "--tokens", "300B", "--chip", "v100-sxm2-32gb", "--chips", "10000", *FEW]
CHECK = ["check", str(ROOT / "examples" / "claims.toml"), *FEW]
VALIDATE = ["validate", "training", *FEW]
COMMANDS = {
    "train": TRAIN,
    "prompt": PROMPT,
    "serve-average": ["serve-average", "llama-3.1-8b", "--rate", "1M/day", *FEW],
    "check": CHECK,
    "facts": ["facts", "h100"],
    "validate training": VALIDATE,
    "validate steps": ["validate", "steps"],
}


def python(code: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, **more)


@pytest.mark.parametrize("args", COMMANDS.values(), ids=COMMANDS)
def test_a_command_prints_text(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, *args)
    assert (ran.status, ran.err) == (0, "")
    assert ran.out.strip()
    assert "\x1b" not in ran.out


@pytest.mark.parametrize(("name", "args"), COMMANDS.items(), ids=COMMANDS)
def test_json_is_one_object(name: str, args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, *args, "--json")
    assert (ran.status, ran.err) == (0, "")
    assert json.loads(ran.out)["command"] == name


def test_run_writes_and_says_where(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "run", ARTICLE, *FEW, "--out", str(tmp_path / "out"))
    assert (ran.status, ran.err) == (0, "")
    for file in ("report.html", "run.json", "load.parquet"):
        assert str(tmp_path / "out" / file) in ran.out.replace("\n", "")
        assert (tmp_path / "out" / file).stat().st_size > 1000


def test_run_in_json_prints_the_bill_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "run", ARTICLE, *FEW, "--out", str(tmp_path), "--json")
    assert ran.status == 0
    assert json.loads(ran.out) == json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert "run.json" in ran.err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    ran = Ran(capsys, "--version")
    assert (ran.status, ran.out) == (0, f"wattline {__version__}\n")


def test_the_package_runs_as_a_module() -> None:
    """As ``python -m wattline``, where a folder of programs is not on the path."""
    ran = subprocess.run([sys.executable, "-m", "wattline", "--version"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"wattline {__version__}\n", "")


@pytest.mark.parametrize(
    "command", [[], ["run"], ["train"], ["prompt"], ["check"], ["facts"], ["validate", "training"]]
)
def test_help(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("-h", "--help"):
        ran = Ran(capsys, *command, flag)
        assert ran.status == 0
        assert ran.out.startswith(f"Usage: {' '.join(['wattline', *command])}")


def changed(args: list[str], option: str, value: str) -> list[str]:
    """The arguments with another value of an option that they have."""
    return [value if before == option else each for before, each in zip(["", *args[:-1]], args, strict=True)]


USAGE = {
    "no command": ([], "wattline --help"),
    "an unknown command": (["trian"], "'trian'"),
    "a command of a group": (["report"], "perhaps `wattline meter report`; see"),
    "a list that is no command": (["chips"], "perhaps `wattline list chips`; see"),
    "a command nearly right": (["prompts"], "perhaps 'prompt'; see"),
    "an empty command": ([""], "wattline --help"),
    "an unknown option": ([*PROMPT, "--nope"], "--nope"),
    "an option without its value": ([*PROMPT, "--chip"], "--chip"),
    "one argument too many": ([*PROMPT, "more"], "more"),
    "draws that are no number": ([*PROMPT[:2], "--draws", "abc"], "--draws"),
    "draws that are no whole number": ([*PROMPT[:2], "--draws", "1.5"], "--draws"),
    "draws below nought": ([*PROMPT[:2], "--draws", "-1"], "draws"),
    "draws beyond reason": ([*PROMPT[:2], "--draws", "99999999999"], "draws"),
    "a seed that is no number": ([*PROMPT, "--seed", "x"], "--seed"),
    "run without a file": (["run"], "scenario"),
    "check without a file": (["check"], "claims"),
    "check of nothing": (["check", "nowhere.toml"], "nowhere.toml"),
    "train without anything": (["train"], "--tokens"),
    "train without chips": ([*TRAIN[:6], *FEW], "--chips"),
    "prompt without a model": (["prompt"], "MODEL"),
    "model and config": ([*PROMPT, "--config", "config.json"], "--config"),
    "config that is absent": (["prompt", "--config", "nowhere.json"], "nowhere.json"),
    "config that is empty": (["prompt", "--config", os.devnull], "not JSON"),
    "facts of nothing": (["facts", "zzz"], "'zzz'"),
    "validate without a kind": (["validate"], "wattline validate --help"),
    "validate of an unknown kind": (["validate", "zzz"], "'zzz'"),
    "validate of nothing": (["validate", "training", "nowhere.csv"], "nowhere.csv"),
    "calibrate without a file": (["calibrate", "training"], "file"),
    "explain an unknown command": (["explain", "facts"], "'facts'"),
    "explain a bad question": (["explain", "prompt", "llama-3.1-70b", "--draws", "x"], "--draws"),
    "explain without an argument": (["explain", "run"], "scenario"),
    "a model in a session's place": (["session", "chat", "llama-3.3-70b"], "a model goes by --model"),
    "a region that is not": ([*PROMPT, "--region", "Atlantis"], "Atlantis"),
    "an empty region": ([*PROMPT, "--region", ""], "region"),
    "text of another script": ([*PROMPT, "--chip", "中文🔥"], "中文"),
    "bytes that are no text": ([*PROMPT, "--chip", "\udcff"], "chip"),
    "a model of 5000 letters": (["prompt", "x" * 5000], "unknown model"),
    "an option of 5000 letters": (["prompt", "--" + "x" * 5000], "no such option"),
    "a batch of training": ([*TRAIN, "--batch", "4M"], "--batch-tokens"),
    "serve-average without a rate": (["serve-average", "llama-3.1-8b"], "--rate"),
    "no chips": (changed(TRAIN, "--chips", "0"), "chips"),
    "an hour too short": ([*TRAIN, "--hours", "1e-9"], "hours"),
    "a PUE below one": ([*TRAIN, "--pue", "0.9"], "PUE"),
    "an MFU above one": ([*TRAIN, "--mfu", "40"], "MFU"),
    "a million times the watts": ([*TRAIN, "--watts", "1e9"], "watts"),
    "an unknown suffix": (changed(TRAIN, "--tokens", "15Q"), "15Q"),
    "no input": ([*PROMPT, "--input", "0"], "input"),
    "no output": ([*PROMPT, "--output", "0"], "output"),
    "a batch beyond reason": ([*PROMPT, "--batch", "1e9"], "batch"),
}


@pytest.mark.parametrize(("args", "message"), USAGE.values(), ids=USAGE)
def test_a_bad_command_line_gets_one_line(args: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    line = refused(capsys, *args)
    assert message in line
    assert len(line) < 500


@pytest.mark.parametrize("command", [c for c in get_command(app).commands if c != "explain"])  # type: ignore[attr-defined]
def test_every_command_refuses_an_unknown_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"wattline {command} --help" in refused(capsys, command, "--no-such-option")


def test_explain_has_a_help_of_its_own_and_that_of_the_command_it_explains(capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "explain", "--help").out.startswith("Usage: wattline explain COMMAND …")
    assert Ran(capsys, "explain", "train", "--help").out.startswith("Usage: wattline train")


def test_out_that_cannot_be_a_folder_is_told_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def worked(*args: Any) -> None:
        raise AssertionError("the work was done first")

    monkeypatch.setattr("wattline.scenario.run.run", worked)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    for name in ("file", "file/below"):
        assert "give a folder" in refused(capsys, "run", ARTICLE, "--out", str(tmp_path / name))


def test_out_that_nobody_can_write(capsys: pytest.CaptureFixture[str]) -> None:
    if not Path("/proc/self").exists():
        pytest.skip("this system has no /proc")
    assert "cannot write into /proc/x" in refused(capsys, "run", ARTICLE, *FEW, "--out", "/proc/x")


@pytest.mark.parametrize(
    "args",
    [TRAIN, PROMPT, ["run", ARTICLE, *FEW], COMMANDS["serve-average"]],
    ids=["train", "prompt", "run", "serve-average"],
)
def test_explain_shows_the_steps_and_the_facts(
    args: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plain = Ran(capsys, *args)
    explained = Ran(capsys, "explain", *args)
    flagged = Ran(capsys, *args, "--explain")
    assert explained.status == 0
    assert explained.err == ""
    assert explained.out == flagged.out != plain.out
    assert "server energy × PUE" in explained.out
    assert "server energy × PUE" not in plain.out


def test_explain_check_and_explain_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert Ran(capsys, "explain", *CHECK).out == Ran(capsys, *CHECK).out
    alone = Ran(capsys, "explain")
    assert alone.status == 0
    assert "PUE" in alone.out


def test_facts_narrows_by_every_word(capsys: pytest.CaptureFixture[str]) -> None:
    some = json.loads(Ran(capsys, "facts", "chip.h100-sxm tdp", "--json").out)
    assert [fact["key"] for fact in some["results"]["facts"]] == ["chip.h100-sxm.tdp_w"]
    assert some["results"]["count"] == 1
    assert some["results"]["facts"][0]["value"] == 700
    every = json.loads(Ran(capsys, "facts", "--json").out)
    assert every["results"]["count"] == len(every["results"]["facts"]) > 1000


def test_a_given_value_changes_the_answer_and_the_seed_too(capsys: pytest.CaptureFixture[str]) -> None:
    def energy(*more: str) -> float:
        result = json.loads(Ran(capsys, *PROMPT, "--json", *more).out)["results"]["energy_mean_wh"]
        assert isinstance(result, float)
        return result

    assert energy() == energy("--seed", "0") != energy("--seed", "1")
    assert energy("--pue", "2") == pytest.approx(2 * energy("--pue", "1"))
    assert energy("--input", "5000") > energy()


def test_calibrate_names_the_columns_that_are_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "column model" in refused(capsys, "calibrate", "training", str(tmp_path / "bad.csv"))


def test_the_command_begins_before_anything_slow_is_imported() -> None:
    code = "import sys; n = set(sys.modules); import wattline.cli.main; print(*sorted(set(sys.modules) - n))"
    new = python(code).stdout.split()
    quick = {"wattline", "__future__", *sys.builtin_module_names}  # what is built in is there already
    assert {name for name in new if name.partition(".")[0] not in quick} == set()
    assert "wattline.cli.program" not in new


HEAVY = ("numpy", "polars", "pint", "pydantic", "scipy", "lark", "rich")


@pytest.mark.parametrize("command", ["", "serve", "frontier", "site", "train", "meter report", "validate serving"])
def test_help_needs_none_of_the_heavy_libraries(command: str) -> None:
    code = (
        f"import sys; sys.argv = ['wattline', *{command.split()!r}, '--help']\n"
        "from wattline.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    reported = python(code).stdout.rstrip()
    assert reported.startswith(f"Usage: wattline {command}".rstrip())
    assert reported.endswith("[]")


def test_the_package_imports_little() -> None:
    code = f"import sys, wattline; print([m for m in (*{HEAVY!r}, 'typer') if m in sys.modules])"
    assert python(code).stdout == "[]\n"


def test_a_prompt_of_a_dense_model_needs_neither_scipy_nor_the_registry_of_units() -> None:
    code = (
        "import sys; sys.argv = ['wattline', 'prompt', 'llama-3.1-70b']\n"
        "from wattline.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([m for m in ('scipy', 'pint', 'polars') if m in sys.modules])"
    )
    assert python(code).stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("command", ["serve", "meter report", "validate", "calibrate site"])
def test_help_is_the_same_before_and_after_other_arguments(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help that is shown without reading arguments is the help that reading them gives."""
    from wattline.cli.main import help_of

    shown = help_of([*command.split(), "--help"])
    with pytest.raises(SystemExit):
        raise SystemExit(app([*command.split(), "--help"], prog_name="wattline", standalone_mode=False))
    assert capsys.readouterr().out.rstrip() == str(shown).rstrip()
    assert help_of(["measure", "--", "python", "--help"]) is None
    assert help_of(["explain", "train", "--help"]) is None
    assert help_of(["serve", "--rate", "--help"]) is None


def options_of(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every option of every command."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from options_of(inner, (*path, name))
    for option in command.params:
        if not hasattr(command, "commands") and option.param_type_name == "option":
            yield " ".join(path), option


def test_an_option_means_one_thing_in_every_command() -> None:
    meanings: dict[str, set[str]] = defaultdict(set)
    for _, option in options_of(get_command(app)):
        for flag in option.opts:
            meanings[flag].add(option.metavar or "")
    assert meanings["--out"] == {"DIR"}
    assert meanings["--save"] == {"FILE"}
    assert {flag: each for flag, each in meanings.items() if len(each) > 1} == {}


@pytest.mark.parametrize("name", sorted(RENAMED))
def test_an_option_that_is_gone_names_the_new_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for old, new in RENAMED[name].items():
        assert f"{name} {old} is now {new}" in refused(capsys, *name.split(), old, "x")


def test_the_help_lists_each_command_once_in_a_whole_line() -> None:
    """By what it is for; a command that is new has its line, and none is cut short."""
    words = [name for lines in SECTIONS.values() for name in lines]
    assert sorted(words) == sorted(getattr(get_command(app), "commands", {}))
    text = python("from wattline.cli.main import main; main(['--help'])").stdout
    for lines in SECTIONS.values():
        for name, line in lines.items():
            assert re.search(rf"^  {name} +{re.escape(line)}$", text, re.MULTILINE)


@pytest.mark.parametrize("group", ["meter", "validate", "calibrate", "flex", "fleet", "catalog"])
def test_the_help_of_a_group_cuts_no_sentence(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "..." not in Ran(capsys, group, "--help").out.partition("Commands:")[2]
