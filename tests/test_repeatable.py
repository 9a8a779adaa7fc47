"""The same seed gives the same answer to the last digit, in any process and on any number of workers."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from wattline.catalog import Catalog, default
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError

OWN = """
[server.hgx-h100.host_w]
value = 1650
low = 1500
high = 1800

[fit.training-power-hopper]
value = 0.8
low = 0.75
high = 0.85
"""
KEY = "fit.training-power-hopper"
SCRIPT = """
import json, sys
import wattline as wl
from wattline.search.setup import Space

facts, workers = sys.argv[1] or None, int(sys.argv[2])
same = {"draws": 200, "seed": 3}
traffic = wl.read_traffic(sys.argv[3])
space = Space(("h100-sxm",), ("bf16", "fp8"), (1,), (None, 400.0), (64, 256), (2048,), (False,))
answers = [
    wl.train("llama-3.1-70b", "15T", "h100-sxm", 4096, facts=facts, **same),
    wl.prompt("gpt-oss-120b", "h100-sxm", region="de", facts=facts, **same),
    wl.serve_average("llama-3.1-8b", "2M/day", facts=facts, **same),
    wl.serve("llama-3.1-8b", traffic, facts=facts, **same),
    wl.frontier("llama-3.1-8b", traffic, space=space, slo_ttft=1, workers=workers, facts=facts, **same),
    wl.check("article", **same),
    wl.site("10MW", place="Dublin", facts=facts, draws=20, seed=3),
]
print(json.dumps([answer.json() for answer in answers], sort_keys=True))
"""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trace") / "trace.csv"
    rows = [f"{i * 0.11:.2f},{200 + i * 37 % 900},{20 + i * 13 % 150}" for i in range(300)]
    path.write_text("TIMESTAMP,ContextTokens,GeneratedTokens\n" + "\n".join(rows) + "\n")
    return path


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "facts.toml"
    path.write_text(OWN)
    return path


def answers(facts: Path | None, workers: int, trace: Path, hash_seed: str) -> str:
    """What a fresh process prints."""
    words = [sys.executable, "-c", SCRIPT, str(facts or ""), str(workers), str(trace)]
    result = subprocess.run(
        words, capture_output=True, text=True, env=os.environ | {"PYTHONHASHSEED": hash_seed}, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.long
def test_the_same_seed_gives_the_same_json_in_any_process_and_on_any_number_of_workers(trace: Path) -> None:
    assert answers(None, 1, trace, "1") == answers(None, 2, trace, "2")


@pytest.mark.long
def test_so_do_facts_of_the_users_own_in_the_workers_too(trace: Path, own: Path) -> None:
    here, there = answers(own, 1, trace, "3"), answers(own, 2, trace, "4")
    assert here == there
    assert json.loads(here)[0]["facts"] != json.loads(answers(None, 1, trace, "3"))[0]["facts"]


def test_a_catalog_travels_with_its_own_facts(own: Path) -> None:
    mine = Catalog(own)
    assert mine.fact("server.hgx-h100.host_w").value == 1650
    there = pickle.loads(pickle.dumps(mine))
    assert (there, hash(there)) == (mine, hash(mine))
    assert there != Catalog()
    assert there.fact(KEY) == mine.fact(KEY) != Catalog().fact(KEY)


def test_catalogs_stand_beside_each_other(own: Path) -> None:
    mine, plain = Draws(100, 1, Catalog(own)), Draws(100, 1)
    key = "server.hgx-h100.host_w"
    assert float(mine(key).mean()) != float(plain(key).mean())
    assert plain.catalog is plain.central().catalog is default()
    assert (mine.central()(key), default().fact(key).value != 1650) == (1650, True)


def test_a_catalog_does_not_change_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "facts.toml"
    file.write_text(OWN)
    mine = Catalog(file)
    file.write_text(OWN.replace("1650", "1700"))
    assert mine.fact("server.hgx-h100.host_w").value == 1650
    assert mine.records("chip") is Catalog().records("chip")


def test_shared_draws_take_no_other_facts(own: Path) -> None:
    import wattline as wl

    with pytest.raises(WattlineError, match="carry their catalog"):
        wl.prompt("llama-3.1-8b", draws=Draws(10), facts=own)
