"""Names of places and companies as people write them, and which of them name a part of a country alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from wattline.catalog import Record, default, plain_name
from wattline.line.site.areas import area_named
from wattline.line.site.gazetteer import City, cities, find_city, fold

LARGE_CITY = 300_000  # people: the name of a smaller one may well be a company's
_CENTRES = re.compile(r"[\s,]+(?:global\s+)?data[\s-]?cent(?:er|re)s?$", re.I)
_FORM = r"(?:(?:federal|federative|people'?s|islamic|socialist|hashemite|arab|bolivarian|plurinational)\s+)*"
_STATE = re.compile(
    rf"^{_FORM}(?:republic|kingdom|states?|commonwealth|sultanate|grand duchy|principality)\s+of\s+(?:the\s+)?", re.I
)  # fmt: skip
_BEHIND = re.compile(rf",\s*(?:{_FORM}rep(?:ublic)?(?:\s+of)?(?:\s+the)?|sar|china|the)$|\s+sar$", re.I)
_COMPANY = re.compile(
    r"(?:[\s,]+(?:inc|incorporated|llc|corp|corporation|ltd|limited|plc|ag|se|sa|nv|bv|gmbh|ab|oyj|asa|spa|group|holdings?"
    r"|company|co|trust|reit|platforms)|\.com)$",
    re.I,
)  # fmt: skip
_COUNTED = re.compile(r"\(.*\)|:")
_US_STATE = re.compile(r"us[\s_-]([a-z]{2})", re.I)
# other names of places and companies, as ``places.slug`` writes them
OTHER_NAMES = {"eu": "eu27", "european_union": "eu27", "global": "world", "aws": "amazon", "alphabet": "google",
               "facebook": "meta", "ovhcloud": "ovh", "ntt_data": "ntt", "x.ai": "xai",
               "amazon_web_services": "amazon", "apac": "asia_pacific", "asean": "southeast_asia",
               "worldwide": "world", "european_union_(27)": "eu27", "eu27+uk": "eu28", "eu_27+uk": "eu28",
               "central_and_south_america": "central_south_america", "slovak_republic": "slovakia",
               "chinese_taipei": "taiwan", "tiktok": "bytedance",
               "schweiz": "switzerland", "suisse": "switzerland", "österreich": "austria", "danmark": "denmark",
               "italia": "italy", "españa": "spain", "éire": "ireland", "belgië": "belgium", "belgique": "belgium",
               "世界": "world", "全球": "world", "中国": "china", "美国": "us", "欧盟": "eu27", "欧洲": "europe",
               "英国": "uk", "德国": "germany", "法国": "france", "爱尔兰": "ireland", "荷兰": "netherlands",
               "瑞典": "sweden", "挪威": "norway", "丹麦": "denmark", "芬兰": "finland", "日本": "japan",
               "韩国": "south_korea", "印度": "india", "新加坡": "singapore", "马来西亚": "malaysia",
               "澳大利亚": "australia", "加拿大": "canada", "巴西": "brazil"}  # fmt: skip
# parts of the world that no facts are of: the group of places whose growth they share
WIDER = {
    "nordics": "europe", "nordic": "europe", "scandinavia": "europe", "baltics": "europe", "benelux": "europe",
    "dach": "europe", "iberia": "europe", "balkans": "europe", "easterneurope": "europe", "centraleurope": "europe",
    "northerneurope": "europe", "southerneurope": "europe", "emea": "world", "asia": "world", "oceania": "advanced",
    "australasia": "advanced", "anz": "advanced", "latinamerica": "emerging", "southamerica": "emerging",
    "latam": "emerging", "mena": "emerging", "gcc": "emerging", "subsaharanafrica": "emerging", "eurasia": "emerging",
    "southasia": "emerging", "eastasia": "emerging", "centralasia": "emerging", "restofworld": "emerging",
    "rest": "emerging", "americas": "advanced", "oecd": "advanced", "g7": "advanced", "g20": "world",
}  # fmt: skip


def readings(name: str) -> Iterator[str]:
    """A name as it stands, then without what does not tell which place it is.

    Parameters
    ----------
    name : such as "the Netherlands", "U.S.", "Republic of Korea", "Korea, Rep.", "world data centres"

    Returns
    -------
    Each spelling to look up, the fullest first.
    """
    text = " ".join(str(name).replace("’", "'").split())
    yield text
    turned = re.fullmatch(r"([^,]+),\s*(north|south|east|west)", text.replace(".", ""), re.I)
    if turned:
        yield f"{turned[2]} {turned[1]}"
        return  # "Korea, North" is no Korea
    bare = text.replace(".", "")
    for changed in (
        _CENTRES.sub("", text), bare, _CENTRES.sub("", bare), _BEHIND.sub("", bare),
        _BEHIND.sub("", _BEHIND.sub("", bare)), text.replace("'", ""),
    ):  # fmt: skip
        article = re.sub(r"^the[\s_-]+", "", changed, flags=re.I)
        yield from (changed, article, _STATE.sub("", article))


def company_names(name: str) -> list[str]:
    """A company's name without its legal form, step by step; none where it has none.

    Parameters
    ----------
    name : such as "Meta Platforms, Inc.", "Alphabet Inc.", "Amazon.com"

    Returns
    -------
    Such as "Meta Platforms" and "Meta".
    """
    made, text = [], _CENTRES.sub("", " ".join(str(name).split()))
    if text != name:
        made.append(text)
    while (bare := _COMPANY.sub("", re.sub(r"(?<=[A-Za-z])\.(?=\s|,|$|\w\.)|\.$", "", text))) != text:
        text = bare
        made.append(text)
    return made


def has_legal_form(name: str) -> bool:
    """Whether a name says that it is a company's.

    Parameters
    ----------
    name : such as "Orange SA"

    Returns
    -------
    True where a legal form stands behind it.
    """
    return _COMPANY.search(name.strip().removesuffix(".")) is not None


def without_publisher(name: str) -> tuple[str, str]:
    """A series' name and what stands behind it in brackets or after a colon.

    Parameters
    ----------
    name : such as "Germany (Borderstep)" or "spain:reported_sites"

    Returns
    -------
    Both; nothing for the second where nothing stands there.
    """
    mark = _COUNTED.search(name)
    if mark is None:
        return name, ""
    return name[: mark.start()].strip(), name[mark.start() :].strip(" :()")


@cache
def country_of(name: str) -> str:
    """Two letters of the country that a name is of, or lies in, by the gazetteer.

    Parameters
    ----------
    name : of a country, a state, a province or a large city

    Returns
    -------
    Such as ``ca`` of "Ontario"; empty for any other name.
    """
    wanted = {fold(reading) for reading in readings(state_name(name))} - {""}
    by_name = _countries()
    if code := next((by_name[each] for each in wanted if each in by_name), ""):
        return code
    city = find_city(name)
    return city.code if city is not None and _is_large(city, wanted) else ""


def state_name(name: str) -> str:
    """An American state in full of its code.

    Parameters
    ----------
    name : such as ``us-va``

    Returns
    -------
    "Virginia"; any other name as it stands.
    """
    code = _US_STATE.fullmatch(name.strip().lower())
    known = (
        city.province for city, _ in cities() if city.code == "us" and code and city.short.lower() == code[1].lower()
    )
    return next(known, name) if code else name


def is_part(name: str, record: Record) -> bool:
    """Whether a name is of a city, state or province in a region, and not of the whole.

    Parameters
    ----------
    name : as it is typed
    record : of the region that the catalog has for it

    Returns
    -------
    True for "Dublin" of Ireland; False for "Singapore", and for "Texas", which ERCOT names itself by.
    """
    plain = fold(state_name(name))
    title, _, inside = record.title.partition("(")
    if len(plain) <= 3 or plain in (fold(title), fold(inside), fold(record.name)):
        return False
    code = record.name.split("-")[0]
    if _countries().get(plain) == code and not area_named(name, default()).startswith("a country"):
        return plain not in {fold(city.country) for city, _ in cities() if city.code == code}
    city = find_city(name)
    return city is not None and city.code == code and _is_large(city, {plain}, 100_000)


@cache
def _countries() -> dict[str, str]:
    """Countries, and states and provinces, by folded name, with the two letters of the country."""
    made = {fold(city.province): city.code for city, _ in reversed(cities()) if city.province}
    made |= {fold(city.country): city.code for city, _ in reversed(cities())}
    return {**made, **{name.removeprefix("the"): code for name, code in made.items() if name == "thenetherlands"}}


def _is_large(city: City, wanted: set[str], people: int = LARGE_CITY) -> bool:
    return city.people >= people and (fold(city.name) in wanted or len(min(wanted, key=len)) > 4)


def group_of(name: str) -> str:
    """The group of places that a part of the world is of, which no facts are of.

    Parameters
    ----------
    name : such as "Nordics"

    Returns
    -------
    Such as ``europe``; empty for any other name.
    """
    return next((WIDER[plain] for each in readings(name) if (plain := plain_name(each)) in WIDER), "")
