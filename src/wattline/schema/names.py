"""What the names of numbers in the JSON say of their units; a test holds every number of every type to it."""

from __future__ import annotations

# the end of a name -> its unit
UNITS = {
    "wh": "watt-hours",
    "mwh": "megawatt-hours",
    "twh": "terawatt-hours",
    "j": "joules",
    "mj": "megajoules",
    "joules": "joules",
    "w": "watts",
    "watts": "watts",
    "mw": "megawatts",
    "gw": "gigawatts",
    "s": "seconds",
    "h": "hours",
    "hours": "hours",
    "days": "days",
    "years": "years",
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
    "per_day": "per day",
    "per_kwh": "per kWh",
    "per_mwh": "per MWh",
    "per_kw": "per kW",
    "per_kg": "per kilogram",
    "per_request": "per request",
    "per_query": "per query",
    "per_sample": "per sample",
    "per_work": "per unit of work, which the answer names",
    "per_document": "per document",
    "per_pair": "per pair of question and document",
    "per_image": "per image",
    "per_million_tokens": "per million tokens",
    "per_hour_of_speech": "per hour of speech",
    "per_token": "per token",
    "per_output_token": "per token of an answer",
}
# numbers without a unit in their names: what they are -> their names
PLAIN = {
    "counts": (
        "last", "pictures", "samples", "batch_samples", "rollout_chips",
        "files_given", "files_known_before", "partitions", "readings_summed", "devices_without_idle_power", "intervals",
        "accelerators", "batch", "blocks", "calls", "cells", "chips", "count", "counts", "data_parallel", "devices",
        "draws", "faults", "figures", "forecasts", "fps", "frames", "gpus", "guidance", "height", "images", "in_window",
        "installed", "jobs", "layers", "least", "left_out_by_bound", "logs", "max_num_seqs", "mean_batch", "mean_ready",
        "most", "most_ready", "n", "needed", "passes", "pipeline", "preemptions", "prefill_gpus", "prefill_replicas",
        "readings", "ready", "rejected", "replicas", "requests", "requests_served", "results_of_other_searches",
        "ring", "rows", "running", "same_instant", "scale_from", "scale_target", "setups", "simulations",
        "simulations_run_now", "starting", "starts", "steps", "stops", "total", "ulysses", "width", "worse",
        "windows_in_range", "independent_figures", "look_windows", "prove_windows", "rounds", "rounds_above",
    ),
    "ratios": (
        "active", "ai", "annual", "availability", "capacity_errors", "cfe", "cfe_by_month_hour", "colocation",
        "correlation", "dispersion_1s", "dispersion_60s", "dual", "enterprise", "error", "gap", "gap_cv",
        "high_change", "hyperscale", "investment_credit", "load_factor", "low_change", "mean_depth", "means",
        "median_factor", "mfu", "our_median_factor", "output", "overhead", "padding", "p_value", "peak_pue",
        "prefix_cache",
        "probability", "pue", "pue_at_full_load", "pue_by_month", "pue_highest", "rank_correlation", "ratio",
        "saving_foresight",
        "saving_known", "server_fans", "servers", "share_of_electricity", "share_of_place", "storage", "strain",
        "tue", "utilisation", "year_miss",
    ),
    "in the unit of the object or of the measure that holds them": (
        "room_worth_per_mw_year", "saved_foresight", "saved_known",
        "bound", "built", "capacities", "carbon", "computed", "crps", "crps_with_naive", "demand", "earned", "high",
        "highest", "low", "lowest", "mean", "mean_absolute", "mean_absolute_error", "mean_as_meant", "mean_error",
        "mean_foresight", "mean_known", "measured", "naive_crps", "naive_error", "network", "p5", "p50", "p90", "p95",
        "p99", "predicted", "production_credit", "published", "range", "ranges", "relaxed", "root_mean_square",
        "stated", "value", "work", "true", "made_value", "mean_absolute_difference",
        "setting", "setting_before", "setting_best",
    ),
    "hours": ("hours_by_mode", "hours_too_warm"),
    "numbers of lines, years and codes": (
        "as_of", "from_year", "line", "line_numbers", "lines", "origin", "priority",
        "seed", "start", "status", "to_year", "year",
    ),
    "degrees north and east": ("latitude", "longitude"),
    "US dollars, or US dollars for each of what the object says": ("carbon_price", "cost"),
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
