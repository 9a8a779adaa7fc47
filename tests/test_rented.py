"""Instances of clouds as a set-up: chips, number, host, network and list price, by every face."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import wattline as wl
from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.cli.main import main
from wattline.core.errors import WattlineError
from wattline.line.chip.device import load_chip

INSTANCES = catalog.default().records("instance")


@pytest.mark.parametrize("name", INSTANCES)
def test_every_instance_loads_with_its_chip_host_and_network(name: str) -> None:
    record, chip = INSTANCES[name], load_chip(name, Draws(0))
    assert chip.instance is not None
    assert (chip.rented_as, chip.record.name, chip.server.name) == (name, record.meta["chip"], record.meta["server"])
    expected = record["network_bandwidth_bytes_per_s"].value / record["chips"].value
    assert float(chip.beyond_bytes_per_s) == pytest.approx(expected)
    assert chip.link_domain_chips <= max(
        record["chips"].value, 72 * (chip.server.facts.get("link_domain_chips") is not None)
    )


def test_an_instance_says_how_many_chips_a_replica_takes_and_what_they_are() -> None:
    answer = wl.prompt("llama-3.1-8b", instance="p5.48xlarge", draws=0)
    assert (answer.inputs["chip"], answer.inputs["gpus"], answer.inputs["instance"]) == ("h100-sxm", 8, "p5.48xlarge")
    assert any("p5.48xlarge" in note and re.search(r"\b20\d\d\b", note) for note in answer.notes)


def test_an_instance_sold_by_reservation_alone_says_why_it_has_no_price() -> None:
    unpriced = {name for name, each in INSTANCES.items() if "list_price_usd_per_hour" not in each.facts}
    reserved = {name for name, each in INSTANCES.items() if each.meta.get("sold") == "reserved"}
    assert reserved < unpriced
    for name in unpriced:
        notes = " ".join(wl.prompt("llama-3.1-8b", instance=name, draws=0).notes)
        assert ("by reservation alone" if name in reserved else "no list price in the catalog") in notes, name


def test_a_model_too_large_for_one_instance_takes_whole_ones() -> None:
    assert wl.prompt("kimi-k2", instance="p4d.24xlarge", draws=0).inputs["gpus"] % 8 == 0


def test_fewer_chips_than_an_instance_has_may_be_taken() -> None:
    assert wl.prompt("llama-3.1-8b", instance="p5.48xlarge", gpus=1, draws=0).inputs["gpus"] == 1


def test_the_price_is_that_of_the_chips_hours() -> None:
    answer = wl.serve_average("llama-3.1-8b", "1M/day", instance="p5.48xlarge", days=10, draws=0)
    hours = answer.range("accelerators").p50 / 8 * 240
    price = INSTANCES["p5.48xlarge"]["list_price_usd_per_hour"].value
    assert answer.range("rental_usd").p50 == pytest.approx(hours * price)


def test_a_chip_that_the_instance_has_may_be_named_and_another_is_refused() -> None:
    assert wl.prompt("llama-3.1-8b", instance="p5.48xlarge", chip="h100", draws=0).inputs["gpus"] == 8
    with pytest.raises(WattlineError, match=r"p4d\.24xlarge has 8 × a100-sxm-40gb, not h100-sxm"):
        wl.prompt("llama-3.1-8b", instance="p4d.24xlarge", chip="h100-sxm", draws=0)


def test_an_unknown_instance_is_refused_with_the_nearest_names() -> None:
    with pytest.raises(WattlineError, match=r"unknown instance 'p5.48xlrge'; nearest: p5.48xlarge"):
        wl.prompt("llama-3.1-8b", instance="p5.48xlrge", draws=0)


def test_a_training_run_takes_one_instance_or_as_many_chips_as_are_named() -> None:
    assert wl.train("llama-3.1-8b", "1B", instance="p5.48xlarge", draws=0).inputs["chips"] == 8
    many = wl.train("llama-3.1-8b", "1B", instance="a3-highgpu-8g", chips=64, draws=0)
    assert (many.inputs["chips"], many.inputs["instance"]) == (64, "a3-highgpu-8g")


def test_a_slower_network_makes_a_replica_of_two_instances_slower() -> None:
    slow = wl.prompt("llama-3.1-405b", instance="a3-highgpu-8g", precision="bf16", gpus=16, draws=0)
    fast = wl.prompt("llama-3.1-405b", instance="p5.48xlarge", precision="bf16", gpus=16, draws=0)
    assert slow.range("tpot_s").p50 > fast.range("tpot_s").p50


def test_a_scenario_takes_an_instance_and_refuses_a_run_with_neither(tmp_path: Path) -> None:
    job = '[[job]]\nname = "a"\nkind = "train"\nmodel = "llama-3.1-8b"\ntokens = "1B"\n'
    path = tmp_path / "s.toml"
    path.write_text(f'{job}instance = "p5.48xlarge"\n')
    assert wl.run(path, draws=0).json()["results"]["jobs"][0]["inputs"]["chips"] == 8
    path.write_text(job)
    with pytest.raises(WattlineError, match="chip is missing"):
        wl.run(path, draws=0)


def test_the_search_goes_through_instances() -> None:
    from wattline.line.work.inputs import read_model
    from wattline.search.setup import all_setups, read_space

    known = catalog.default()
    lists = {"instance": "p5.48xlarge, p4d.24xlarge", "gpus": "8", "precision": "bf16", "max_num_seqs": "64"}
    setups = all_setups(read_model("llama-3.1-8b", known), read_space(lists, "together", known), known)
    assert {setup.chip for setup in setups} == {"p5.48xlarge", "p4d.24xlarge"}
    with pytest.raises(WattlineError, match="not among h100-sxm"):
        read_space({"instance": "p4d.24xlarge", "chip": "h100"}, "both", known)


def test_the_command_takes_an_instance(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["prompt", "llama-3.1-8b", "--instance", "BM.GPU.H100.8", "--draws", "0", "--json"])
    assert json.loads(capsys.readouterr().out)["inputs"]["instance"] == "bm.gpu.h100.8"
