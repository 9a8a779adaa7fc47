"""Headers in other languages: their words of time, power, energy and units, as the English ones that readers know.

The names that are shown, and that options take, stay as the file has them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# English, and how others say it: letters without accents, in small letters
LATIN = {
    "date time": "datum/uhrzeit, datum/zeit, datum und uhrzeit, date et heure, date/heure, date heure, "
    "fecha y hora, fecha/hora, data e hora, data/hora, data e ora, data/ora, data ora, "
    "datum en tijd, datum/tijd, data i czas, data/czas, datum och tid, dato og tid, tarih saat, "
    "tarih/saat",
    "timestamp": "zeitstempel, horodatage, marca de tiempo, marca temporal, carimbo de data, "
    "marcatura temporale, tijdstempel, tijdstip, tidsstampel, tidsstempel, aikaleima, "
    "znacznik czasu, zaman damgasi, messzeit, messzeitpunkt, zeitpunkt",
    "date": "datum, fecha, dato, paivays, tarih",
    "time": "zeit, uhrzeit, heure, hora, tiempo, ora, tempo, tijd, czas, godzina, tidpunkt, tidspunkt, "
    "aika, zaman, saat",
    "elapsed (s)": "temps (s), temps [s], temps ecoule (s)",
    "elapsed": "verstrichen, laufzeit, ecoule, transcurrido, trascorso, decorrido",
    "apparent power": "scheinleistung, puissance apparente, potencia aparente, potenza apparente, "
    "schijnbaar vermogen, moc pozorna, skenbar effekt",
    "reactive power": "blindleistung, puissance reactive, potencia reactiva, potencia reativa, potenza reattiva, "
    "blindvermogen, moc bierna, reaktiv effekt",
    "rated power": "nennleistung, anschlussleistung, puissance nominale, potencia nominal, potenza nominale, "
    "nominaal vermogen, moc znamionowa, maerkeffekt, markeffekt",
    "peak power": "spitzenleistung, puissance de crete, puissance maximale, potencia maxima, potencia pico, "
    "potenza massima, potenza di picco, piekvermogen, moc szczytowa, max. leistung, "
    "maximale leistung, hochstleistung",
    "min power": "minimale leistung, min. leistung, puissance minimale, potencia minima, potenza minima",
    "power limit": "leistungsgrenze, leistungslimit, leistungsbegrenzung, limite de puissance, limite de potencia, "
    "limite di potenza, vermogenslimiet",
    "power factor": "leistungsfaktor, facteur de puissance, factor de potencia, fator de potencia, "
    "fattore di potenza, arbeidsfactor, wspolczynnik mocy, effektfaktor",
    "average power": "mittlere leistung, durchschnittsleistung, durchschnittliche leistung, puissance moyenne, "
    "potencia media, potenza media, gemiddeld vermogen, moc srednia, medeleffekt",
    "total power": "gesamtleistung, leistung gesamt, puissance totale, potencia total, potenza totale, "
    "totaal vermogen, moc calkowita, total effekt",
    "power": "leistung, wirkleistung, leistungsaufnahme, aufgenommene leistung, puissance, puissance active, "
    "potencia, potencia activa, potencia ativa, potenza, potenza attiva, vermogen, actief vermogen, "
    "moc, moc czynna, effekt, aktiv effekt, teho, vykon, cinny vykon, teljesitmeny, guc, putere",
    "energy total": "zahlerstand, zaehlerstand, gesamtenergie, energie gesamt, energie totale, energie cumulee, "
    "compteur, index compteur, energia total, energia acumulada, energia totale, meterstand, "
    "totale energie, stan licznika, energia calkowita, matarstallning",
    "energy": "energie, energieverbrauch, stromverbrauch, wirkarbeit, wirkenergie, energie active, "
    "consommation electrique, energia, energia activa, energia attiva, energieverbruik, "
    "stroomverbruik, zuzycie energii, energi, energiforbrukning, energiankulutus, energija, enerji",
    "voltage": "spannung, tension, voltaje, tensione, spanning, napiecie, spanning",
    "current": "stromstarke, courant, corriente, corrente, stroom, prad",
    "total": "gesamt, summe, totaal, suma, somme, totale",
    "seconds": "sekunden, secondes, segundos, secondi, seconden, sekundy, sekunder",
}
# of scripts whose words stand without blanks: the longer ones are looked for first
OTHERS = {
    "timestamp": "时间戳 時間戳 タイムスタンプ 타임스탬프",
    "date time": "日期时间 日期時間 年月日時刻 日時 采集时间 採集時間 记录时间 記錄時間 采样时间 測定日時 "
    "測定時刻 計測日時 일시 дата и время дата/время",
    "date": "日期 日付 年月日 날짜 дата",
    "time": "时间 時間 时刻 時刻 시간 시각 время",
    "apparent power": "视在功率 視在功率 皮相電力 피상전력 полная мощность",
    "reactive power": "无功功率 無功功率 無効電力 무효전력 реактивная мощность",
    "rated power": "额定功率 額定功率 定格電力 정격전력 номинальная мощность",
    "power factor": "功率因数 功率因數 功率因素 力率 역률 коэффициент мощности",
    "power limit": "功率上限 功率限制 功耗上限 功耗限制 電力上限 電力制限 전력제한 предел мощности",
    "peak power": "峰值功率 最大功率 最大功耗 最大電力 ピーク電力 최대전력 максимальная мощность",
    "min power": "最小功率 最小功耗 最小電力 최소전력 минимальная мощность",
    "average power": "平均功率 平均功耗 平均電力 평균전력 средняя мощность",
    "total power": "总功率 總功率 总功耗 總功耗 合計電力 総電力 총전력 общая мощность",
    "power": "有功功率 实时功率 實時功率 瞬时功率 当前功率 功率 功耗 有効電力 消費電力 瞬時電力 電力 电力 "
    "소비전력 유효전력 전력 активная мощность потребляемая мощность мощность",
    "energy total": "累计电量 累計電量 累计电能 累計電能 累计能耗 累積電量 总电量 總電量 积算电量 積算電力量 "
    "累積電力量 積算電力 누적전력량 показания счётчика показания счетчика",
    "energy": "电能 電能 电量 電量 耗电量 耗電量 用电量 用電量 能耗 能量 消費電力量 電力量 エネルギー 전력량 "
    "사용량 에너지 энергия потребление энергии расход энергии",
    "voltage": "电压 電壓 電圧 전압 напряжение",
    "current": "电流 電流 전류 ток",
    "kWh": "千瓦时 千瓦時 キロワット時 킬로와트시 квт·ч квт*ч квтч",
    "Wh": "瓦时 瓦時 ワット時 와트시 вт·ч втч",
    "MW": "兆瓦 мвт",
    "kW": "千瓦 キロワット 킬로와트 квт",
    "mW": "毫瓦 ミリワット 밀리와트",
    "W": "瓦特 瓦 ワット 와트 вт",
    "J": "焦耳 焦 ジュール 줄 дж",
    "s": "秒 секунд",
}
# words of several parts among them
PHRASES = (
    *("дата и время", "полная мощность", "реактивная мощность", "номинальная мощность", "максимальная мощность"),
    *("минимальная мощность", "средняя мощность", "общая мощность", "активная мощность", "потребляемая мощность"),
    *("коэффициент мощности", "предел мощности", "показания счётчика", "показания счетчика"),
    *("потребление энергии", "расход энергии"),
)
ENCODINGS = ("gb18030", "shift_jis", "euc_kr", "cp1251", "cp1252")


def fold(text: str) -> str:
    """Small letters without accents, in one form of each sign."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in plain if not unicodedata.combining(sign)))


@lru_cache(maxsize=1)
def _known() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """English by each word, and the words of Latin letters and of other scripts, the longest first."""
    latin = {fold(word.strip()): english for english, words in LATIN.items() for word in words.split(",")}
    others: dict[str, str] = {}
    for english, words in OTHERS.items():
        rest = words
        for phrase in PHRASES:
            if phrase in rest:
                others[fold(phrase)] = english
                rest = rest.replace(phrase, " ")
        others |= {fold(word): english for word in rest.split()}

    def either(words: dict[str, str]) -> str:
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    return (
        latin | others,
        re.compile(rf"(?<![a-z])(?:{either(latin)})(?![a-z])"),
        # a word of a script with blanks is a whole one
        re.compile(rf"(?<![а-яё])(?:{either(others)})(?![а-яё])"),
    )


@lru_cache(maxsize=4096)
def english(name: str) -> str:
    """A column's name with the words that are known in other languages in English; any other name as it is.

    Parameters
    ----------
    name
        As the file has it.

    Returns
    -------
    The name by which its meaning is told. Signs of wide forms (``（瓦）``) become the usual ones where a word is known.
    """
    known, latin, others = _known()
    plain = fold(name)
    if not (latin.search(plain) or others.search(plain)):
        return name
    usual = unicodedata.normalize("NFKC", name)
    # accents go letter by letter, so that what is found in the folded text stands at the same place
    bare = "".join(
        unicodedata.normalize("NFKD", sign)[0] if sign.isalpha() and sign < "\u0250" else sign for sign in usual
    )
    if len(bare) != len(fold(bare)):
        bare = fold(bare)

    small = fold(bare)
    out, at = [], 0
    for match in sorted(
        (*latin.finditer(small), *others.finditer(small)), key=lambda each: (each.start(), -each.end())
    ):
        if match.start() < at:
            continue
        out += [bare[at : match.start()], f" {known[match[0]]} "]
        at = match.end()
    joined = re.sub(r"\s+", " ", "".join([*out, bare[at:]])).strip()
    return re.sub(r"([(\[]) | (?=[)\]])", r"\1", joined)


def encoding_of(data: bytes) -> str:
    """The encoding of the beginning of a file: UTF-8 where it is, else the one in which its header has known words."""
    whole = data[: data.rfind(b"\n") + 1] or data
    try:
        whole.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        pass
    head = whole.split(b"\n", 1)[0]
    _, latin, others = _known()
    for encoding in ENCODINGS:
        try:
            plain = fold(head.decode(encoding))
        except UnicodeDecodeError:
            continue
        if others.search(plain) or (encoding == "cp1252" and latin.search(plain)):
            return encoding
    return "utf-8"
