"""Turns of phrase of claims in Chinese: numbers in characters, shares, growth, multiples, homes, spans of years."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

COUNTRIES = {
    "美国": "US", "中国": "China", "爱尔兰": "Ireland", "欧洲": "Europe", "欧盟": "EU", "德国": "Germany", "英国": "UK",
    "日本": "Japan", "法国": "France", "荷兰": "Netherlands", "丹麦": "Denmark", "瑞典": "Sweden", "挪威": "Norway",
    "西班牙": "Spain", "意大利": "Italy", "印度": "India", "韩国": "South Korea", "新加坡": "Singapore",
    "马来西亚": "Malaysia", "加拿大": "Canada", "澳大利亚": "Australia", "巴西": "Brazil", "俄罗斯": "Russia",
    "瑞士": "Switzerland", "芬兰": "Finland", "波兰": "Poland", "沙特阿拉伯": "Saudi Arabia", "沙特": "Saudi Arabia",
    "墨西哥": "Mexico", "印度尼西亚": "Indonesia", "印尼": "Indonesia", "泰国": "Thailand", "南非": "South Africa",
    "弗吉尼亚州": "Virginia", "得克萨斯州": "Texas", "德州": "Texas", "加利福尼亚州": "California",
    "加州": "California", "俄勒冈州": "Oregon", "佐治亚州": "Georgia state",
}  # fmt: skip
SCALES = {"万亿": 10**12, "千亿": 10**11, "百亿": 10**10, "十亿": 10**9, "百万": 10**6, "千万": 10**7, "十万": 10**5,
          "万": 10**4, "亿": 10**8, "": 1}  # fmt: skip
SCALE = "万亿|千亿|百亿|十亿|千万|百万|十万|万|亿"
_NATION = "|".join(sorted(COUNTRIES, key=len, reverse=True))
_DIGITS = {"零": 0, "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_CHAR = "零一两二三四五六七八九十百"
_NUMBER = r"\d[\d,]*(?:\.\d+)?"
# a number in characters is one before what it counts; 一 alone before a measure word is an article
_COUNTED = re.compile(
    rf"(?<![{_CHAR}\d.])(?:半|(?!一(?:次|张|块|个|片|枚|段|座|年|天|部|条|生|台))[{_CHAR}]+)(?=(?:{SCALE})?"
    r"(?:倍|年|个|次|秒|分钟|小时|辆|户|家|滴|毫升|升|吨|度|千瓦时|兆瓦时|太瓦时|瓦时|天|块|张|座|公里|美元|成))"
)
_USE = r"(?:总)?(?:年)?(?:用电总量|用电量|耗电量|电力消耗|电力需求|电力|用电|能耗|电量)"
_ABOUT = r"(?:约|大约|近|将近|接近)?\s*"


def numbers_in_digits(text: str) -> str:
    """A text with numbers in characters as digits: 三分之一 as 33.3%, 百分之十五 as 15%, 五辆 as 5辆, 半升 as 0.5升.

    Parameters
    ----------
    text : in Chinese

    Returns the text.
    """
    text = re.sub(
        rf"([{_CHAR}]+)分之([{_CHAR}]+)",
        lambda m: f"{100 * _number(m[2]) / (100 if m[1] == '百' else _number(m[1])):.6g}%",
        text,
    )
    return _COUNTED.sub(lambda m: "0.5" if m[0] == "半" else f"{_number(m[0]):g}", text)


def _number(text: str) -> float:
    """A whole number below a thousand in characters: 十五, 三十, 一百二十."""
    hundreds, mark, rest = text.rpartition("百")
    total = 100 * (_DIGITS.get(hundreds, 1)) if mark else 0
    tens, mark, units = rest.rpartition("十")
    return total + (10 * _DIGITS.get(tens, 1) if mark else 0) + sum(_DIGITS[sign] for sign in units[:1])


def _amount(number: str, scale: str | None) -> str:
    value = Decimal(number.replace(",", "")) * Decimal(SCALES[scale or ""])
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def _nation(match: re.Match[str]) -> str:
    return COUNTRIES[match["nation"]] if match["nation"] else ""


def _homes(match: re.Match[str]) -> str:
    number = _amount(match["number"], match["scale"])
    return f" {number} {_nation(match)} homes {'in a year' if match['year'] else ''} "


def _grown_by(match: re.Match[str]) -> str:
    """增长了两倍: as much again twice, three times what it was; 增长到两倍: twice."""
    number = Decimal(match["number"]) + (0 if match["to"] else 1)
    return f" grew to {number:f} times "


def _multiple(match: re.Match[str]) -> str:
    """是美国家庭平均用电量的1.7万倍: 17000 times as much as a US home."""
    what = {"谷歌搜索": "a Google search", "家庭": f"a {_nation(match)} home"}.get(match["what"] or "", _nation(match))
    return f" uses {_amount(match['number'], match['scale'])} times as much energy as {what} "


_RULES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"(\d{{4}})\s*年(?P<where>[^\d,]*?)数据中心(?:数量)?(?:只)?(?:有|为|是)?({_NUMBER})(?:个|座|家),?\s*(?:到)?"
                rf"(\d{{4}})\s*年(?:已)?(?:增加到|增长到|增至|达到|升至|为)({_NUMBER})(?:个|座|家)"),
     r" the number of data centres \2 rose from \3 in \1 to \5 in \4 "),
    (re.compile(rf"数据中心(?:数量)?(?:有|为|达到|达|超过)({_NUMBER})(?:个|座|家)"), r" has \1 data centres "),
    (re.compile(rf"有({_NUMBER})(?:多)?(?:个|座|家)数据中心"), r" has \1 data centres "),
    (re.compile(r"(?:从|自)\s*(\d{4})\s*年?\s*(?:到|至)\s*(\d{4})\s*年"), r" from \1 to \2 "),
    (re.compile(r"(\d{4})\s*年?\s*(?:到|至|[-–])\s*(\d{4})\s*年(?:间|期间)?"), r" from \1 to \2 "),
    (re.compile(r"(?:自|从)?\s*(\d{4})\s*年(?:以来|起)"), r" since \1 "),
    (re.compile(r"(?:在)?(?:过去|近|最近)(?:的)?\s*(\d+)\s*年(?:中|里|间|来)?"), r" over the past \1 years "),
    (re.compile(r"(?:在)?(?:未来|今后)(?:的)?\s*(\d+)\s*年(?:中|里|内)?"), r" over the next \1 years "),
    (re.compile(r"(?:增长|增加|翻)(?:了)?(?:一番|一倍)|翻番"), " double "),
    (re.compile(r"翻(?:了)?两番"), " quadruple "),
    (re.compile(r"(?:增长|增加)(?:了)?(?P<to>到|至)?(?:原来的|此前的)?(?P<number>\d+(?:\.\d+)?)倍"), _grown_by),
    (re.compile(r"(?:每年|年均|平均每年)(?:以)?(?:约)?(?:增长|增加|上升)(?:了)?(?:约|大约)?\s*(\d+(?:\.\d+)?)\s*%"),
     r" grows \1% a year "),
    (re.compile(r"年(?:均)?(?:增长率|增速|复合增长率)(?:为|达|达到|约)?\s*(\d+(?:\.\d+)?)\s*%"), r" grows \1% a year "),
    (re.compile(r"(?:将)(?:增长|增加|上升)(?:了)?(?:约|大约)?\s*(\d+(?:\.\d+)?)\s*%"), r" will grow by \1% "),
    (re.compile(r"(?:增长|增加|上升)(?:了)?(?:约|大约)?\s*(\d+(?:\.\d+)?)\s*%"), r" grew by \1% "),
    (re.compile(rf"(?:,)?(?:是|相当于)(?P<nation>{_NATION})?(?:一次)?(?P<what>谷歌搜索|家庭)?(?:平均|每天|全国)?(?:的)?"
                rf"(?:{_USE})?(?:的)?(?:大约|约|近|将近)?(?P<number>{_NUMBER})\s*(?P<scale>{SCALE})?倍"), _multiple),
    (re.compile(rf"(?P<number>{_NUMBER})\s*(?P<scale>{SCALE})?\s*(?:个|户|家)?(?P<nation>{_NATION})?(?:的)?(?:普通)?家庭"
                rf"(?:的)?(?P<year>一年|全年|年|每年)?(?:的)?(?:{_USE}|碳?排放(?:量)?)?"), _homes),
    (re.compile(rf"(?:一个|一户)?(?:普通)?(?P<nation>{_NATION})?(?:普通)?家庭(?:平均)?(?:年均|每年|一年|全年|年)"
                rf"(?:平均)?{_USE}"),
     lambda m: f" a {_nation(m)} home uses in a year "),
    (re.compile(r"(\d+)\s*辆汽车(?:整个|的)?(?:一生|终身|全生命周期|生命周期|寿命期?)(?:的)?(?:碳?排放(?:量)?)?"),
     r" \1 cars over their lifetimes "),
    (re.compile(r"(\d+)\s*辆汽车(?:一年|每年)?(?:的)?(?:碳?排放(?:量)?)?"), r" \1 cars in a year "),
    (re.compile(rf"({_NUMBER})\s*({SCALE})?\s*(?:个)?\s*([A-Z]+\d+\w*|[GT]PU)?\s*(GPU|TPU|芯片)?\s*"
                rf"(?:小时|卡时)"),
     lambda m: f" {_amount(m[1], m[2])} {m[3] or 'GPU'} {m[4] or ''} hours ".replace("芯片", "chip") if m[3] or m[4]
     else m[0]),
    (re.compile(rf"({_NUMBER})\s*({SCALE})?\s*(?:美元)"), lambda m: f" ${_amount(m[1], m[2])} "),
    (re.compile(rf"(\d+(?:\.\d+)?%)的(全球|世界)?数据中心(?:位于|设在|在)({_NATION})"),
     r" \1 of data centres are in \3 "),
    (re.compile(r"回答(?:一|1)个问题|回答每个问题"), " per query "),
    (re.compile(rf"每(?:问|向)?\s*([A-Za-z][\w-]*)?\s*(?:提)?\s*({_NUMBER})\s*(?:到|至|[-–])\s*({_NUMBER})\s*个问题"),
     r" \1 for every \2 to \3 questions "),
    (re.compile(rf"每(?:回答|处理|问)\s*({_NUMBER})\s*(?:到|至|[-–~])\s*({_NUMBER})\s*(?:个|次|条)(?:问题|查询|提问|提示|请求)"),
     r" for every \1 to \2 questions "),
    (re.compile(rf"每(?:回答|处理|问)?\s*({_NUMBER})\s*(?:个|次|条)(?:问题|查询|提问|提示|请求)"),
     r" for every \1 questions "),
    (re.compile(rf"({_NUMBER})\s*({SCALE})?\s*(?:块|张|片|枚|颗|个)\s*(?:英伟达)?([A-Z]+\d+\w*)\s*(GPU|芯片|显卡)?"),
     lambda m: f" {_amount(m[1], m[2])} {m[3]} GPUs "),
    (re.compile(rf"(?:年|每年|全年|一年)(?:总)?(?:用电量|耗电量|用电|耗电)(?=(?:将|会)*(?:达到|达|约|为|超过|超|不到)*\s*{_NUMBER})"),
     " uses a year "),
    (re.compile(rf",?\s*(?:并)?耗水(?:量)?(?:约|为|达|到)*\s*({_NUMBER}(?:{SCALE})?(?:毫升|立方米|吨|升|加仑))"),
     r" and uses \1水"),
    (re.compile(r"行业|产业|领域"), ""),
    (re.compile(rf"({_NUMBER})\s*滴水"), r" \1 drops of water "),
    (re.compile(r"(?:一段|一个|一条)?\s*(\d+)\s*秒(?:的|钟)?(?:AI)?视频"), r" a \1-second video "),
)  # fmt: skip
_BOUND = r"(?P<bound>不到|不足|低于|少于|不超过|超过|高于|至少)?\s*"
_BOUNDS = {"不到": "less than", "不足": "less than", "低于": "less than", "少于": "less than", "不超过": "less than",
           "超过": "more than", "高于": "more than", "至少": "at least", None: ""}  # fmt: skip
# 用电不到全球的2%
_OF_PLACE = re.compile(
    rf"(?:用电|用电量|耗电|耗电量)?{_BOUND}(全球|全世界|世界|{_NATION})(?:{_USE})?的(\d+(?:\.\d+)?)\s*%"
)
# what grows is a noun
_USE_GROWS = re.compile(
    r"(?:用电总量|用电量|耗电量|用电|耗电)(?=\s*(?:将)?\s*(?:grew|grows|will grow|double|quadruple))"
)
_SHARE = re.compile(
    rf"(?:占|消耗|占据)(?:到|了|据)?([\u4e00-\u9fffA-Za-z ]*?)(?:总|全部)?(?:{_USE})?的?{_ABOUT}{_BOUND}"
    r"(\d+(?:\.\d+)?)\s*%(?:\s*(?:到|至|[-–~])\s*(\d+(?:\.\d+)?)\s*%)?"
)
_OWN = re.compile(r"全国|我国|国内|全社会|该国|本国")


def turned_phrases(text: str) -> str:
    """A claim in Chinese with its turns of phrase in English; single words are left.

    Parameters
    ----------
    text : with signs and numbers as in English

    Returns the text, part Chinese.
    """
    text = re.sub(rf"({_NATION})全国", r"\1", text)
    whole = re.search(_NATION, text)
    text = _OWN.sub(whole[0] if whole else "中国", text)
    text = re.sub(rf"({_NATION})(?:全社会)?\1", r"\1", text)
    for words, english in _RULES:
        text = words.sub(english, text)
    text = _SHARE.sub(_share, _USE_GROWS.sub(" electricity use ", text))
    return _OF_PLACE.sub(lambda m: f" use {_BOUNDS[m['bound']]} {m[3]}% of {m[2]} electricity ", text)


def _share(match: re.Match[str]) -> str:
    ends = f"{match[3]}% to {match[4]}" if match[4] else match[3]
    return f" use {_BOUNDS[match['bound']]} {ends}% of {match[1]} electricity "
