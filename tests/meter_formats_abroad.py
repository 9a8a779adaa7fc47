"""The same recording as tables of other languages, spreadsheets, drawings, databases and encodings hold it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl

from meter_truth import Truth, lines, rows
from wattline.meter.device import Device
from wattline.meter.export.prometheus import openmetrics
from wattline.meter.recording import Recording, Series
from wattline.meter.sensor import Spec

Writer = Callable[[Path, Truth], Path]
# header, form of the date, unit, sign between cells, encoding
HEADERS = {
    "German": ("Zeit;Leistung (W)", "%d.%m.%Y %H:%M:%S", 1.0, "utf-8"),
    "German, kilowatts": ("Zeitstempel;Wirkleistung [kW];Spannung [V]", "%d.%m.%Y %H:%M:%S", 1e-3, "cp1252"),
    "French": ("Horodatage;Puissance active (W)", "%d/%m/%Y %H:%M:%S", 1.0, "utf-8"),
    "Spanish": ("Fecha y hora;Potencia (W)", "%d/%m/%Y %H:%M:%S", 1.0, "utf-8"),
    "Portuguese": ("Data e hora;Potência (W)", "%d/%m/%Y %H:%M:%S", 1.0, "cp1252"),
    "Italian": ("Data/ora;Potenza attiva (kW)", "%d/%m/%Y %H:%M:%S", 1e-3, "utf-8"),
    "Dutch": ("Tijdstip;Vermogen (W)", "%Y-%m-%d %H:%M:%S", 1.0, "utf-8"),
    "Polish": ("Czas;Moc (W)", "%Y-%m-%d %H:%M:%S", 1.0, "utf-8"),
    "Russian": ("Время;Мощность (Вт)", "%d.%m.%Y %H:%M:%S", 1.0, "cp1251"),
    "Chinese": ("采集时间;有功功率（kW）;电压（V）", "%Y-%m-%d %H:%M:%S", 1e-3, "gb18030"),
    "Chinese dates": ("时间;功耗（瓦）", "%Y年%m月%d日 %H:%M:%S", 1.0, "utf-8"),
    "Japanese": ("日時;消費電力(W)", "%Y/%m/%d %H:%M:%S", 1.0, "shift_jis"),
    "Korean": ("시간;소비전력(W)", "%Y-%m-%d %H:%M:%S", 1.0, "euc_kr"),
}
COUNTERS = {
    "German meter": ("Zeit;Zählerstand (kWh)", 1 / 3.6e6),
    "French meter": ("Date et heure;Énergie cumulée (Wh)", 1 / 3600),
    "Chinese meter": ("时间;累计电量(千瓦时)", 1 / 3.6e6),
    "Japanese meter": ("日時;積算電力量(Wh)", 1 / 3600),
}


def abroad(path: Path, truth: Truth, name: str) -> Path:
    header, form, scale, encoding = HEADERS[name]
    more = ["230,1"] if header.count(";") > 1 else []
    body = [
        ";".join([at, f"{w * scale:.8f}".replace(".", ","), *more])
        for at, w in zip(truth.at(form), truth.power_w, strict=True)
    ]
    path.write_bytes(("\r\n".join([header, *body]) + "\r\n").encode(encoding))
    return path


def meter(path: Path, truth: Truth, name: str) -> Path:
    header, scale = COUNTERS[name]
    cells = [f"{joules * scale:.9f}".replace(".", ",") for joules in truth.counter_j]
    return lines(path, [header, *(f"{at};{cell}" for at, cell in zip(truth.at(), cells, strict=True))])


def stamped(path: Path, truth: Truth, form: str) -> Path:
    return rows(path, "time,power_w", [[f'"{at}"', w] for at, w in zip(truth.at(form), truth.power_w, strict=True)])


def markdown(path: Path, truth: Truth) -> Path:
    body = [f"| {at} | {w} W |" for at, w in zip(truth.at(), truth.power_w, strict=True)]
    return lines(path, ["| Time | GPU power |", "|:---|---:|", *body])


def psql(path: Path, truth: Truth) -> Path:
    body = [f" {at} | {w:>12} " for at, w in zip(truth.at("%Y-%m-%d %H:%M:%S+00"), truth.power_w, strict=True)]
    head = ["          time          |   power_w    ", "------------------------+--------------"]
    return lines(path, [*head, *body, f"({len(body)} rows)"])


def sheet_days(path: Path, truth: Truth) -> Path:
    return rows(path, "Time,Power (W)", [
        [f"{t / 86400 + 25569:.10f}", w] for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def marked(path: Path, truth: Truth) -> Path:
    cells = [[at, str(w).replace(".", ",")] for at, w in zip(truth.at(), truth.power_w, strict=True)]
    return rows(path, "sep=;\ntime;power_w", cells, ";")


def smart_plug(path: Path, truth: Truth) -> Path:
    total = truth.counter_j
    return lines(path, [
        json.dumps({"Time": at, "ENERGY": {"Total": 12 + joules / 3.6e6, "Power": w, "Voltage": 230}})
        for at, w, joules in zip(truth.at("%Y-%m-%dT%H:%M:%S"), truth.power_w, total, strict=True)
    ])  # fmt: skip


def home_table(path: Path, truth: Truth) -> Path:
    """Home Assistant's history, as its page exports it: states of several sensors, without units."""
    return rows(path, "entity_id,state,last_changed", [
        [name, value, at]
        for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%S.000Z"), truth.power_w, strict=True)
        for name, value in (("sensor.rack_power", w), ("sensor.rack_temperature", 21.5))
    ])  # fmt: skip


def home_history(path: Path, truth: Truth) -> Path:
    """The same from its API, with units."""
    path.write_text(json.dumps([[
        {"entity_id": "sensor.rack_power", "state": f"{w / 1000}", "last_changed": at,
         "attributes": {"unit_of_measurement": "kW", "device_class": "power"}}
        for at, w in zip(truth.at("%Y-%m-%dT%H:%M:%S+00:00"), truth.power_w, strict=True)
    ]]))  # fmt: skip
    return path


def processes(path: Path, truth: Truth) -> Path:
    """PowerAPI: what a formula gives each process, beside the whole twice."""
    return rows(path, "timestamp,sensor,target,power", [
        [t * 1000, "s1", target, share * w]
        for t, w in zip(truth.time_s, truth.power_w, strict=True)
        for target, share in (("rapl", 1.0), ("global", 1.01), ("job", 0.6))
    ])  # fmt: skip


def wide(path: Path, truth: Truth) -> Path:
    parts = [[at, 0.25 * w, 0.75 * w] for at, w in zip(truth.at(), truth.power_w, strict=True)]
    return rows(path, "time,node01 (W),node02 (W)", parts)


def impact_tracker(path: Path, truth: Truth) -> Path:
    return lines(path, [
        json.dumps({"timestamp": t, "rapl_power_draw_absolute": 0.4 * w,
                    "rapl_estimated_attributable_power_draw": 0.2 * w, "nvidia_draw_absolute": 0.6 * w,
                    "nvidia_estimated_attributable_power_draw": 0.6 * w})
        for t, w in zip(truth.time_s, truth.power_w, strict=True)
    ])  # fmt: skip


def own_metrics(path: Path, truth: Truth) -> Path:
    series = Series(Device("n1", "gpu0", "gpu", "a card"), Spec("file"), pl.Series(truth.time_s).cast(float).to_numpy(),
                    None, pl.Series(truth.counter_j).to_numpy())  # fmt: skip
    path.write_text("".join(openmetrics(Recording([series]))))
    return path


def _of(write: Callable[[Path, Truth, str], Path], name: str) -> Writer:
    return lambda path, truth: write(path, truth, name)


ABROAD: dict[str, tuple[str, Writer]] = {
    **{f"table in {name}": ("a.csv", _of(abroad, name)) for name in HEADERS},
    **{name: ("a.csv", _of(meter, name)) for name in COUNTERS},
    "dates of mails": ("a.csv", _of(stamped, "%a, %d %b %Y %H:%M:%S +0000")),
    "dates of web logs": ("a.csv", _of(stamped, "%d/%b/%Y:%H:%M:%S +0000")),
    "dates with months in letters": ("a.csv", _of(stamped, "%d-%b-%Y %H:%M:%S")),
    "Markdown": ("a.md", markdown),
    "psql": ("a.txt", psql),
    "a spreadsheet's days": ("a.csv", sheet_days),
    "a spreadsheet's first line": ("a.csv", marked),
    "Tasmota": ("a.jsonl", smart_plug),
    "Home Assistant's table": ("a.csv", home_table),
    "Home Assistant's history": ("a.json", home_history),
    "PowerAPI": ("a.csv", processes),
    "a column a host": ("a.csv", wide),
    "experiment-impact-tracker": ("a.json", impact_tracker),
    "own OpenMetrics": ("a.prom", own_metrics),
}
