"""Lei and Masanet's published bands: the median of a thousand draws lies within them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.places import find_place
from wattline.line.site.power_chain import load_ups
from wattline.line.site.weather import Weather
from wattline.line.site.weather_repair import read_weather
from wattline.line.site.year import HallDesign, year


def typical(place: str) -> Weather:
    """The made year of a place."""
    return made_year(find_place(place, catalog.default()), catalog.default())


CASES = {
    1: ("air-economiser", "large"),
    2: ("water-economiser", "large"),
    3: ("air-economiser-water", "midsize"),
    4: ("water-economiser", "midsize"),
    5: ("water-chiller", "midsize"),
    6: ("air-economiser-dry", "midsize"),
    7: ("air-chiller", "midsize"),
    8: ("water-chiller", "small"),
    9: ("air-chiller", "small"),
    10: ("dx", "small"),
}
FILES = {"AZ_Tucson": "2B", "CA_San": "3C", "GA_Atl": "3A", "LaGuardia": "4A", "VA_Lees": "4A", "WA_Sea": "4C"}
MADE = {
    "Miami, Florida": "1A", "Houston, Texas": "2A", "Phoenix, Arizona": "2B", "Las Vegas, Nevada": "3B",
    "Albuquerque, New Mexico": "4B", "Chicago, Illinois": "5A", "Denver, Colorado": "5B",
    "Minneapolis, Minnesota": "6A", "Helena, Montana": "6B", "Duluth, Minnesota": "7", "Fairbanks, Alaska": "8",
}  # fmt: skip
Bands = dict[tuple[str, int, str], tuple[float, float]]


def read_bands(path: Path) -> Bands:
    with path.open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return {(r["Climate Zone"], int(r["Case"]), r["Quantile"]): (float(r["PUE"]), float(r["WUE"])) for r in rows}


def shares(weathers: list[tuple[str, Weather]], bands: Bands) -> tuple[float, float]:
    """Share of the cases whose median PUE, and WUE, lies in its band."""
    inside = []
    for case, (kind, plant) in CASES.items():
        draws = Draws(120)
        p = hall.parameters(plant, draws)
        setup = HallDesign(KINDS[kind], p, load_ups(None, p, draws), humidified=True)
        for zone, weather in weathers:
            result = year(setup, weather, np.full((1, 1), 0.75), every=5)
            low, high = bands[zone, case, "5th"], bands[zone, case, "95th"]
            medians = float(np.median(result.pue)), float(np.median(result.wue_l_per_kwh))
            inside.append([a <= m <= b for a, m, b in zip(low, medians, high, strict=True)])
    pue, wue = np.mean(inside, axis=0)
    return float(pue), float(wue)


@pytest.mark.shared
def test_measured_climates_lie_in_the_bands(shared_data: Path) -> None:
    weathers = [(zone, read_weather(next(shared_data.glob(f"weather/*{part}*.epw")))) for part, zone in FILES.items()]
    pue, wue = shares(weathers, read_bands(shared_data / "facility/lei_masanet_pue_wue_bands.csv"))
    assert pue >= 0.9
    assert wue >= 0.8


@pytest.mark.shared
def test_made_climates_lie_in_the_bands(shared_data: Path) -> None:
    weathers = [(zone, typical(place)) for place, zone in MADE.items()]
    pue, wue = shares(weathers, read_bands(shared_data / "facility/lei_masanet_pue_wue_bands.csv"))
    assert pue >= 0.9
    assert wue >= 0.8
