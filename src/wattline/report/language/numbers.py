"""Numbers with their units as Chinese writes them: 万 and 亿, 美元, 天. SI units keep their symbols."""

from __future__ import annotations

import re

_LARGE = {"million": 1e6, "billion": 1e9, "trillion": 1e12}
_QUANTITY = re.compile(
    r"(?P<sign>[-−+~≈<>≤≥]?)\s?(?P<usd>\$?)(?P<number>\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?)(?: (?P<word>[A-Za-z/ ]+))?\Z"
)
_SPAN = re.compile(r"([-−+]?\$?\d\S*(?: [A-Za-z/³]+)?) to ([-−+]?\$?\d\S*(?: [A-Za-z/³%]+)?)\Z")
_RANGE = re.compile(r"(?P<low>\S+) – (?P<high>\$?[\d,.]+)(?: (?P<word>[A-Za-z/ ]+))?\Z")
_ENDS = re.compile(r"([\d,.]+ [A-Za-z/]+) – ([\d,.]+ [A-Za-z/]+)\Z")
_BRACKETS = re.compile(r"(?P<value>[^\[\]]*\d[^\[\]]*) \[(?P<low>[^\[\]–]+)–(?P<high>[^\[\]–]+)\]\Z")
_TWO = re.compile(r"(\S*\d[^\[\]]* \[[^\[\]]+\]) to (\S*\d[^\[\]]* \[[^\[\]]+\])\Z")
_UNITS = {
    "days": "天", "day": "天", "years": "年", "year": "年", "hours": "小时", "hour": "小时", "h a year": "h/年",
    "a year": "次/年", "requests": "次请求", "request": "次请求", "chips": "块芯片", "chip": "块芯片",
    "tokens": "个词元", "token": "个词元", "homes": "户", "replicas": "个副本", "replica": "个副本",
    "times": "倍", "steps": "步", "frames": "帧", "USD": "美元", "USD/MWh": "美元/MWh", "USD/kWh": "美元/kWh",
    "searches": "次搜索", "search": "次搜索", "prompts": "次提问", "prompt": "次提问", "messages": "条消息",
    "message": "条消息", "parameters": "个参数", "people": "人", "draws": "次抽样",
    "hosts": "台主机", "images": "张图像", "image": "张图像", "video": "段视频",
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
    for pattern, form in ((_BRACKETS, "{} [{}–{}]"), (_TWO, "{} 至 {}")):
        if (match := pattern.match(text)) is not None:
            changed = [quantity_in_chinese(part) or part for part in match.groups()]
            return None if changed == list(match.groups()) and pattern is _BRACKETS else form.format(*changed)
    match = _QUANTITY.match(text)
    if match is not None:
        return _written(match["sign"], match["usd"], match["number"], match["word"] or "")
    match = _SPAN.match(text)
    if match is not None:
        return f"{quantity_in_chinese(match[1]) or match[1]} 至 {quantity_in_chinese(match[2]) or match[2]}"
    if (match := _ENDS.match(text)) is not None:  # each with a word of its own
        ends = [quantity_in_chinese(part) for part in match.groups()]
        return None if None in ends else " – ".join(map(str, ends))
    match = _RANGE.match(text)
    if match is None or (not (match["word"] or "").strip() and "$" not in text):
        return None
    usd = "$" if text.startswith("$") else ""
    matches = [_QUANTITY.match(match[end].removeprefix("$")) for end in ("low", "high")]
    if None in matches:
        return None
    first, last = (_written("", usd, end["number"], match["word"] or "") for end in matches if end is not None)
    return f"{first} – {last}" if first and last else None


def _written(sign: str, usd: str, number: str, word: str) -> str | None:
    large, _, rest = word.partition(" ")
    if large in _LARGE:
        if " " in rest and rest not in _UNITS:
            return None  # "1 billion messages a day" is a sentence of its own
        number = _in_myriads(
            float(number.replace(",", "")) * _LARGE[large], len(number.replace(",", "").replace(".", ""))
        )
        unit = _unit(rest)
    elif _unit(word) != word or (usd and not word):
        unit = _unit(word)
    else:
        return None
    money = "美元" if usd else ""
    apart = "" if number.endswith(("万", "亿")) and (money or unit.split("/")[0] in _UNITS.values()) else " "
    return f"{sign}{number}{apart if money or unit else ''}{money}{unit}"


def _unit(word: str) -> str:
    """A unit in Chinese, also each side of a ratio: ``Wh/request`` is ``Wh/次请求``; symbols stay."""
    return _UNITS.get(word) or "/".join(_UNITS.get(side, side) for side in word.split("/"))


def _in_myriads(value: float, digits: int) -> str:
    """A large number in 万, 亿 or 万亿, with as many figures as it had."""
    size, name = next((s, n) for s, n in ((1e12, "万亿"), (1e8, "亿"), (1e4, "万"), (1.0, "")) if value >= s)
    shown = f"{value / size:.{max(digits, 1)}g}"
    shown = f"{float(shown):,.10g}" if "e" in shown or "." not in shown else shown
    return f"{shown} {name}".strip()
