"""A claim from one sentence: its figure, and what it is held against, by the first of the readers that takes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from wattline.catalog import Catalog, default
from wattline.claim.file import Claim, ClaimsFile
from wattline.claim.sentence.candidates import names_site
from wattline.claim.sentence.chinese import in_english, is_chinese
from wattline.claim.sentence.clauses import clauses_in
from wattline.claim.sentence.coming import coming_claim, outlook_words
from wattline.claim.sentence.coming_read import read_coming
from wattline.claim.sentence.coming_yearless import read_yearless
from wattline.claim.sentence.company import company_claim
from wattline.claim.sentence.compared import compared_in
from wattline.claim.sentence.counted import counted_in, with_counted
from wattline.claim.sentence.daily import daily_claims
from wattline.claim.sentence.figures import MAX_SENTENCE, figure_claim
from wattline.claim.sentence.fleet import fleet_claim
from wattline.claim.sentence.footprint import footprint_claim
from wattline.claim.sentence.generated import generated_claim, kind_of
from wattline.claim.sentence.grown import grown_claim
from wattline.claim.sentence.inside import inside_claim
from wattline.claim.sentence.left import with_left
from wattline.claim.sentence.listed import listed_claim
from wattline.claim.sentence.machines import hall_claim, machine_claim
from wattline.claim.sentence.measures import statements_in
from wattline.claim.sentence.money import money_claim
from wattline.claim.sentence.named import chip_claim, pue_claim
from wattline.claim.sentence.plain import ENDS, plain_sentence
from wattline.claim.sentence.reader import Reader, Sentence
from wattline.claim.sentence.restated import restated_claim
from wattline.claim.sentence.searched import gives_answers_to_searches, searches_claim, total_in
from wattline.claim.sentence.several import both_claims
from wattline.claim.sentence.share import share_claim
from wattline.claim.sentence.stated import stated_in
from wattline.claim.sentence.things import with_homes
from wattline.claim.sentence.totals import consumed_claim
from wattline.claim.sentence.towns import check_towns, check_two_places
from wattline.claim.sentence.vocabulary import naming, words_in
from wattline.claim.sentence.water import water_claim
from wattline.core.errors import WattlineError, shorten

# scripts that write sentences without spaces: Chinese, Japanese, Thai
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]{4,}")


_RATES = re.compile(r"(?<=\d )[^\W\d_]{1,8}/[^\W\d_]{1,8}(?=[\s.,;]|$)|(?<=\d)[^\W\d_]{1,8}/[^\W\d_]{1,8}(?=[\s.,;]|$)")


def is_sentence(text: str) -> bool:
    """Whether what was given for a claims file is a sentence rather than a path."""
    figure = is_chinese(text) and any(sign.isdigit() for sign in text)
    words = len(text.split()) > 2 or figure or _UNSPACED.search(text) is not None
    path = re.search(r"^[./~]|/", _RATES.sub("", text))
    return words and not text.endswith(".toml") and path is None and text.isprintable()


def read_sentence(text: str, catalog: Catalog | None = None) -> ClaimsFile:
    """The claim that a sentence makes, held against the catalog's figures of the same thing.

    Parameters
    ----------
    text : such as ``"ChatGPT uses 2.9 Wh per request"``
    catalog : whose figures are taken

    Returns
    -------
    A file of one claim, as if it had been written by hand.

    Raises WattlineError where the sentence has no figure with a unit, or none of the catalog is of the same thing.
    """
    known = default() if catalog is None else catalog
    if len(text) > MAX_SENTENCE:
        raise WattlineError(f"claim: the sentence is longer than {MAX_SENTENCE} characters; write a claims file")
    if is_chinese(text):
        english = in_english(text)
        return _under_words(text, english, lambda: read_sentence(english, known))
    if _UNSPACED.search(text):
        raise WattlineError(
            f"claim: {shorten(text)!r} cannot be checked: sentences are read in English and Chinese; write it so"
        )
    plain = plain_sentence(text)
    if plain == text:
        return _with_left(text, _read_plain(text, known))
    read = plain if plain != text.rstrip(ENDS) else ""
    return _with_left(plain, _under_words(text, read, lambda: _read_plain(plain, known)))


def _with_left(text: str, made: ClaimsFile) -> ClaimsFile:
    """The claims of a sentence with the figures of it that none of them is about."""
    return replace(made, claims=with_left(text, made.claims))


def _under_words(says: str, read: str, make: Callable[[], ClaimsFile]) -> ClaimsFile:
    """The claims of a sentence in other words, which are shown, under the words as they were; so are refusals."""
    try:
        claims = make().claims
    except WattlineError as error:
        raise WattlineError(_named_as(str(error), says)) from None
    reading = f"Read as: {read}. " if read else ""
    own = (
        replace(
            each,
            says=shorten(says, MAX_SENTENCE),
            note=each.note if _is_part(each.note, read) else f"{reading}{each.note}".strip(),
        )
        for each in claims
    )
    return ClaimsFile("sentence", shorten(says, MAX_SENTENCE), "", tuple(own))


def _is_part(note: str, read: str) -> bool:
    """Whether a note begins with a reading that is a part of another, which then tells nothing more."""
    match = re.match(r"Read as: (.+?)\. ", note)
    return match is not None and set(match[1].split()) <= set(read.split())


def _named_as(error: str, says: str) -> str:
    """A refusal that names the sentence as it was said."""
    return re.sub(r"^claim: (['\"]).*?\1 (?=cannot|holds)", lambda _: f"claim: {shorten(says)!r} ", error)


def _read_plain(text: str, known: Catalog) -> ClaimsFile:
    """The claims of a sentence in the words that the readers take, by the first of them that takes it."""
    sentence = Sentence.of(text, known)
    claims = next(claims for reader in READERS if (claims := reader.claims(sentence)) is not None)
    own = (claims,) if isinstance(claims, Claim) else claims
    return ClaimsFile("sentence", shorten(text, MAX_SENTENCE), "", own)


def _of_town(sentence: Sentence) -> None:
    check_towns(sentence.text)
    check_two_places(sentence.text)


def _of_homes(sentence: Sentence) -> tuple[Claim, ...] | None:
    in_homes, taken = with_homes(sentence.text, sentence.catalog)
    if not taken:
        return None
    return _under_words(sentence.text, in_homes, lambda: _read_plain(in_homes, sentence.catalog)).claims


def _two_figures(sentence: Sentence) -> tuple[Claim, ...] | None:
    text, _, known = sentence
    return both_claims(text, lambda part: _under_words(text, part, lambda: _read_plain(part, known)).claims)


def _several(sentence: Sentence) -> tuple[Claim, ...] | None:
    """A claim of each statement of a sentence; the later ones are numbered."""
    text, _, known = sentence
    parts = statements_in(text) or clauses_in(text)
    made: list[Claim] = []
    for part in parts:
        claims = _under_words(text, part, lambda part=part: _read_plain(part, known)).claims  # type: ignore[misc]
        made += (replace(each, id=f"{each.id}-{len(made) + at}") if made else each for at, each in enumerate(claims, 1))
    return tuple(made) or None


def _of_requests(sentence: Sentence) -> tuple[Claim, ...] | None:
    text, _, known = sentence
    return daily_claims(text, lambda part: _under_words(text, part, lambda: _read_plain(part, known)).claims)


def _beside_things(sentence: Sentence) -> tuple[Claim, ...] | None:
    text, _, known = sentence
    compared = None if kind_of(text) else compared_in(text, known)
    return None if compared is None else _with_subject(*compared, known)


def _in_things(sentence: Sentence) -> Claim | None:
    text, _, known = sentence
    counted = None if kind_of(text) else counted_in(text, known)
    return None if counted is None else with_counted(_read_again(counted.text, text, known), counted, text, known)


def _to_come(sentence: Sentence) -> Claim | None:
    if names_site(words_in(sentence.text), sentence.catalog):
        return None
    coming = read_coming(sentence.text)
    return None if coming is None else coming_claim(coming, *sentence)


def _restated(sentence: Sentence) -> Claim | None:
    """The claim of a claims file; of a year to come, with the probability that the outlook gives it."""
    claim = restated_claim(sentence)
    if claim is None:
        return None
    try:
        coming = read_coming(sentence.text)
    except WattlineError:  # of something that the outlook is not of
        coming = None
    return claim if coming is None else replace(claim, note=f"{claim.note} {outlook_words(coming, sentence.relation)}")


def _yearless(sentence: Sentence) -> Claim | None:
    read = None if names_site(words_in(sentence.text), sentence.catalog) else read_yearless(sentence.text)
    if read is None:
        return None
    claim = coming_claim(read[0], *sentence)
    taken = f" The sentence names no year: {read[0].year}, the end of the decade, is taken."
    return replace(claim, note=claim.note + taken) if read[1] else claim


def _made(sentence: Sentence) -> Claim | None:
    kind = kind_of(sentence.text)
    if kind is None:
        return None
    return generated_claim(kind, sentence.text, sentence.relation)


def _of_searches(sentence: Sentence) -> Claim | None:
    text, relation, _ = sentence
    return searches_claim(text, total_in(text), relation) if gives_answers_to_searches(text) else None


# the first that takes a sentence reads it; the last takes any, or refuses it by name
READERS: tuple[Reader, ...] = (
    Reader("restated", "what a claims file that comes with Wattline states", _restated),
    Reader("town", "the data centres of a town, which are refused", _of_town),
    Reader("homes", "a share of a country's homes", _of_homes),
    Reader("both", "an energy and the share of a place's electricity that it is", _two_figures),
    Reader("several", "measures of energy, CO2e and water, or of two things", _several),
    Reader("yearless", "data centres in time to come, where the year or the subject is left out", _yearless),
    Reader("requests", "what so many requests a day take", _of_requests),
    Reader("beside", "a figure set beside so many of a thing", _beside_things),
    Reader("things", "a figure given as so many of a thing", _in_things),
    Reader("listed", "how many data centres there are, and American demand", lambda each: listed_claim(each.text)),
    Reader("money", "what electricity costs", money_claim),
    Reader("footprint", "the yearly CO2e and water of companies and of data centres", footprint_claim),
    Reader("company", "the electricity of companies in years that have passed", company_claim),
    Reader("country", "all the electricity of a country", consumed_claim),
    Reader("PUE", "the PUE of a fleet or of the industry", pue_claim),
    Reader("WUE", "the water of a fleet per kWh", water_claim),
    Reader("machines", "the power of servers and racks by their names", machine_claim),
    Reader("hall", "what a data centre of so many MW uses in a year", hall_claim),
    Reader("chips", "the power of many chips, or what they use in a year", fleet_claim),
    Reader("chip", "the power of a chip", chip_claim),
    Reader("inside", "what part of data centres' electricity something takes", inside_claim),
    Reader("growth", "how data centres' electricity grew", grown_claim),
    Reader("share", "what share of a place's electricity data centres take", share_claim),
    Reader("coming", "data centres' electricity in a year to come", _to_come),
    Reader("made", "an image or a video beside a phone's charge", _made),
    Reader("searches", "an answer of a language model for each search", _of_searches),
    Reader("figure", "a figure of the catalog, of the outlook or of a prediction", figure_claim),
)


def _read_again(text: str, says: str, catalog: Catalog) -> Claim:
    """The claim of a sentence as it was turned, whose refusal names it as it stood."""
    return _under_words(says, "", lambda: read_sentence(text, catalog)).claims[0]


def _with_subject(head: str, compared: Claim, catalog: Catalog) -> tuple[Claim, ...]:
    """A comparison, after the claim that its figure is of something, where the sentence names that."""
    if not naming(words_in(re.sub(r"\b(that|this|which|enough|equals?|equivalent)\b", " ", stated_in(head).rest))):
        return (compared,)
    try:
        subject = read_sentence(head.strip(" ,;:–—-"), catalog).claims
    except WattlineError:  # the comparison is of figures alone, whoever's they are
        words = shorten(head.strip(" ,;:–—-"), 100)
        left = f"Whether {words!r} is so is not judged."
        return (replace(compared, note=f"{compared.note} {left}"),)
    return (*subject, replace(compared, id="comparison"))
