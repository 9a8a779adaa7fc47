"""The shipped JSON schemas: made from the types, and strict about what every command and every kind of job answers."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from rich.console import Console
from typer.main import get_command

from mlperf_files import mlperf_file, mlperf_row
from supply_files import factors_file, reference_folder
from validation_files import PUBLISHED, TIMED_ROW, kernel_file, sensor_recording, serving_file, serving_row, timed_file
from wattline.cli.main import app, main
from wattline.core.errors import NotFound
from wattline.core.printable import printable_data
from wattline.meter.fleet.ingest import fleet_ingest
from wattline.meter.sensors.simulated_chip import ChipCurve, make_chip
from wattline.report.present import rich_text
from wattline.scenario.file import KINDS
from wattline.schema.commands import ANSWERS, schema_text
from wattline.schema.files import schema_commands, schema_of

ROOT = Path(__file__).parents[1]
MODEL = "meta-llama/Llama-3.1-8B-Instruct"
FRONTIER = (
    "frontier llama-3.1-8b --chip h100-sxm --rate 5/s --duration 20s --gpus 1 --precision bf16 --power-cap none "
    "--max-num-seqs 64 --max-num-batched-tokens 2048 --pools together --slo-ttft 1s --slo-tpot 50ms --draws 20"
)
# what each line of a command starts with, or all of its words, names the command; WORDS in capitals are files below
LINES = (
    "run SCENARIO --draws 20",
    "run examples/article.toml --draws 20",
    "train gpt-3-175b --tokens 300B --chip v100-sxm2-32gb --chips 10000 --draws 20",
    "prompt deepseek-v3 --draws 20",
    "image flux.1-schnell --chip b200 --gpus 2 --draws 20",
    "video wan-2.1-1.3b --seconds 2 --active 0.5 --draws 20",
    "train llama-3.1-8b --tokens 1B --chip h100-sxm --chips 64 --method grpo --draws 20",
    "train flux.1-dev --samples 1M --chip h100-sxm --chips 64 --method lora --draws 20",
    "train llama-3.1-8b --tokens 1B --chip h100-sxm --chips 64 --method grpo --rollout-chips 8 --draws 20",
    "train --params 7B --tokens 1B --chip h100-sxm --chips 64 --draws 20",
    "session computer-use --model qwen2.5-vl-7b --draws 20",
    "session chat --model llama-3.1-8b --draws 20",
    "session batch --model deepseek-v3 --carbon hourly --region de --draws 20",
    "embed bge-reranker-v2-m3 --document-tokens 200 --draws 20",
    "embed dinov2 --images 1000 --draws 20",
    "transcribe whisper-tiny --hours 1 --text-tokens 90 --draws 20",
    "explain prompt llama-3.1-8b --draws 20",
    "serve qwen2.5-vl-7b --gpus 1 --rate 2/s --duration 20s --pictures 1 --picture-share 0.5 --draws 20",
    "serve llama-3.1-8b --rate 5/s --duration 20s --draws 20",
    "serve-average llama-3.1-8b --rate 1M/day --active 0.5 --draws 20",
    FRONTIER,
    "compare examples/gpt3_512_h100.toml NODE --draws 20",
    "saving NODE NODE --predicted 5%",
    "site --it 1MW --place Dublin --draws 20",
    "site --it 1MW --place Dublin --compare --draws 20",
    "site --it 1MW --places PLACES --draws 20",
    "supply --load-mw 10 --capacity-factors FACTORS --draws 2 --frontier",
    "supply --it 1MW --pue 1.2 --capacity-factors FACTORS --draws 0 --with wind,gas,battery --target carbon=50g",
    "check article --draws 20",
    "world --years 2024-2026 --draws 200 --scenario iea-lift-off",
    "world --series SERIES --to 2026 --draws 200",
    "world --region us --region google --stock STOCK --years 2030 --draws 200 --what-if ai_life=4",
    "facts chip.h100-sxm",
    "facts gpt-3",
    "list",
    "list models llama",
    "catalog diff 2026-11-24 now",
    "traffic --rate 5/s --duration 60s",
    "traffic TRACE",
    "flex balance --it 100MW --region us-ercot --draws 20",
    "flex balance --it 100kW --demand HOURS --draws 20",
    "flex headroom HOURS --share 1%",
    "flex headroom HOURS --hours 20",
    "flex response llama-3.1-8b --it 1MW --slo-tpot 50ms --capacity-price 60USD/kW --draws 20",
    "flex shift HOURS --before 2h --after 4h --kind price",
    "flex shift HOURS --pause 30min",
    "flex shift HOURS --destination HOURS --power 1kW --data 1GB --beside HOURS --beside HOURS",
    "flex sites HOURS HOURS --room 2MW --arrives 1MW --kind price --reach 50ms --between 9ms --waiting-data 1GB/MWh",
    "flex swings --phase a:1s:700W --phase b:1s:9W --chips 8 --floor 9W --ramp 2kW/s --store 1s --limits critical-band",
    "flex swings --phase a:1s:700W --phase b:1s:200W --chips 8 --checkpoint c:5s:9W --every 5 --ramp 1kW/s --idle 90W",
    "meter swings RECORDING --store 2s --shelf 50J --range-limit 1W",
    "measure --interval 20ms -- PYTHON -c pass",
    "tune --time 100ms -- PYTHON -m wattline.meter.sensors.simulated_chip CHIPS 1.5",
    "budget GROUP --until-after 300ms",
    "meter report RECORDING",
    "meter report RECORDING --by node --window all",
    "meter share RECORDING --jobs JOBS",
    "meter bill RECORDING --region fr --draws 20",
    "sensors",
    "ci --runs 3 --warm-up 0 --budget 1MJ -- PYTHON -c pass",
    "fleet ingest RECORDING --out NEW",
    "fleet report FLEET --by job,hour --jobs JOBS --idle-waste --caps",
    "validate training",
    "validate steps",
    "validate published PUBLISHED --draws 20",
    "validate carbon CARBON",
    "validate inference SERVED",
    "validate inference SERVED --by model",
    "validate mlperf RESULTS --draws 20",
    "validate encoding RESULTS --draws 20",
    "validate images PICTURES",
    "validate images PICTURES --by gpus",
    "validate video FILMS",
    "validate serving TIMED --rows 1",
    "validate serving SERVED --rows 1",
    "validate kernels KERNELS",
    "validate sensors SENSORS",
    "validate site SITES --draws 10",
    "validate world --leave-out company",
    "validate world",
    "validate supply REFERENCE",
)
PRINTED_APART = ("catalog diff", "explain")  # their text is not made of their JSON
SIMULATED = ("serve ", "frontier", "run SCENARIO", "validate serving")
SERVED = 'rate = "5/s"\nduration = "20 s"\nchip = "h100-sxm"\n'
LIMITS = 'gpus = "1"\nprecision = "bf16"\npower_cap = "none"\nmax_num_seqs = 64\nmax_num_batched_tokens = 2048\n'
MODEL_KEY = 'model = "llama-3.1-8b"\n'
MODEL_KEYS = {
    "site": "",
    "flex": "",
    "supply": "",
    "world": "",
    "image": 'model = "flux"\n',
    "video": 'model = "wan-2.1-1.3b"\n',
    "embed": 'model = "bge-m3"\n',
    "transcribe": 'model = "whisper"\n',
}
PICTURES = """model,gpu,energy_per_image_j,batch_latency_s,batch_size,denoising_steps
stabilityai/sdxl-turbo,NVIDIA H100 80GB HBM3,400,2,1,25
no/such,NVIDIA H100 80GB HBM3,400,2,1,25
"""
FILMS = """model,gpu,energy_per_video_j,batch_latency_s,batch_size,denoising_steps,frames
ali-vilab/i2vgen-xl,NVIDIA H100 80GB HBM3,14000,23,1,25,16
"""
# a job of each kind
JOBS = {
    "train": 'tokens = "1T"\nchip = "h100-sxm"\nchips = 512\n',
    "prompt": "input = 100\noutput = 100\n",
    "image": "steps = 4\n",
    "video": "frames = 17\n",
    "session": 'session = "rag"\n',
    "embed": 'tokens = "1M"\n',
    "transcribe": "hours = 1\n",
    "serve-average": 'rate = "1M/day"\ndays = 1\n',
    "serve": SERVED,
    "frontier": SERVED + LIMITS + 'pools = "together"\nslo_ttft = "1 s"\nslo_tpot = "50 ms"\n',
    "site": 'it = "1 MW"\nplace = "Dublin"\n',
    "supply": 'load_mw = 10\ntechnologies = "solar,battery,grid"\ncapacity_factors = "factors.csv"\nplans = 2\n',
    "world": 'years = "2024-2026"\n',
    "flex": 'ask = "balance"\nit = "1 MW"\nregion = "us-ercot"\n',
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The files that the lines name."""
    folder = tmp_path_factory.mktemp("files")

    def text(name: str, words: str) -> Path:
        (folder / name).write_text(words)
        return folder / name

    jobs = "".join(
        f'[[job]]\nname = "{kind}"\nkind = "{kind}"\n{MODEL_KEYS.get(kind, MODEL_KEY)}{JOBS[kind]}' for kind in JOBS
    )
    watts = "".join(f"{t},{100 + t % 7}\n" for t in range(60))
    for kind in ("gemm", "moe"):
        kernel_file(folder / "kernels", kind, {}, {"power": 650.0, "power_limit": 700.0})
    served = [serving_row(MODEL, 1, "bfloat16", batch, max_num_seqs=64, p90_itl_ms=25.0) for batch in (8, 32)]
    carbon = "".join(
        f"2023-{1 + i // 672:02d}-{1 + i // 24 % 28:02d}T{i % 24:02d}:00:00Z,{100 + i % 24}\n" for i in range(84 * 24)
    )
    hours = "".join(f"2023-07-{1 + i // 24:02d} {i % 24:02d}:00:00,{100 + i % 24}\n" for i in range(240))
    fleet = folder / "fleet"
    fleet_ingest([text("fleet.csv", "time_s,gpu0_power_w\n" + watts)], fleet)
    return {
        "FLEET": fleet,
        "NEW": folder / "new",
        "REFERENCE": reference_folder(folder / "reference", "R1,VRE+battery,CFE 0.9,50,100,nobody\n"),
        "FACTORS": factors_file(folder / "factors.csv", 7),
        "SERIES": text("series.csv", "series,year,twh\nours,2020,1.0\nours,2022,1.5\n"),
        "STOCK": text("stock.csv", "year,chips_gw\n2024,0.1\n2025,0.2\n"),
        "CARBON": text("carbon.csv", "utc,carbon_g_per_kwh\n" + carbon),
        "HOURS": text("hours.csv", "utc,ercot_mw\n" + hours),
        "SCENARIO": text("jobs.toml", jobs),
        "NODE": ROOT / "examples" / "gpus.csv",
        "PLACES": text("places.txt", "Dublin\nPhoenix\n"),
        "TRACE": text("trace.csv", "time,input,output\n0,100,10\n1.5,200,20\n3,50,30\n"),
        "GROUP": text("group.toml", 'watts = "600 W"\nevery = "100ms"\n[[device]]\nname = "chip-0"\n'),
        "PYTHON": Path(sys.executable),
        "CHIPS": make_chip(folder / "chips" / "chip-0", ChipCurve()).folder.parent,
        "RECORDING": text("watts.csv", "time_s,gpu0_power_w\n" + watts),
        "JOBS": text("jobs.csv", "name,start,end,gpus\na,10,40,0\n"),
        "SERVED": serving_file(folder / "served.csv", [*served, serving_row("no/such", 1, "bfloat16", 8)]),
        "PICTURES": text("pictures.csv", PICTURES),
        "FILMS": text("films.csv", FILMS),
        "TIMED": timed_file(folder, TIMED_ROW, TIMED_ROW.replace("agg", "disagg")),
        "KERNELS": folder / "kernels",
        "RESULTS": mlperf_file(folder / "results.csv", [mlperf_row(wall_w=7000), mlperf_row(model="bert-99")]),
        "SENSORS": sensor_recording(folder),
        "PUBLISHED": text("published.csv", PUBLISHED),
        "SITES": text(
            "sites.csv", "operator,site,year,pue,wue_l_per_kwh\nGoogle,Hamina,2023,1.09,\nGoogle,Moon,2023,1.1,\n"
        ),
    }


def command_of(line: str) -> str:
    """The command that a line runs: the longest name that it begins with."""
    words = line.removeprefix("explain ")
    return max((name for name in ANSWERS if f"{words} ".startswith(f"{name} ")), key=len)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """Every command of the command line with its options."""
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))
    if not hasattr(command, "commands"):
        yield " ".join(path), {flag for parameter in command.params for flag in parameter.opts}


def answer(line: str, files: dict[str, Path]) -> str:
    """What a command line prints with ``--json``, in a process of its own."""
    words = [str(files.get(word, word)) for word in line.split()]
    place = words.index("--") if "--" in words else len(words)
    code = "import sys; from wattline.cli.main import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", code, *words[:place], "--json", *words[place:]],
        cwd=files["RECORDING"].parent,
        env=os.environ
        | {"WATTLINE_SIMULATED": "2"}
        | {"WATTLINE_SIMULATED_CHIPS": str(files["CHIPS"]), "WATTLINE_CONTROL_STATE": str(files["CHIPS"] / "state")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", sorted(ANSWERS))
def test_the_shipped_schema_is_that_of_the_types(command: str) -> None:
    assert schema_of(command) == schema_text(command)


def test_every_command_with_a_type_ships_a_schema() -> None:
    assert schema_commands() == sorted(ANSWERS, key=lambda name: name.replace(" ", "-"))


def test_every_command_that_answers_in_json_has_a_type_and_is_held_to_it() -> None:
    answering = {name for name, options in commands(get_command(app)) if "--json" in options}
    pages = {name for name in ANSWERS if name.startswith("proxy ")}  # tests of the proxy hold these to their types
    assert answering == set(ANSWERS) - pages
    assert answering == {command_of(line) for line in LINES}


def test_every_kind_of_job_is_held_to_its_type() -> None:
    assert set(JOBS) == set(KINDS)


@pytest.mark.parametrize("line", LINES)
def test_a_command_line_answers_as_its_schema_says_and_is_shown(
    line: str, files: dict[str, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if line.startswith(SIMULATED):
        pytest.importorskip("numba")
    monkeypatch.chdir(ROOT)
    if line.startswith(("measure", "tune", "budget", "ci ")):
        printed = answer(line, files)
    else:
        with pytest.raises(SystemExit) as stop:
            main([*(str(files.get(word, word)) for word in line.split()), "--json"])
        out = capsys.readouterr()
        assert stop.value.code == 0, out.err
        printed = out.out
    type_ = ANSWERS[command_of(line)]
    type_.model_validate_json(printed)
    assert "NaN" not in printed
    assert "Infinity" not in printed
    data = json.loads(printed)
    if command_of(line) not in PRINTED_APART:
        Console(file=io.StringIO(), width=100).print(rich_text(printable_data(data), explain="explain" in line))
    with pytest.raises(ValidationError):
        type_.model_validate_json(json.dumps({**data, "surplus": 1}))


WINDOW = """
import json, pathlib
import wattline as wl
with wl.measure("job", folder=pathlib.Path("out"), limit=float("nan")) as window:
    window.count(tokens=10)
print(json.dumps(window.json(), allow_nan=False))
"""


def test_a_window_of_a_program_answers_as_measure_does_whatever_its_attributes_are(tmp_path: Path) -> None:
    environment = os.environ | {"WATTLINE_SIMULATED": "1"}
    done = subprocess.run([sys.executable, "-c", WINDOW], cwd=tmp_path, env=environment, capture_output=True, text=True)
    ANSWERS["measure"].model_validate_json(done.stdout)
    assert json.loads(done.stdout)["inputs"]["attributes"] == {"folder": "out", "limit": "NaN"}


def test_a_command_without_a_schema_is_named() -> None:
    with pytest.raises(NotFound):
        schema_of("nonsense")
