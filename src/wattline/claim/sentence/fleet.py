"""Sentences on many chips: 100,000 H100s draw 70 MW, held against so many chips alone or with servers and cooling."""

from __future__ import annotations

import re

from wattline.catalog import Catalog, Record
from wattline.catalog.draws import Draws
from wattline.claim.evaluate import Scope, evaluate, quantity
from wattline.claim.fields import Given, expression_of, literal_of
from wattline.claim.file import Claim
from wattline.claim.sentence.candidates import names_site
from wattline.claim.sentence.counted_words import number_of
from wattline.claim.sentence.named import LOSSES, chips_in
from wattline.claim.sentence.power_words import ASSUMPTION, LOAD, YEARLY, power_or_energy, usual_load
from wattline.claim.sentence.reader import Sentence
from wattline.claim.sentence.stated import StatedFigure
from wattline.claim.sentence.vocabulary import words_in
from wattline.claim.sentence.words import decline
from wattline.core.errors import shorten

NEAR = 0.25  # as near as this a figure is taken for the whole, where a sentence names only chips
MANY = 1_000  # chips from which on a figure may be what a site is built for
SITE = "hyperscale"  # whose PUE the whole of a cluster is taken with
_COUNT = re.compile(
    r"(?P<from>\d\s*(?:-|–|to|and|or)\s*)?(?<![\w.,$-])"
    r"(?P<count>\d[\d,]*(?:\.\d+)?(?:\s*(?:thousand|million|billion))?|two|three|four|five|six|eight|ten|"
    r"(?:a|one) (?:hundred|thousand|million)|a billion)\s+(?:of\s+)?"
    r"(?P<what>(?!(?:k|M|G)?Wh?\b)[A-Za-z][\w'’-]*(?:\s+[\w'’-]+){0,4})",
    re.I,
)
_RATED = "with its server at the most that this is rated for, and cooling (a hyperscale hall),"
_EACH = re.compile(r"\b(?:each|every|one|an?|single)\s+(?=\S)", re.I)
# what one chip draws, where the sentence says it beside what all of them do
_OWN_POWER = re.compile(
    r"\b(?P<how>at|of|with|drawing|using|rated(?:\s+at)?)\s+(?:up to\s+|about\s+)?(?P<number>\d[\d,]*(?:\.\d+)?)\s*"
    r"(?P<unit>k?W)(?:atts?)?\b(?:\s+(?:each|apiece|per (?:GPU|chip)))?,?",
)
_OF_EACH = re.compile(r"\d\s*k?W(?:atts?)?\s+(?:of power\s+)?(?:each|apiece|per (?:GPU|chip))\b")
_BUSY = re.compile(
    r"(?P<share>\d+(?:\.\d+)?)\s*(?:%|per\s?cent)\s+(?:annual\s+|average\s+|mean\s+)?(?:utili[sz]ation|load|use)", re.I
)
_WHOLE = re.compile(
    r"\b(?:servers?|racks?|nodes?|clusters?|superclusters?|supercomputers?|data[\s-]?cent(?:re|er)s?|campus|facility|"
    r"facilities|sites?|systems?|cooling|pods?)\b",
    re.I,
)


def fleet_claim(sentence: Sentence) -> Claim | None:
    """The power of so many chips, or what they use in a year.

    Parameters
    ----------
    sentence : its text, how its figure is meant, and the catalog

    Returns
    -------
    The claim; None where a sentence counts no chips. Raises WattlineError where it may mean several things.
    """
    text, relation, catalog = sentence
    counted = _count_in(text, catalog)
    if counted is None or names_site(words_in(text), catalog):
        return None
    count, record, rest = counted
    own = _OWN_POWER.search(rest)
    own = own if own and power_or_energy(rest[: own.start()] + rest[own.end() :]) else None
    each = _tdp(record)
    if own:  # 24,000 H100s at 700 W need 17 MW
        rest, each = rest[: own.start()] + rest[own.end() :], f"{own['number'].replace(',', '')} {own['unit']}"
    stated = power_or_energy(rest)
    if own is None and _OF_EACH.search(rest):
        return None  # of one chip, whose reader takes it
    if stated is None or (count == 1 and stated.measures("[energy]/[time]")):
        return None
    if stated.measures("[energy]/[time]"):
        return _power(sentence, stated, count, record, each)
    if not (YEARLY.search(text) or stated.per):
        raise decline(text, "for how long the chips run is not said; give their power, or what they use in a year")
    share = _BUSY.search(text)
    if share is None and own and own["how"].lower() in ("at", "drawing", "using"):
        return _always(sentence, stated, count, record, each)
    loads, load, taken = {}, f"[{LOAD}]", f"{usual_load(sentence.catalog)}, for it is not said"
    if share:
        percent = literal_of(f"{share['share']} %", "claim")
        loads, load = {"busy": Given(percent, note="of its rated power")}, "busy"
        taken = f"{share['share']}%, as the sentence says"
    alone, rated = f"{count:.15g} * {each}", _rated(count, record, sentence, each)
    more = rated and _gap(stated, f"{alone} * 1 year", catalog, above=True) > 0
    scope, top = (_RATED, "") if more else ("alone", " Servers and cooling come on top.")
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for {count:,.15g} × {record.title} {scope} over a year, at a share of its rated power: {taken}."
        f"{top}{stated.note}",
        quantities=loads,
        derived=expression_of(f"{rated if more else alone} * {load} * 1 year", "derived"),
        **stated.in_claim(relation),
        projected="" if share else ASSUMPTION,
    )


def _always(sentence: Sentence, stated: StatedFigure, count: float, record: Record, each: str) -> Claim:
    """What so many chips use in a year at the power that the sentence says they draw."""
    return Claim(
        id="sentence",
        says=shorten(sentence.text, 500),
        note=f"Taken for {count:,.15g} × {record.title} alone over a year, each at {each} all the time, as the "
        f"sentence says. Servers and cooling come on top.{stated.note}",
        derived=expression_of(f"{count:.15g} * {each} * 1 year", "derived"),
        **stated.in_claim(sentence.relation),
    )


def _power(sentence: Sentence, stated: StatedFigure, count: float, record: Record, each: str) -> Claim:
    """The power of so many chips, ``each`` that of one, alone, or with servers and cooling where a sentence is so."""
    text = sentence.text
    alone = f"{count:.15g} * {each}"
    server = _server(record, sentence.catalog)
    whole = "" if server is None else f"{count:.15g} * ({each} + {_host(server)}) * ({_pue()})"
    of_whole = _WHOLE.search(text) is not None
    rated = _rated(count, record, sentence, each)
    off_rated, off_whole, off_chips = (
        _gap(stated, power, sentence.catalog) for power in (rated or alone, whole or alone, alone)
    )
    if rated and off_rated < min(off_whole, off_chips, NEAR):
        return _at_most_rated(sentence, stated, f"{count:,.15g} × {record.title}", rated, whole)
    nearer = not of_whole and off_chips > NEAR and off_whole < off_chips
    if of_whole and not whole:
        raise decline(text, f"the catalog has no server of {record.name}; give the power of the chips alone")
    others = {"with servers and cooling": whole} if whole else {}
    meant, beside = (whole, {"the chips alone": alone}) if of_whole or nearer else (alone, others)
    words = "alone, at their thermal design power" if each == _tdp(record) else f"alone, at {each} each"
    if of_whole or nearer:
        words = f"with their servers and cooling (a hyperscale hall){', to which the figure is nearer' * bool(nearer)}"
    return Claim(
        id="sentence",
        says=shorten(text, 500),
        note=f"Taken for {count:,.15g} × {record.title} {words}.",
        derived=expression_of(meant, "derived"),
        beside={name: expression_of(each, "beside") for name, each in beside.items()},
        **stated.in_claim(sentence.relation),
    )


def _rated(count: float, record: Record, sentence: Sentence, each: str) -> str:
    """The power of so many chips with servers and cooling, each server at the most that it is rated for; "" where that
    is not known, or a sentence gives a chip's power itself."""
    servers = [each for each in sentence.catalog.records("server").values() if "max_w" in each.facts]
    server = next((each for each in servers if record.name in each.meta.get("chip", ())), None)
    if server is None or each != _tdp(record) or count < MANY:
        return ""
    return f"{count:.15g} * [{server.facts['max_w'].key}] / [{server.facts['chips_per_node'].key}] * ({_pue()})"


def _at_most_rated(sentence: Sentence, stated: StatedFigure, many: str, rated: str, whole: str) -> Claim:
    """The claim against what servers are rated for, which a site's power is contracted for."""
    return Claim(
        id="sentence",
        says=shorten(sentence.text, 500),
        note=f"Taken for {many} with their servers at the most that these are rated for, and cooling (a hyperscale "
        "hall), to which the figure is nearer: what a site is built for. Under load they draw less.",
        derived=expression_of(rated, "derived"),
        beside={"with servers and cooling, under load": expression_of(whole, "beside")},
        **stated.in_claim(sentence.relation),
    )


def _gap(stated: StatedFigure, expression: str, catalog: Catalog, *, above: bool = False) -> float:
    """How far what is stated lies from an expression's central value, or above it, as a fraction of it."""
    central = evaluate(expression_of(expression, "derived").tree, Scope(Draws(0, catalog=catalog)))
    gap = float((quantity(*stated.middle.tree.value) / central).to("").magnitude) - 1.0
    return gap if above else abs(gap)


def _count_in(text: str, catalog: Catalog) -> tuple[float, Record, str] | None:
    """How many of which chip a sentence counts, and the sentence without them; None where it counts none."""
    for match in _COUNT.finditer(text):
        named = chips_in(_before_verb(match["what"]), catalog)
        if named and match["from"]:
            raise decline(text, "a range of chips is not read; give one number")
        if named and number_of(match["count"]) > 0:
            return _counted(text, number_of(match["count"]), named, match.start(), match.start("what"))
    for match in _EACH.finditer(text):
        named = chips_in(_before_verb(" ".join(text[match.end() :].split()[:4])), catalog)
        if named and not re.search(r"\d\s*[kKMGT]?W(?:atts?)?\b(?!\s*h)", text):
            return _counted(text, 1.0, named, match.start(), match.end())
    return None


def _counted(text: str, count: float, named: dict[str, Record], start: int, end: int) -> tuple[float, Record, str]:
    if len(named) > 1:
        raise decline(text, f"it names {len(named)} chips ({', '.join(named)}); name one")
    (record,) = named.values()
    rest = re.sub(r"^\s*(?:[\w'’.-]+\s+){0,4}?(?:[A-Za-z]+\d\w*|TPU\w*|Gaudi\w*)(?:\s+(?:GPUs?|chips?|accelerators?))?",
                  " ", text[end:], count=1, flags=re.I)  # fmt: skip
    return count, record, f"{text[:start]} {rest}"


def _before_verb(words: str) -> str:
    """The words that may name a chip, before what it does."""
    return re.split(r"\b(?:draws?|uses?|consumes?|needs?|takes?|running|will|would|in|at|for|and|,)\b", words)[0]


def _tdp(record: Record) -> str:
    return f"[{record.facts['tdp_w'].key}]"


def _server(record: Record, catalog: Catalog) -> Record | None:
    """The first server of a chip."""
    servers = catalog.records("server").values()
    return next((each for each in servers if record.name in each.meta.get("chip", ()) and "host_w" in each.facts), None)


def _host(server: Record) -> str:
    """What a server takes beside its chips, of one chip [W]."""
    facts = server.facts
    network = f" + [{facts['network_w_per_chip'].key}]" if "network_w_per_chip" in facts else ""
    return f"[{facts['host_w'].key}] / [{facts['chips_per_node'].key}]{network}"


def _pue() -> str:
    return " + ".join(["1", *(f"[site.{SITE}.{part}]" for part in LOSSES)])
