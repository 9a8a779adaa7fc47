"""Names of places and companies in series, as people write them; and files as other programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattline.catalog import default
from wattline.core.errors import WattlineError
from wattline.line.world.place_names import is_part, readings
from wattline.line.world.places import COMPANIES, place_of, wide_places
from wattline.line.world.published import read_published
from wattline.line.world.series_places import place_or_company

COUNTRIES = sorted(
    record.title.partition(" (")[0]
    for record in default().records("region").values()
    if "consumption_twh" in record.facts and record.meta["scope"] == "country" and "(" not in record.title
)


@settings(deadline=None)
@given(
    st.sampled_from(COUNTRIES),
    st.sampled_from(
        [
            "{}",
            "the {}",
            "The {}",
            " {} ",
            "Republic of {}",
            "Kingdom of {}",
            "Kingdom of the {}",
            "{}, Rep.",
            "{} data centres",
        ]
    ),
    st.sampled_from([str, str.lower, str.upper, str.title]),
)
def test_a_country_is_the_same_place_however_it_is_written(name: str, form: str, case: object) -> None:
    assert callable(case)
    assert place_or_company(form.format(case(name))).name == place_of(name).name


@settings(deadline=None)
@given(st.sampled_from(wide_places()), st.sampled_from(["_", "-", " ", ""]))
def test_a_part_of_the_world_is_the_same_whatever_parts_its_words(name: str, mark: str) -> None:
    assert place_or_company(name.replace("_", mark)) == place_or_company(name)


@settings(deadline=None)
@given(
    st.sampled_from(COMPANIES),
    st.sampled_from(["Inc.", "Inc", ", Inc.", "LLC", "Corporation", "Group", "plc", "Group, Ltd."]),
)
def test_a_company_is_the_same_with_its_legal_form(name: str, form: str) -> None:
    written = f"{name}{form}" if form.startswith(",") else f"{name} {form}"
    assert place_or_company(written).name == name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("U.S.", "us"), ("EU-27", "eu27"), ("EU27+UK", "eu28"), ("Korea, South", "south_korea"),
        ("APAC", "asia_pacific"),
        ("Korea, Rep.", "south_korea"), ("People’s Republic of China", "china"), ("Iran, Islamic Rep.", "iran"),
        ("Hong Kong SAR, China", "hong_kong"), ("Meta Platforms, Inc.", "meta"), ("Amazon.com, Inc.", "amazon"),
        ("中国", "china"), ("world data centers", "world"), ("Worldwide", "world"), ("us-va", "virginia"),
    ],
)  # fmt: skip
def test_usual_other_names_are_read(written: str, name: str) -> None:
    assert place_or_company(written).name == name


def test_the_eu_is_of_europe_by_every_name() -> None:
    assert place_or_company("EU-27").group == place_or_company("european union").group == "europe"


@pytest.mark.parametrize("name", ["Ontario", "Dublin", "Frankfurt", "Scotland", "Nordics", "Latin America", "Nepal"])
def test_a_place_is_no_company_and_is_told_by_its_own_electricity(name: str, tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    file.write_text(f"series,year,twh\n{name},2022,0.5\n")
    with pytest.raises(WattlineError, match=r"line 2: .*electricity_twh"):
        read_published(file)
    place = place_or_company(name, 40.0)
    assert (place.company, place.consumption_twh) == (False, 40.0)
    assert {"Ontario": "advanced", "Nepal": "emerging", "Latin America": "emerging"}.get(name, "europe") == place.group


@pytest.mark.parametrize("name", ["CyrusOne", "Orange", "Hetzner", "firm", "Victoria Ltd", "Korea Telecom"])
def test_any_other_name_is_a_companys(name: str) -> None:
    assert place_or_company(name).company


def test_north_korea_is_not_read_as_korea() -> None:
    assert "Korea" not in readings("Korea, North")
    for name in ("Korea, North", "North Korea"):
        with pytest.raises(WattlineError, match="electricity"):
            place_or_company(name)


def test_no_country_is_a_part_of_itself() -> None:
    for name, record in default().records("region").items():
        if "consumption_twh" in record.facts:
            assert not is_part(record.title, record), name
            assert not is_part(name, record), name


def test_who_counted_may_stand_behind_the_place_and_what_was_counted_may_not(tmp_path: Path) -> None:
    file = tmp_path / "series.csv"
    file.write_text("series,year,twh\nGermany (Borderstep),2019,14\nIreland (CSO),2020,3\nChina (mainland),2020,90\n")
    rows = read_published(file)
    assert [row.series for row in rows] == ["Germany", "Ireland", "China"]
    assert [row.publisher for row in rows][:2] == ["borderstep", "cso"]
    for name in ("Spain (Madrid)", "France (colocation)", "ireland:reported_sites"):
        file.write_text(f"series,year,twh\n{name},2020,2\n")
        with pytest.raises(WattlineError, match="scope"):
            read_published(file)


@settings(deadline=None, max_examples=25)
@given(
    values=st.lists(st.integers(1, 10**6), min_size=1, max_size=5),
    marks=st.sampled_from([(",", "."), (";", ","), (";", "."), ("\t", ","), ("\t", ".")]),
    unit=st.sampled_from([("twh", 0), ("TWh", 0), ("GWh", 3), (" gwh ", 3), ("MWh", 6)]),
)
def test_a_series_is_the_same_in_every_unit_and_with_every_mark(
    values: list[int], marks: tuple[str, str], unit: tuple[str, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Values are in GWh; 2,5 is 2.5 where the columns are parted by anything but commas."""
    (between, point), (head, power) = marks, unit
    cells = [f"{value * 10.0 ** (power - 3):.9f}".replace(".", point) for value in values]
    file = tmp_path_factory.mktemp("series") / "ireland.csv"
    lines = [f"Year{between}{head}", *(f"{2000 + i}{between}{cell}" for i, cell in enumerate(cells))]
    file.write_text("\n".join(lines) + "\n")
    rows = read_published(file, "ireland")
    assert [row.twh for row in rows] == pytest.approx([value / 1e3 for value in values])
