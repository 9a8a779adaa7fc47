"""Words of columns' names: of times, of units of time, of what is not drawn, of units that are not read."""

from __future__ import annotations

import re

from wattline.meter.readers.languages import english

# names of columns of times, the likeliest first; a unit may follow
TIMES = (
    "time", "timestamp", "datetime", "date_time", "date", "time_stamp", "ts", "epoch", "unix_time", "unixtime",
    "unix_timestamp", "utc", "created_at", "sample_time", "local_time", "system_time", "wall_time", "walltime",
    "elapsed", "elapsed_time", "relative_time", "runtime", "uptime", "t", "seconds", "clock", "unix_ts", "unixts",
    "seconds_since_start", "time_since_start", "since_start", "rel_time", "unix", "epoch_time", "last_changed",
    "last_updated", "interval_end", "interval_start",
)  # fmt: skip
UNNAMED = ("", "unnamed_0")  # an index of pandas
TIME_UNITS = {"s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3,
              "millis": 1e-3, "milliseconds": 1e-3, "us": 1e-6, "µs": 1e-6, "usec": 1e-6, "microseconds": 1e-6,
              "ns": 1e-9, "nsec": 1e-9, "nanos": 1e-9, "nanoseconds": 1e-9, "min": 60.0, "minutes": 60.0, "h": 3600.0,
              "hours": 3600.0}  # fmt: skip
RELATIVE = ("elapsed", "elapsed_time", "relative_time", "runtime", "uptime", "t", "seconds", "seconds_since_start",
            "time_since_start", "since_start", "rel_time")  # fmt: skip
SETTINGS = frozenset({"mode", "model", "profile", "plan", "nvp", "preset"})  # may be called "15W", which is not drawn
STRANGE = frozenset({
    "btu", "btuh", "hp", "ps", "dbm", "dbw", "cal", "kcal", "va", "kva", "mva", "kvar", "mvar", "ev", "erg", "therm",
})  # fmt: skip
REPEATED = re.compile(r"(.+)_duplicated_\d+")  # as polars names them
POWER_CELL = r"^\s*-?[\d.,]+\s*(?:[kmuµM]?W|[kmM]?Wh|[kmM]?J)\s*$"  # a cell that names its unit itself
# of who used a board; the rows of each of them carry the board's watts, or those of its share
USERS = frozenset({"pod", "pod_name", "container", "container_name", "container_id", "namespace", "exported_pod",
                   "exported_container", "exported_namespace", "pod_namespace"})  # fmt: skip
NAMES = ("metric", "metric_name", "measurement", "name", "sensor", "sensor_name", "field", "_field", "_measurement",
         "parameter", "variable", "series", "counter", "quantity", "type", "domain", "label", "key",
         "entity_id", "metric_id")  # fmt: skip
VALUES = ("value", "_value", "val", "reading", "data", "sample", "state", "metric_value")
UNITS = ("unit", "units", "uom", "unit_of_measurement", "attributes_unit_of_measurement")


def bare_name(name: str) -> str:
    """``Power Draw [W]`` -> ``power_draw_w``, ``deviceId`` -> ``device_id``, ``Zeit`` -> ``time``."""
    if name.startswith("(PDH-CSV"):  # as Windows and ESXi call the times of their counters
        return "time"
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", english(name))
    return re.sub(r"[^a-z0-9µ]+", "_", parted.lower().replace("μ", "µ")).strip("_")
