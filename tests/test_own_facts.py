"""Facts of one's own: they stand before the catalog's, and bad ones are told with their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from compare_files import own
from wattline import catalog
from wattline.core.errors import WattlineError


def test_own_facts_stand_before_the_catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    was = catalog.fact("server.hgx-h100.host_w")
    text = "[server.hgx-h100]\nhost_w = 1650\n[fit.training-power-hopper]\nvalue = 0.9\nlow = 0.85\nhigh = 0.95\n"
    mine = catalog.Catalog(own(tmp_path, text))
    now, power = mine.fact("server.hgx-h100.host_w"), mine.fact("fit.training-power-hopper")
    assert (now.value, now.exact, now.basis) == (1650, True, "given")
    assert (power.value, power.low, power.dist) == (0.9, 0.85, "lognormal")
    assert "facts.toml" in str(now.source)
    assert catalog.fact("server.hgx-h100.host_w") == was
    monkeypatch.setenv("WATTLINE_FACTS", str(tmp_path / "facts.toml"))
    assert catalog.fact("server.hgx-h100.host_w").value == 1650


def test_a_chip_of_ones_own_can_be_asked_about(tmp_path: Path) -> None:
    import wattline as wl

    text = """
    [chip.mine]
    name = "My chip"
    aliases = ["my chip"]
    server = "hgx-h100"
    tdp_w = 500
    idle_w = 60
    fp16_flops = 1e15
    memory_bytes = 80e9
    memory_bandwidth_bytes_per_s = 3e12
    """
    file = own(tmp_path, text)
    assert wl.train("llama-3.1-8b", "1T", "My Chip", 64, draws=10, facts=file).bill.energy_j.shape == (10,)
    assert (
        catalog.Catalog(file).fact("chip.mine.idle_w").low < 60
    )  # a new record's bare number has the kind's own range


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no facts"),
        ("# none\n[chip]", "holds no facts"),
        ("[fit", "TOML"),
        ("[fits.x]\nvalue = 1", "fit"),
        ("[fit.training-power-hopper]\nlow = 1", "no value"),
        ("[fit.training-power-hopper]\nvalue = 3\nlow = 4\nhigh = 5", "not within"),
        ("[fit.training-power-hopper]\nvalue = 'x'", "training-power-hopper"),
        ("[server.hgx-h100]\nhost_w = { value = 1, unit = 'kW' }", "not in 'kW'"),
        ("[server.hgx-h100]\nhost_watts = 1", "not declared"),
        ("fit = 3", "must hold tables"),
        ("[server.hgx-h100]\nhost_w = { value = 1650, source = 'x' }", "_sources"),
        ("[server.hgx-h100]\nhost_w = { value = 1650, source = { name = 'x' } }", "hgx-h100"),
    ],
)
def test_bad_facts_are_told_with_their_file(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(WattlineError, match=message):
        catalog.Catalog(own(tmp_path, text))
    with pytest.raises(WattlineError, match="does not exist"):
        catalog.Catalog(tmp_path / "none.toml")
