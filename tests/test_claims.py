"""Claims: what a file may say, how verdicts are reached, and the verdicts on the built-in article."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_by_hand import BASE, assert_single_line, check
from wattline import claim
from wattline.claim.verdict import Grade, decide, distance, grade, interval
from wattline.core.errors import WattlineError
from wattline.report.present import as_text

EXAMPLE = Path(__file__).parents[1] / "examples" / "claims.toml"


@pytest.fixture(scope="module")
def article() -> claim.ClaimsReport:
    return claim.check_file("article")


def single_claim(body: str, draws: int = 500) -> claim.CheckedClaim:
    return check(BASE + body, draws)


def result(report: claim.ClaimsReport, name: str) -> claim.CheckedClaim:
    return next(r for r in report.claims if r.claim.id == name)


def line(outcome: claim.CheckedClaim, name: str) -> Any:
    return next(r for r in (*outcome.quantities, *outcome.steps) if r.name == name)


# The article


def test_the_article_s_verdicts_are_the_expected_ones(article: claim.ClaimsReport) -> None:
    assert {r.claim.id: r.verdict for r in article.claims} == {r.claim.id: r.claim.expect for r in article.claims}
    assert not article.unexpected


def test_the_article_s_verdicts_hardly_hang_on_the_seed() -> None:
    for seed in (1, 2, 3):
        assert not claim.check_file("article", draws=500, seed=seed).unexpected
    assert not claim.check_file("article", draws=0).unexpected


def test_golden_numbers(article: claim.ClaimsReport) -> None:
    assert line(result(article, "gpt-3-1287-mwh"), "energy").value == pytest.approx(1287, rel=0.01)
    mixed = result(article, "gpt-3-1024-gpus-1287-mwh")
    assert line(mixed, "at_the_chips").value == pytest.approx(330, rel=0.02)
    assert mixed.verdict == "does not follow"
    searches = result(article, "request-searches").derived
    assert searches is not None
    assert searches.value == pytest.approx(9.67, abs=0.01)
    assert line(result(article, "chatgpt-182-gwh-a-year"), "in_a_year").value == pytest.approx(182.5)
    assert line(result(article, "request-2.9-wh"), "per_request").value == pytest.approx(2.9, rel=0.01)
    split = result(article, "data-centres-40-40-20")
    assert line(split, "pue_if_the_rest_is_it").value == pytest.approx(1 / 0.6)
    assert line(split, "pue_if_none_of_it_is").value == pytest.approx(2.5)
    assert line(result(article, "data-centres-us"), "share_of_the_world").value == pytest.approx(49.1, abs=0.05)


def test_an_outdated_claim_says_that_its_arithmetic_held(article: claim.ClaimsReport) -> None:
    outcome = result(article, "request-2.9-wh")
    assert outcome.verdict == "outdated"
    assert outcome.why.startswith("The figures agree, but that is no proof")  # of what its source assumed
    assert outcome.newer is not None
    assert outcome.newer.figure.range.p50 == pytest.approx(0.24)
    assert "0.24" in outcome.why


def test_what_cannot_be_checked_says_why(article: claim.ClaimsReport) -> None:
    for outcome in article.claims:
        assert outcome.why
        assert (outcome.verdict == "cannot be checked") == bool(outcome.claim.cannot)


def test_every_fact_has_a_source(article: claim.ClaimsReport) -> None:
    for outcome in article.claims:
        assert all(fact.source.title for fact in outcome.facts)


def test_json_is_plain_and_whole(article: claim.ClaimsReport) -> None:
    data = json.loads(json.dumps(article.json(), allow_nan=False))
    assert data["command"] == "check"
    results = data["results"]
    assert sum(results["counts"].values()) == len(results["claims"])
    keys = {"id", "says", "verdict", "why", "given", "worked", "stated", "derived", "newer", "fact_keys"}
    assert all(keys <= set(entry) for entry in results["claims"])
    assert {key for entry in results["claims"] for key in entry["fact_keys"]} == {fact["key"] for fact in data["facts"]}
    first = next(entry for entry in results["claims"] if entry["id"] == "gpt-3-homes")
    assert set(first["derived"]["value"]) == {"p5", "p50", "p95"}
    assert first["derived"]["unit"] == "home"
    energy = {"name": "energy", "formula": "1287 MWh", "value": 1287.0, "unit": "MWh", "words": "1,287 MWh"}
    assert first["given"][0] == energy


def test_shown_in_eighty_columns(article: claim.ClaimsReport) -> None:
    shown = as_text(article.json(), 80)
    assert max(map(len, shown.splitlines())) <= 80
    assert "does not follow" in shown
    assert "Patterson et al." in shown
    for outcome in article.claims:
        assert outcome.claim.id in shown


def test_the_example_is_as_it_expects() -> None:
    report = claim.check_file(EXAMPLE)
    assert not report.unexpected
    assert len(report.claims) == 4


# How a verdict is reached


@pytest.mark.parametrize(
    ("relation", "stated", "derived", "verdict"),
    [
        ("equal", "100", "104", "holds"),
        ("equal", "100", "96", "holds"),
        ("equal", "100", "120", "holds roughly"),
        ("equal", "100", "130", "does not follow"),
        ("at least", "500", "580", "holds"),
        ("at least", "500", "5000", "holds"),
        ("at least", "500", "499", "holds roughly"),
        ("at least", "500", "480", "holds roughly"),
        ("at least", "500", "400", "holds roughly"),
        ("at least", "500", "300", "does not follow"),
        ("at most", "2", "1", "holds"),
        ("at most", "2", "2.3", "holds roughly"),
        ("at most", "2", "4", "does not follow"),
        ("equal", "0", "0", "holds"),
        ("equal", "0", "1", "does not follow"),
        ("equal", "-10", "-10.2", "holds"),
    ],
)
def test_relations(relation: str, stated: str, derived: str, verdict: str) -> None:
    outcome = single_claim(f'relation = "{relation}"\nstated = "{stated}"\nderived = "{derived}"')
    assert outcome.verdict == verdict
    assert outcome.why


@pytest.mark.parametrize(
    ("derived", "verdict"),
    [("150", "holds"), ("98", "holds"), ("230", "holds roughly"), ("400", "does not follow")],
)
def test_between(derived: str, verdict: str) -> None:
    body = f'relation = "between"\nstated_low = "100"\nstated_high = "200"\nderived = "{derived}"'
    assert single_claim(body).verdict == verdict


def test_between_with_its_ends_the_wrong_way_round_is_told() -> None:
    body = 'relation = "between"\nstated_low = "2 kWh"\nstated_high = "900 Wh"\nderived = "1 kWh"'
    with pytest.raises(WattlineError, match=r"stated_low \(2 kWh\) is more than stated_high") as caught:
        single_claim(body)
    assert_single_line(caught.value)


def test_a_bound_that_is_kept_but_for_rounding_holds() -> None:
    assert single_claim('relation = "at least"\nstated = "0.3"\nderived = "0.1 + 0.1 + 0.1"').verdict == "holds"
    assert single_claim('relation = "at most"\nstated = "0.3"\nderived = "0.1 + 0.2"').verdict == "holds"


def test_a_bound_that_only_a_range_reaches_holds_roughly() -> None:
    body = 'relation = "at least"\nstated = "150 W"\nderived = "x"\n[claim.quantities]\n'
    assert single_claim(body + 'x = { value = "140 W", low = "50 W", high = "250 W", source = "A guess" }').verdict == (
        "holds roughly"
    )


def test_a_range_that_only_meets_what_is_stated_is_no_agreement() -> None:
    body = 'stated = "150 W"\nderived = "x"\n[claim.quantities]\n'
    assert single_claim(body + 'x = "100 W"').verdict == "does not follow"
    wide = single_claim(body + 'x = { value = "100 W", low = "50 W", high = "160 W", source = "A guess" }')
    assert wide.verdict == "undecided"
    assert "below" in wide.why
    # the vaguer fact is not the truer claim: 2.9 Wh of 0.1 to 11.5 is not 13 Wh of 10 to 22
    image = """stated = "phone"\nderived = "image"\n[claim.quantities]
phone = { value = "13 Wh", low = "10 Wh", high = "22 Wh", source = "A table" }
image = { value = "2.9 Wh", low = "0.1 Wh", high = "11.5 Wh", dist = "lognormal", source = "A study" }"""
    outcome = single_claim(image)
    assert outcome.verdict == "does not follow"
    assert outcome.probability is not None
    assert outcome.probability < 0.1
    assert "80% below" in outcome.why


@given(st.floats(0.2, 5.0), st.floats(1.05, 30.0), st.floats(1.0, 4.0))
def test_a_vaguer_figure_never_agrees_better(middle: float, width: float, wider: float) -> None:
    order = ["does not follow", "undecided", "holds roughly", "holds"]
    z = np.random.default_rng(0).normal(size=400)
    truth = interval("equal", 1.0, 1.0), interval("equal", 1.0, 1.0)
    sharp = grade(middle * width**z, middle, truth, 0.05, 0.25)
    vague = grade(middle * (width**wider) ** z, middle, truth, 0.05, 0.25)
    if abs(middle - 1) <= 0.25:  # where the middles agree, vagueness can only cost
        assert vague.probability <= sharp.probability + 0.03
        assert order.index(vague.verdict) <= order.index(sharp.verdict) or sharp.probability > 0.47
    else:
        assert vague.verdict in ("does not follow", "undecided")


@pytest.mark.parametrize(
    ("fact", "stated", "why"),
    [
        ("prompt.chatgpt-devries.energy_wh", "2.9 Wh/request", "an estimate by a model"),
        ("prompt.google-search.energy_wh", "0.3 Wh/request", "a statement that names no method"),
        ("training_run.gpt-4.energy_mwh", "52 GWh", "a rumour"),
        ("total.iea-2025-world-2030.energy_twh", "945 TWh", "a projection"),
        ("total.iea-2024-world-2022.energy_twh", "460 TWh", "an estimate"),
        ("constant.gpt-4-params", "1.76e12", "a rumour"),
    ],
)
def test_an_agreement_with_what_proves_nothing_never_holds(fact: str, stated: str, why: str) -> None:
    outcome = single_claim(f'stated = "{stated}"\nderived = "[{fact}]"')
    assert outcome.verdict == "unproven"
    assert why in outcome.why
    assert outcome.json()["weak_evidence"] == {fact: why}
    through = single_claim(f'stated = "{stated}"\nderived = "x"\n[claim.steps]\nx = "[{fact}] * 1"')
    assert through.verdict == "unproven"
    newer = single_claim(f'stated = "{stated}"\nnewer = "[{fact}]"')
    assert newer.verdict == "unproven"


def test_a_claim_is_not_proven_by_its_own_source() -> None:
    text = 'stated = "0.24 Wh/request"\nderived = "[prompt.gemini-median.energy_wh]"'
    assert single_claim(text).verdict == "holds"
    own = 'source = "Elsworth et al. (Google), Measuring the environmental impact of delivering AI at Google Scale"\n'
    outcome = single_claim(own + text)
    assert outcome.verdict == "unproven"
    assert "the claim's own source" in outcome.why


# A sentence


@pytest.mark.parametrize(
    ("sentence", "verdict", "key"),
    [
        ("ChatGPT uses 2.9 Wh per request", "outdated", "prompt.chatgpt-altman.energy_wh"),
        ("A ChatGPT query takes 2.9 watt-hours", "outdated", "prompt.chatgpt-altman.energy_wh"),
        ("ChatGPT uses 50 Wh per request", "does not follow", "prompt.chatgpt-altman.energy_wh"),
        ("Google's median Gemini prompt takes 0.24 Wh", "holds", "prompt.gemini-median.energy_wh"),
        ("Training GPT-4 took 50 GWh", "unproven", "training_run.gpt-4.energy_mwh"),
        ("Data centres will use 945 TWh in 2030", "unproven", "total.iea-2025-world-2030.energy_twh"),
        ("Data centers used 460 TWh in 2022.", "outdated", "total.iea-2024-world-2022.energy_twh"),
        ("A Google search uses 0.3 Wh", "unproven", "prompt.google-search.energy_wh"),
    ],
)
def test_a_sentence_is_held_against_the_catalog(sentence: str, verdict: str, key: str) -> None:
    outcome = claim.check_file(sentence, draws=500).claims[0]
    assert outcome.verdict == verdict
    assert outcome.claim.says == sentence
    assert key in [fact.key for fact in outcome.facts]


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("Every Tesla uses 2.9 Wh per request", "no figure of tesla"),
        ("Claude takes 3 Wh per prompt", "nearest: prompt."),
        ("A ChatGPT query takes ten times as much as a whale", "'a whale' is not so many of a known thing"),
        ("Something uses 3 Wh per request", "nearest"),
        ("ChatGPT uses " + "very " * 200 + "2.9 Wh", "longer than"),
    ],
)
def test_a_sentence_that_fits_nothing_is_refused(sentence: str, says: str) -> None:
    with pytest.raises(WattlineError, match=says) as caught:
        claim.check_file(sentence)
    assert_single_line(caught.value)


# Reports


@pytest.mark.parametrize(
    ("derived", "newer", "verdict"),
    [
        ("100", "100", "holds"),
        ("100", "120", "holds"),
        ("100", "200", "outdated"),
        ("115", "200", "outdated"),
        ("200", "300", "does not follow"),
        (None, "101", "holds"),
        (None, "115", "holds roughly"),
        (None, "300", "outdated"),
    ],
)
def test_newer(derived: str | None, newer: str, verdict: str) -> None:
    body = f'stated = "100"\nnewer = "{newer}"\n' + (f'derived = "{derived}"' if derived else "")
    assert single_claim(body).verdict == verdict


def test_tolerances_can_be_given() -> None:
    body = 'stated = "100"\nderived = "104"\n'
    assert single_claim(body + 'holds = "1%"\nroughly = 0.02').verdict == "does not follow"
    assert check("holds = 0.01\n" + BASE + body).verdict == "holds roughly"


def test_cannot_shows_its_arithmetic_all_the_same() -> None:
    outcome = single_claim('cannot = "never published"\nderived = "2 * x"\n[claim.quantities]\nx = "3 kWh"')
    assert outcome.verdict == "cannot be checked"
    assert outcome.why == "never published"
    assert outcome.derived is not None


def test_a_mismatch_with_expect_is_reported() -> None:
    read = claim.read_claims(BASE + 'stated = "1"\nderived = "2"\nexpect = "holds"', "x.toml")
    report = claim.check_claims(read, 0)
    assert [r.claim.id for r in report.unexpected] == ["a"]
    assert "the file expects" in as_text(report.json(), 80)


@given(st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_grades_are_monotonic(stated: float, off: float) -> None:
    order = ["holds", "holds roughly", "does not follow"]
    truth = interval("equal", stated, stated), interval("equal", stated, stated)
    near = grade(np.asarray(stated + off), stated + off, truth, 0.05, 0.25)
    far = grade(np.asarray(stated + 2 * off), stated + 2 * off, truth, 0.05, 0.25)
    assert order.index(near.verdict) <= order.index(far.verdict)
    assert distance(stated, truth[0]) == 0


def test_decide_without_anything() -> None:
    assert decide(None, None) == "cannot be checked"
    assert decide(Grade("holds", 0, 1.0), None) == "holds"
