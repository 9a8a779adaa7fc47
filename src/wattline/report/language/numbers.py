"""Numbers with their units as Chinese writes them: 万 and 亿, 美元, 天. SI units keep their symbols."""

from __future__ import annotations

import re

_LARGE = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
_QUANTITY = re.compile(
    r"(?P<sign>[-−+~≈<>≤≥]?)\s?(?P<usd>\$?)(?P<number>\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)(?: (?P<word>[A-Za-z/ ]+))?\Z"
)
_SPAN = re.compile(r"([-−+]?\$?\d\S*(?: [A-Za-z/³]+)?) to ([-−+]?\$?\d\S*(?: [A-Za-z/³%]+)?)\Z")
_RANGE = re.compile(r"(?P<low>\S+) – (?P<high>\$?[\d,.]+)(?: (?P<word>[A-Za-z/ ]+))?\Z")
_UNITS = {
    "days": "天", "day": "天", "years": "年", "year": "年", "hours": "小时", "hour": "小时", "h a year": "h/年",
    "a year": "次/年", "requests": "次请求", "request": "次请求", "chips": "块芯片", "chip": "块芯片",
    "tokens": "个词元", "token": "个词元", "homes": "户", "replicas": "个副本", "replica": "个副本",
    "times": "倍", "steps": "步", "frames": "帧", "USD": "美元", "USD/MWh": "美元/MWh", "USD/kWh": "美元/kWh",
    "draws": "次抽样", "hosts": "台主机", "images": "张图像", "image": "张图像", "video": "段视频",
}  # fmt: skip


def quantity_in_chinese(text: str) -> str | None:
    """A number, or a range of numbers, with its unit in Chinese.

    Parameters
    ----------
    text : such as ``$4.6 million``, ``12 days``, ``0.9 – 1.2 million``

    Returns
    -------
    ``460 万美元``, ``12 天``, ``90 万 – 120 万``; None for what is no number, or needs no change.
    """
    match = _QUANTITY.match(text)
    if match is not None:
        return _written(match["sign"], match["usd"], match["number"], match["word"] or "")
    match = _SPAN.match(text)
    if match is not None:
        return f"{quantity_in_chinese(match[1]) or match[1]} 至 {quantity_in_chinese(match[2]) or match[2]}"
    match = _RANGE.match(text)
    if match is None or (not (match["word"] or "").strip() and "$" not in text):
        return None
    usd = "$" if text.startswith("$") else ""
    ends = [_QUANTITY.match(match[end].removeprefix("$")) for end in ("low", "high")]
    if None in ends:
        return None
    first, last = (_written("", usd, end["number"], match["word"] or "") for end in ends if end is not None)
    return f"{first} – {last}" if first and last else None


def _written(sign: str, usd: str, number: str, word: str) -> str | None:
    large, _, rest = word.partition(" ")
    if large in _LARGE:
        number = _in_myriads(
            float(number.replace(",", "")) * _LARGE[large], len(number.replace(",", "").replace(".", ""))
        )
        unit = _UNITS.get(rest, rest)
    elif word in _UNITS or (usd and not word):
        unit = _UNITS.get(word, "")
    else:
        return None
    money = "美元" if usd else ""
    apart = "" if number.endswith(("万", "亿")) and (money or unit in _UNITS.values()) else " "
    return f"{sign}{number}{apart if money or unit else ''}{money}{unit}"


def _in_myriads(value: float, digits: int) -> str:
    """A large number in 万, 亿 or 万亿, with as many figures as it had."""
    size, name = next((s, n) for s, n in ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"), (1.0, "")) if value >= s)
    shown = f"{value / size:.{max(digits, 1)}g}"
    shown = f"{float(shown):,.10g}" if "e" in shown or "." not in shown else shown
    return f"{shown} {name}".strip()
