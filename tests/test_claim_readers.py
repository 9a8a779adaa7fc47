"""The readers of sentences stand in one ordered table: each has a name of its own, and takes its kind of sentence."""

from __future__ import annotations

import pytest

from wattline.catalog import default
from wattline.claim.sentence.read import READERS
from wattline.claim.sentence.reader import Sentence
from wattline.core.errors import WattlineError

OF = {
    "restated": "Training GPT-3 took 1,287 MWh",
    "town": "London's data centres will use 12 TWh by 2030",
    "homes": "AI data centres will use as much as 22% of US households by 2028",
    "both": "US data centres used 176 TWh in 2023, 4.4% of the country's electricity",
    "several": "Training GPT-3 took 1,287 MWh and emitted 552 tonnes of CO2",
    "yearless": "Data centres could soon use as much electricity as Japan",
    "requests": "200 million ChatGPT requests a day use 500,000 kWh a day",
    "beside": "1,287 MWh is what 120 homes use in a year",
    "things": "Training GPT-3 used as much electricity as 120 homes in a year",
    "listed": "There are 8,000 data centres in the world",
    "money": "Training GPT-4 cost $100 million of electricity",
    "footprint": "Google emitted 14.3 million tonnes of CO2 in 2023",
    "company": "Microsoft consumed 24 TWh of electricity in 2023",
    "country": "Ireland uses 34 TWh a year",
    "PUE": "Google's PUE is 1.09",
    "WUE": "Microsoft's WUE is 0.3 L/kWh",
    "machines": "An NVL72 rack draws 120 kW",
    "hall": "A 1.2 GW data center consumes 10.5 TWh a year",
    "chips": "100,000 H100 GPUs consume around 70 MW",
    "chip": "An H100 draws 700 W",
    "inside": "Cooling takes 40% of data centres' electricity",
    "growth": "Data centres' electricity grew by 12% a year since 2017",
    "share": "Data centres use 4.4% of US electricity",
    "coming": "Data centres will use 945 TWh in 2030",
    "made": "An AI image takes as much as charging a phone",
    "searches": "If every Google search had an AI answer it would take 29 TWh a year",
    "figure": "ChatGPT uses 2.5 Wh per request",
}


def test_each_reader_has_a_name_of_its_own_and_says_what_it_reads() -> None:
    names = [reader.name for reader in READERS]
    assert len(set(names)) == len(names)
    assert set(names) == set(OF)
    assert all(reader.reads for reader in READERS)


@pytest.mark.parametrize("name", OF)
def test_the_first_reader_that_takes_a_sentence_is_that_of_its_kind(name: str) -> None:
    sentence = Sentence.of(OF[name], default())
    for reader in READERS:
        try:
            taken = reader.claims(sentence)
        except WattlineError:
            taken = ()
        if taken is not None:
            assert reader.name == name
            return
