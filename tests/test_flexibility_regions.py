"""Jobs that wait or move between regions by name: the typical year of each, said to be modelled."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.grid.carbon.regional import typical_signals
from wattline.line.grid.region import load_region
from wattline.predict.flex.shift import DailyJob, flex_shift
from wattline.predict.flex.signals import read_sites
from wattline.predict.flex.sites import SharedWork, flex_sites

REGIONS = ("de", "fr", "us-ercot", "us-pjm", "gb", "us-east-1", "quincy-wa", "in", "za")


@pytest.mark.parametrize("name", REGIONS)
def test_a_region_stands_for_its_typical_year(name):
    region = load_region(name, default())
    made = read_sites([name], "average", "flex shift")
    assert made.names == (region.title,)
    assert made.values[0] == pytest.approx(typical_signals(region, default()).average["lifecycle"].values)
    assert any("modelled from its mix" in note for note in made.notes)
    assert any("has no weather" in note for note in made.notes)


@settings(max_examples=10, deadline=None)
@given(name=st.sampled_from(REGIONS), after=st.integers(0, 14), at=st.integers(0, 23))
def test_waiting_never_costs_and_a_longer_wait_saves_no_less(name, after, at):
    rows = flex_shift(name, DailyJob(length="2 h", after=f"{after + 2} h", at=at)).json()["results"]["windows"]
    best = [row["mean_foresight"] for row in rows]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(best))
    assert all(row["mean_foresight"] <= row["mean_known"] + 1e-9 for row in rows)


def test_a_region_may_stand_beside_a_file_of_another_year(tmp_path: Path):
    times = np.datetime64("2024-03-01T00:00") + np.arange(24 * 20) * np.timedelta64(1, "h")
    path = tmp_path / "own.csv"
    path.write_text("time,g\n" + "\n".join(f"{time}Z,900" for time in times) + "\n")
    made = read_sites([path, "se"], "average", "flex shift")
    assert made.values.shape == (2, 24 * 20)
    assert (made.values[0] == 900).all()
    assert made.values[1].max() < 100


def test_a_column_of_the_file_comes_before_a_region_of_that_name(tmp_path: Path):
    times = np.datetime64("2024-03-01T00:00") + np.arange(48) * np.timedelta64(1, "h")
    path = tmp_path / "two.csv"
    path.write_text("time,own,de\n" + "\n".join(f"{time}Z,900,1" for time in times) + "\n")
    made = read_sites([f"{path}@own", "de"], "average", "flex shift")
    assert (made.values[1] == 1).all()


@pytest.fixture(scope="module")
def de_and_se():
    """Two sites that are regions, worked out once."""
    return flex_sites(["de", "se"], SharedWork(room=("20 MW",), arrives=("10 MW",)))


def test_sites_may_be_regions(de_and_se):
    assert "Germany, Sweden" in str(de_and_se).replace("\n", " ")


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("nowhere", "average", "neither a file nor a region"),
        ("de.csv", "average", "neither a file nor a region"),
        ("de", "price", "no prices by the hour are known of 'de'"),
        ("world", "average", "the world is no grid"),
    ],
)
def test_what_is_no_signal_is_refused_by_name(text, kind, says):
    with pytest.raises(WattlineError, match=says) as refusal:
        flex_shift(text, kind=kind)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["average", "marginal"])
def test_moves_of_regions_are_counted_by_both_intensities(kind: str) -> None:
    made = flex_shift("de", DailyJob(after="8 h"), kind=kind, sites=["us-ercot"]).json()
    assert made["inputs"]["beside_kind"] == {"average": "marginal", "marginal": "average"}[kind]
    assert {(row["moved_by"], row["counted_by"]) for row in made["results"]["ways"]} == {
        (by, of) for by in ("average", "marginal") for of in ("average", "marginal")
    }


def test_a_file_has_nothing_beside_it_unless_it_is_given(tmp_path: Path) -> None:
    times = np.datetime64("2024-03-01T00:00") + np.arange(24 * 20) * np.timedelta64(1, "h")
    path = tmp_path / "own.csv"
    path.write_text("time,g\n" + "\n".join(f"{time}Z,900" for time in times) + "\n")
    assert flex_shift(path).json()["inputs"]["beside_kind"] is None


def test_a_regions_intensities_are_among_the_facts(de_and_se) -> None:
    keys = {fact["key"] for fact in flex_shift("de", sites=["us-ercot"]).json()["facts"]}
    assert {"region.de.carbon_lifecycle_g_per_kwh", "region.us-ercot.carbon_lifecycle_g_per_kwh"} <= keys
    assert sum("marginal" in key for key in keys) == 2
    assert "region.se.carbon_lifecycle_g_per_kwh" in {fact["key"] for fact in de_and_se.json()["facts"]}


def test_moves_between_regions_are_counted_by_both_intensities() -> None:
    work = SharedWork(room=("20 MW",), arrives=("10 MW",), wait="6 h")
    made = flex_sites(["de", "gb"], work).json()
    assert made["inputs"]["beside_kind"] == "marginal"
    marginal = read_sites(["de", "gb"], "marginal", "flex sites").values
    for row in made["results"]["moves"]:
        assert row["mean_foresight"] <= row["mean_known"] + 1e-9
        assert row["beside"]["mean_as_meant"] == pytest.approx(marginal[:, 24:].mean(), rel=1e-3)
