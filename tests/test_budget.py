"""``budget``: limits of a group of devices that together never exceed the watts of all, by priority."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import wattline as wl
from wattline.control.allotment import Governor, Member, allot
from wattline.control.shared_budget import SharedBudget
from wattline.core.errors import WattlineError
from wattline.meter.sensors.simulated_chip import ChipCurve, make_chip

MEMBER = st.tuples(st.integers(0, 3), st.floats(50, 200), st.floats(0, 500))


def members(parts: list[tuple[int, float, float]]) -> list[Member]:
    return [Member(f"d{i}", f"d{i}", p, floor, floor + more) for i, (p, floor, more) in enumerate(parts)]


@given(st.lists(MEMBER, min_size=1, max_size=6), st.floats(0, 1), st.lists(st.floats(0, 900), min_size=60, max_size=60))
@settings(max_examples=60, deadline=None)
def test_the_group_never_draws_more_than_its_budget_but_while_a_device_follows_a_limit(
    parts: list[tuple[int, float, float]], share: float, loads: list[float]
) -> None:
    """Devices that follow a limit one round late: whatever they want, they stay within the budget from then on."""
    group = members(parts)
    floors, ceilings = (sum(getattr(each, name) for each in group) for name in ("floor_w", "ceiling_w"))
    budget = floors + share * (ceilings - floors)
    governor = Governor(group, budget)
    in_force = governor.begin()
    for number in range(30):
        drawn = {
            each.key: min(loads[(number * 7 + i) % len(loads)], in_force[each.key]) for i, each in enumerate(group)
        }
        assert sum(drawn.values()) <= budget + 1e-6
        before = dict(governor.caps)
        new = governor.round(drawn)
        assert sum(new.values()) <= budget + 1e-6
        assert all(each.floor_w - 1e-9 <= new[each.key] <= each.ceiling_w + 1e-9 for each in group)
        # late: a lowered limit is obeyed a round after it was set, a raised one at once
        in_force = {key: max(before[key], new[key]) for key in new}


def test_a_higher_priority_is_served_first_and_none_falls_below_its_floor() -> None:
    group = members([(0, 100, 500), (5, 100, 500), (0, 100, 500)])
    caps = allot(group, {each.key: each.ceiling_w for each in group}, 1000)
    assert caps == {"d0": 200, "d1": 600, "d2": 200}


def test_what_one_does_not_draw_goes_to_the_others_and_comes_back() -> None:
    group = members([(5, 100, 500), (0, 100, 500)])
    governor = Governor(group, 800)
    caps = governor.begin()
    assert caps == {"d0": 600, "d1": 200}
    for _ in range(8):
        caps = governor.round({"d0": 150, "d1": caps["d1"]})
    assert caps["d1"] > 500
    for _ in range(3):
        caps = governor.round({"d0": caps["d0"], "d1": caps["d1"]})
    assert caps["d0"] == 600


def test_a_device_whose_power_is_not_known_counts_as_all_it_may() -> None:
    group = members([(1, 100, 500), (0, 100, 500)])
    governor = Governor(group, 800)
    governor.begin()
    assert governor.round({"d0": None, "d1": None})["d0"] == 600


def test_machines_that_share_a_budget_stay_within_it_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sides = {}
    for name in ("one", "two"):
        monkeypatch.setattr("wattline.control.shared_budget.hostname", lambda name=name: name)
        sides[name] = SharedBudget.open(tmp_path, members([(0, 200, 800)]), 1500)
        if name == "one":
            assert sides[name].take(0) == 1500  # as yet alone
            set_w = {"one": 1000.0, "two": 0.0}
            sides[name].take(1000)
            assert (tmp_path / "one.json").exists()
    for _ in range(6):
        for name in ("two", "one"):
            monkeypatch.setattr("wattline.control.shared_budget.hostname", lambda name=name: name)
            try:
                room = sides[name].take(set_w[name])
            except WattlineError:  # until the first has made room
                continue
            set_w[name] = min(room, 1000.0)
        assert sum(set_w.values()) <= 1500


REST = '"ceiling_w": 1, "fair_w": 1, "time_s": 1}'
STATES = ["", "[" * 100_000, "[]", '{"set_w": 1}', *(f'{{"set_w": {value}, {REST}' for value in ("NaN", "-9e9", '"a"'))]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state[:12])
def test_what_another_machine_wrote_is_refused_where_it_is_no_state(tmp_path: Path, state: str) -> None:
    side = SharedBudget.open(tmp_path, members([(0, 200, 800)]), 1500)
    (tmp_path / "another.json").write_text(state)
    with pytest.raises(WattlineError, match="is not the state of a machine") as error:
        side.take(0)
    assert "\n" not in str(error.value)


@pytest.fixture
def chips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for i in range(3):
        make_chip(tmp_path / "chips" / f"chip-{i}", ChipCurve(), 650)
    monkeypatch.setenv("WATTLINE_SIMULATED_CHIPS", str(tmp_path / "chips"))
    monkeypatch.setenv("WATTLINE_CONTROL_STATE", str(tmp_path / "state"))
    return tmp_path


def group_file(folder: Path, text: str) -> Path:
    path = folder / "group.toml"
    path.write_text(text)
    return path


GROUP = """
watts = "1.4 kW"
reserve = "200 W"
every = "20ms"
[[device]]
name = "chip-0"
priority = 2
[[device]]
name = "chip-1"
floor = "300 W"
[[device]]
name = "chip-2"
"""


def test_real_limits_are_held_and_set_back(chips: Path) -> None:
    seen: list[float] = []

    def stop(_: float) -> bool:
        seen.append(sum(float(path.read_text()) for path in chips.glob("chips/*/limit_w")))
        return len(seen) > 4

    answer = wl.budget(group_file(chips, GROUP), stop=stop)
    assert max(seen) <= 1200
    results = answer.json()["results"]
    assert results["rounds_above"] == 0
    assert results["highest_w"] <= 1200
    assert results["restored"]
    assert {row["name"]: row["lowest_cap_w"] for row in results["members"]}["chip-0"] == 650
    assert [float(path.read_text()) for path in chips.glob("chips/*/limit_w")] == [650] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("watts = 5", "at least one"),
        ("watts", "not valid TOML"),
        ('watts = 900\nwats = 1\n[[device]]\nname = "chip-0"', "'wats' is not known"),
        ('watts = 900\n[[device]]\nname = "chip-0"\nprio = 1', "'prio' is not known"),
        ("watts = 900\n[[device]]\npriority = 1", "no name"),
        ('watts = 900\n[[device]]\nname = "chip"', "3 devices"),
        ('watts = 900\n[[device]]\nname = "chip-9"', r"group.toml: 'chip-9' is no device"),
        ('watts = 900\n[[device]]\nname = "chip-0"\nfloor = "800 W"', "above its 650 W"),
        ('watts = 100\n[[device]]\nname = "chip-0"', "floors"),
        ('watts = 900\n[[device]]\nname = "chip-0"\npriority = "high"', "whole number"),
    ],
)
def test_a_group_of_no_sense_gets_one_line(chips: Path, text: str, words: str) -> None:
    with pytest.raises(WattlineError, match=words) as failed:
        wl.budget(group_file(chips, text), "1s")
    assert "\n" not in str(failed.value)
    assert [float(path.read_text()) for path in chips.glob("chips/*/limit_w")] == [650] * 3
