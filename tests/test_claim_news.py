"""Sentences as newspapers of 2023 to 2026 print them: each gets an answer or a refusal by name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import wattline as wl
from wattline.catalog import default
from wattline.claim.file import Claim
from wattline.claim.sentence import read_sentence
from wattline.claim.sentence.money import MONEY
from wattline.core.errors import WattlineError

PRINTED = """
US data centers consumed about 176 terawatt-hours of electricity in 2023, roughly 4.4% of total electricity demand
A search on a generative AI platform such as ChatGPT can use at least 10 times the amount of energy as a google search
Data centers could use as much as 9% of U.S. electricity by 2030, according to the Electric Power Research Institute.
Global data centers consumed about 415 terawatt-hours of electricity in 2024
Global data centers used roughly 1.5 percent of all electricity used on Earth
By 2030, data center electricity use is projected to nearly double to 945 TWh, growing at 15 percent per year
In 2024, data centers in the United States used around 183 terawatt-hours of electricity
A single data center dedicated to AI consumes, on average, as much electricity as around 100,000 households.
Specialized AI chips draw up to 1,000 watts each
Cooling those chips adds another 30 percent to the energy bill
ChatGPT alone handles an estimated 2.5 billion queries every day.
AI data centers consumed 155 TWh in 2025.
A single ChatGPT query uses about ten times more energy than a Google search
Global data center electricity demand is projected to nearly double by 2030, reaching 980 TWh, driven largely by AI
Permitted projects would use 224.3 terawatt-hours to 358.8 terawatt-hours of electricity annually
100,000 H100 GPUs consume around 70 MW.
This supercomputer has to consume at least 150 MW of power, as 100,000 H100 GPUs consume around 70 MW.
xAI's Colossus draws 150 MW
200,000 H100 GPUs in Memphis draw 150 MW
Each H100 GPU, running at 61% annual utilization, consumes roughly 3,740 kilowatt-hours of electricity annually.
3.5 million H100 GPUs will consume 13,092 GWh of electricity per year
Each H100 draws up to 700W of power, more than the average American household
In 2023, Google and Microsoft each consumed 24 TWh of electricity
In 2023, Google consumed 24 TWh of electricity, which exceeded the consumption of more than 100 countries
Google used 24 TWh in 2022
Google's data centers used 30.8 million megawatt-hours of electricity in 2024
Microsoft consumed 24 TWh of electricity in 2023
Meta used 15 TWh of electricity in 2023
Amazon used 38.9 TWh in 2022
Google's electricity use rose 27% last year
Google's greenhouse gas emissions have increased by almost 50% since 2019
Microsoft's emissions have risen nearly 30% since 2020
Training a large language model is estimated to use about 1,300 megawatt hours of electricity
Training GPT-3 used about the same as 130 US homes for one year
Training the GPT-4 model required about 62.3 thousand megawatt-hours of electricity.
Training GPT-4 alone consumed around 42 gigawatt-hours of electricity
Training GPT-4 cost $100 million of electricity
Training GPT-4 cost $100m
ChatGPT costs OpenAI $700,000 a day to run
The cost of ChatGPT's annual electricity consumption amounts to USD 29.7 million
ChatGPT consumes 226.8 GWh each year
ChatGPT's yearly electricity could power 21,602 homes in the country for a full year
ChatGPT uses more than half a million kilowatt-hours of electricity each day
Each ChatGPT query consumes an estimated 2.9 Wh of electricity, nearly ten times more than a standard Google search.
Each ChatGPT query costs 0.04 cents of electricity
Typical ChatGPT queries using GPT-4o likely consume roughly 0.3 watt-hours
The average ChatGPT query uses 0.34 watt-hours of energy
About 0.24 watt-hours for a Gemini question
GPT-5 averages just over 18 Wh per query
GPT-5 can use up to 40 watt-hours of electricity to generate a medium-length response
GPT-5 could see energy usage as high as 45 GWh a day
A ChatGPT query uses 0.000085 gallons of water
A 100-word email written with ChatGPT uses 519 milliliters of water
A single ChatGPT conversation of 20-50 prompts uses about 500ml of water
Training GPT-3 consumed 700,000 liters of onsite water
Training GPT-3 evaporated 5.4 million liters of water
Google consumed 5.6 billion gallons of water in 2023
Microsoft used 6.4 billion liters of water in 2022
Google's data centers used 6.1 billion gallons of water last year
The water used for data center cooling ranges from 0.18 to 1.1L of water per kWh of energy
A hyperscale data center uses around 550,000 gallons of water daily
Creating a single AI image takes as much energy as charging a smartphone
Creating 1,000 images uses as much energy as driving 4.1 miles in a petrol-powered car
1,000 text prompts use only 16 per cent of an average phone charge
A single image generation uses approximately 0.011 kilowatt hours of energy
A five-second AI video takes as much energy as running a microwave for an hour
Training GPT-3 generated 552 tons of carbon emissions
Training GPT-3 emitted 502 tonnes of CO2, equivalent to 136 return flights between Paris and New York
Training a single AI model can emit more than 626,000 pounds of CO2 equivalent
Training one AI model emits as much as five cars over their lifetimes
Data centres consumed 21 percent of all metered electricity in Ireland in 2023, up from five percent in 2015
Ireland's data centres used 21% of its electricity last year
Between 2015 and 2020, data centres' consumption of electricity in Ireland increased by 144%
Data centres used 415 TWh last year
Data centers accounted for 26% of Virginia's electricity in 2023
Meta's Hyperion campus is projected to use 2 gigawatts of power by 2030
Meta's Hyperion will use as much power as 4 million homes
10 gigawatts is roughly enough power to supply 8 million homes
A 1 GW data center uses as much power as 800,000 homes
AI could use as much electricity as 22% of all US households by 2028
AI servers could use between 85 and 134 TWh a year by 2027
Bitcoin uses 150 TWh a year
Data centres will use between 20 and 30 TWh in Germany by 2030
Data centers use 4% of the world's water
AI accounts for 20% of data centre power
AI could need as much power as Japan by 2030
Llama 3.1 405B emitted 8,930 tonnes of CO2
Training DeepSeek V3 cost $5.6 million
Training Llama 3.1 405B took 30.84 million GPU hours
Data centers emit 2.5 billion tonnes of CO2 by 2030
A rack of Nvidia GB200 NVL72 draws 120 kW
Data centres' power demand will grow 165% by 2030
Ten ChatGPT queries use as much as an LED bulb in an hour
Saying please and thank you to ChatGPT costs OpenAI tens of millions of dollars
Streaming an hour of Netflix uses 0.8 kWh
A ChatGPT query emits 4.32 grams of CO2
""".strip().splitlines()


@pytest.mark.parametrize("sentence", PRINTED)
def test_a_printed_sentence_is_answered_or_refused_by_name(sentence: str) -> None:
    claims, refusal = _read(sentence)
    assert claims or (refusal.startswith("claim: ") and "\n" not in refusal)
    assert all(claim.derived is not None or claim.cannot for claim in claims)


def _read(sentence: str) -> tuple[tuple[Claim, ...], str]:
    try:
        return read_sentence(sentence).claims, ""
    except WattlineError as error:
        return (), str(error)


@pytest.mark.parametrize(
    ("sentence", "verdict", "middle"),
    [
        ("100,000 H100 GPUs consume around 70 MW", "holds", 70.0),
        ("xAI's 100,000 H100s draw 150 MW", "unproven", 143.3),
        ("This supercomputer takes 110 MW with 100,000 H100 GPUs", "unproven", 109.3),
        ("Each H100 GPU, running at 61% annual utilization, consumes roughly 3,740 kWh of electricity annually.",
         "holds", 3743),
        ("3.5 million H100 GPUs will consume 13,092 GWh of electricity per year", "unproven", 13444),
        ("Training GPT-4 cost $100 million of electricity", "does not follow", 4.04e6),
        ("Training GPT-3 cost $100,000 of electricity", "unproven", 1.1e5),
        ("Each ChatGPT query costs 0.04 cents of electricity", "does not follow", 2.95e-5),
        ("Microsoft consumed 24 TWh of electricity in 2023", "holds", 24.0),
        ("Google's electricity use rose 102% between 2019 and 2023", "holds", 103.2),
        ("Data centres consumed 21 percent of all metered electricity in Ireland in 2023, up from five percent in 2015",
         "unproven", 20.4),
        ("Global data center electricity demand will reach 980 TWh by 2030, driven largely by AI workloads",
         "unproven", 1080),
    ],
)  # fmt: skip
def test_what_newspapers_print_gets_its_arithmetic(sentence: str, verdict: str, middle: float) -> None:
    claim = wl.check(sentence, draws=1000).json()["results"]["claims"][0]
    value = claim["derived"]["value"]
    assert claim["verdict"] == verdict
    assert (value["p50"] if isinstance(value, dict) else value) == pytest.approx(middle, rel=0.05)


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("Training GPT-4 cost $100m", "'\\$100m' is a cost of all that it takes"),
        ("Training GPT-3 cost €100,000 of electricity", "another currency"),
        ("Google used 24 TWh in 2022", "Google in .*2023, 2024, not in 2022"),
        ("24 H100s use 100 kWh", "how long the chips run"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_mend(sentence: str, why: str) -> None:
    with pytest.raises(WattlineError, match=why):
        read_sentence(sentence)


def test_two_companies_that_each_used_as_much_are_two_claims() -> None:
    claims = wl.check("In 2023, Google and Microsoft each consumed 24 TWh of electricity").json()["results"]["claims"]
    assert len(claims) == 2
    assert "total.google-2023-centres.energy_twh" in claims[0]["fact_keys"]
    assert claims[1]["fact_keys"] == ["total.microsoft-fy2023.energy_twh"]


def test_last_year_is_the_year_before_today_and_is_said() -> None:
    claim = read_sentence("Ireland's data centres used 21% of its electricity last year").claims[0]
    assert f"Read as: Ireland's data centres used 21% of its electricity in {datetime.now(UTC).year - 1}" in claim.note


def test_ai_alone_is_never_held_against_all_data_centres() -> None:
    for sentence in ("AI data centers consumed 155 TWh in 2025.", "AI used 100 TWh of electricity in 2024"):
        claim = wl.check(sentence, draws=200).json()["results"]["claims"][0]
        value = claim["derived"]["value"]
        assert (value["p50"] if isinstance(value, dict) else value) < 200


@given(st.integers(2, 999_999), st.floats(0.8, 1.2))
def test_so_many_chips_draw_so_many_times_one(count: int, times: float) -> None:
    watts = count * default().fact("chip.h100-sxm.tdp_w").value * times
    claim = read_sentence(f"{count:,} H100s draw {watts / 1e6:.9f} MW").claims[0]
    assert f"{count} * [chip.h100-sxm.tdp_w]" in (claim.derived.text if claim.derived else "")


@given(st.integers(1, 999), st.sampled_from(["", " thousand", " million", "m", "bn"]))
def test_money_is_never_read_as_another_unit(number: int, scale: str) -> None:
    sentence = f"Training GPT-4 cost ${number}{scale}"
    assert MONEY.search(sentence) is not None
    with pytest.raises(WattlineError, match="is a cost of all that it takes"):
        read_sentence(sentence)
