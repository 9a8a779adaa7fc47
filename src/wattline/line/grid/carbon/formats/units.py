"""Units in the headers of series: mass for an energy, money for an energy, as factors to g/kWh and to money a kWh."""

from __future__ import annotations

import re

from wattline.core.units import G_PER_LB

KWH = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "gwh": 1e6, "twh": 1e9, "mj": 1 / 3.6, "gj": 1e3 / 3.6}
GRAMS = {  # "ton" alone may be the short or the metric one, "mg" a milligram or a megagram: neither is taken
    "g": 1.0, "gram": 1.0, "grams": 1.0, "kg": 1e3, "kilogram": 1e3, "kilograms": 1e3, "t": 1e6, "tonne": 1e6,
    "tonnes": 1e6, "metric ton": 1e6, "metric tons": 1e6, "short ton": 2000 * G_PER_LB, "short tons": 2000 * G_PER_LB,
    "lb": G_PER_LB, "lbs": G_PER_LB, "pound": G_PER_LB, "pounds": G_PER_LB,
}  # fmt: skip
CODES = (
    "usd", "eur", "gbp", "jpy", "cny", "inr", "aud", "cad", "nzd", "chf", "sek", "nok", "dkk", "pln", "czk", "huf",
    "ron", "bgn", "try", "zar", "brl", "mxn", "clp", "cop", "ars", "krw", "twd", "hkd", "sgd", "myr", "thb", "php",
    "idr", "vnd", "ils", "aed", "sar", "uah", "rsd", "mkd", "gel", "kzt", "egp", "mad", "ngn", "kes", "isk",
)  # fmt: skip
SIGNS = (
    ("₂", "2"), ("us$", " usd "), ("au$", " aud "), ("a$", " aud "), ("ca$", " cad "), ("c$", " cad "),
    ("nz$", " nzd "), ("$", " usd "), ("c€", " eur cent "), ("€", " eur "), ("£", " gbp "), ("₹", " inr "),
    ("¢", " cent "), ("ø", "o"), ("ö", "o"), ("%", " percent "),
)  # fmt: skip
OWN_CENTS = {"p": "gbp", "pence": "gbp", "ct": "eur", "cts": "eur"}
ENERGY = r"(?:per )?(" + "|".join(KWH) + r")(?:el?)?\b"
MASS = re.compile(
    r"\b(" + "|".join(sorted(GRAMS, key=len, reverse=True)) + r")(?: of)? ?(?:co2|carbon dioxide)? ?"
    r"(?:eq|e|equivalents?)? " + ENERGY
)  # fmt: skip
MONEY = re.compile(
    r"\b(?:(" + "|".join(CODES) + r") ?)?(?:\b(cents?|cts?|pence|p|ore|c) )?(?:\b(" + "|".join(CODES) + r") )?" + ENERGY
)
OTHER_GAS = re.compile(r"\b(?:nox|no2|so2|sox|pm\d*|ch4|n2o|methane|mercury|hg)\b")
SOME_UNIT = re.compile(r"\b(?:[kmgt]?wh(?:el?)?|[kmg]j|mmbtu|tons?|tonnes?|lbs?|pounds?|kg|mg)\b|/")


def words_of(name: str) -> str:
    """A column's name as words: lower case, without signs; CO₂ as co2, % as percent, € as eur.

    Parameters
    ----------
    name
        As it stands in the file.

    Returns
    -------
    Words with one space between.
    """
    text = name.lower()
    for sign, word in SIGNS:
        text = text.replace(sign, word)
    return " ".join(re.findall(r"[a-z0-9]+", text))


def carbon_factor(name: str) -> float | None:
    """From the unit in a name to g/kWh; None where it has none that is known, or another gas than CO2.

    Parameters
    ----------
    name
        Such as ``carbon (lbs/MWh)``.

    Returns
    -------
    Such as 0.45359237.
    """
    words = words_of(name)
    if (match := MASS.search(words)) is None or OTHER_GAS.search(words):
        return None
    return GRAMS[match[1]] / KWH[match[2]]


def price_factor(name: str) -> tuple[float, str] | None:
    """From the unit in a name to money a kWh, and the money; None where it has none that is known.

    Parameters
    ----------
    name
        Such as ``price (ct/kWh)`` or ``[€/MWh]``. Cents of no named currency are not known.

    Returns
    -------
    The factor, and the currency's code in capitals.
    """
    for match in MONEY.finditer(words_of(name)):
        before, minor, after, energy = match.groups()
        code = before or after or OWN_CENTS.get(minor or "")
        if code is not None and not (before and after):
            return (0.01 if minor else 1.0) / KWH[energy], code.upper()
    return None


def has_unit(name: str) -> bool:
    """Whether a name bears a unit of energy or mass, known or not.

    Parameters
    ----------
    name
        As it stands in the file.

    Returns
    -------
    True where a number must not be taken as g/kWh without one.
    """
    return SOME_UNIT.search(words_of(name)) is not None or "/" in name
