"""What the names of numbers in the JSON say of their units; a test holds every number of every type to it."""

from __future__ import annotations

# the end of a name -> its unit
UNITS = {
    "wh": "watt-hours",
    "j": "joules",
    "mj": "megajoules",
    "joules": "joules",
    "w": "watts",
    "watts": "watts",
    "s": "seconds",
    "h": "hours",
    "hours": "hours",
    "days": "days",
    "kg": "kilograms",
    "g": "grams",
    "l": "litres",
    "usd": "US dollars, whatever the currency of the user's settings",
    "hz": "hertz",
    "c": "degrees Celsius",
    "m": "metres",
    "pa": "pascals",
    "bytes": "bytes",
    "bits": "bits of a stored weight",
    "tokens": "tokens",
    "params": "parameters",
    "flops": "FLOP, floating-point operations",
    "percent": "percent",
    "share": "a share of 1",
}
# after a unit, or alone: the end of a name -> what it is for each of
PER = {
    "per_s": "per second",
    "per_h": "per hour",
    "per_year": "per year",
    "per_kwh": "per kWh",
    "per_kg": "per kilogram",
    "per_request": "per request",
    "per_query": "per query",
    "per_sample": "per sample",
    "per_token": "per token",
    "per_output_token": "per token of an answer",
}
# numbers without a unit in their names: what they are -> their names
PLAIN = {
    "counts": (
        "accelerators", "batch", "cells", "chips", "count", "counts", "devices", "draws", "faults", "gpus",
        "in_window", "installed", "jobs", "layers", "left_out_by_bound", "least", "logs", "max_num_seqs",
        "mean_batch", "mean_ready", "most", "most_ready", "n", "needed", "preemptions", "prefill_gpus",
        "prefill_replicas", "readings", "ready", "rejected", "replicas", "requests", "requests_served",
        "results_of_other_searches", "rows", "running", "same_instant", "scale_from", "scale_target", "setups",
        "simulations", "simulations_run_now", "starting", "starts", "steps", "stops", "total", "worse",
    ),
    "ratios": (
        "active", "correlation", "dispersion_1s", "dispersion_60s", "error", "gap_cv", "load_factor", "mean_depth",
        "mfu", "peak_pue", "prefix_cache", "probability", "pue", "pue_at_full_load", "pue_by_month", "pue_highest",
        "rank_correlation", "ratio", "saving_foresight", "saving_known", "server_fans", "strain", "tue",
        "utilisation",
    ),
    "in the unit of the object or of the measure that holds them": (
        "computed", "high", "highest", "low", "lowest", "mean", "mean_absolute_error", "mean_as_meant", "mean_error",
        "mean_foresight", "mean_known", "measured", "p5", "p50", "p90", "p95", "p99", "predicted", "published",
        "stated", "value",
    ),
    "hours": ("hours_by_mode", "hours_too_warm"),
    "numbers of lines, years and codes": ("line", "lines", "seed", "status", "year"),
    "degrees north and east": ("latitude", "longitude"),
    "0 to 100": ("percentile",),
    "a count, or whether it is so": ("inside",),
}  # fmt: skip


def unit_of(name: str) -> str | None:
    """What the name of a number says of its unit, in words; None where it says nothing."""
    plain = next((what for what, names in PLAIN.items() if name in names), None)
    if plain is not None:
        return plain
    end = next((end for end in PER if name == end or name.endswith(f"_{end}")), "")
    unit = name.removesuffix(end).rstrip("_").rpartition("_")[2]
    if unit not in UNITS:
        return PER.get(end) or None
    return f"{UNITS[unit]} {PER[end]}" if end else UNITS[unit]
