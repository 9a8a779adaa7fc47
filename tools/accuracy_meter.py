"""Tables of docs/accuracy on measurements: MLPerf's recordings, and GPUs' own sensors beside a meter."""

from __future__ import annotations

from typing import Any

from accuracy_results import MLPERF, SENSORS, results


def recordings() -> str | None:
    """Energy of MLPerf's recordings beside the published total."""
    if not MLPERF.exists():
        return None
    names = {
        "gpt3_64x8xH100/run_2": ("GPT-3, 512 H100, 64 node meters", "415.22 kWh"),
        "ssd_8x8xH100": ("SSD, 64 H100; five of eight meters fell to zero for 77 s", ""),
        "llama2_70b_lora_1x8xH100": ("Llama-2-70B LoRA, 8 H100, eight gaps of 9 to 20 s", ""),
    }
    lines = ["| recording | energy | range | published |", "|---|---|---|---|"]
    for folder, (name, published) in names.items():
        data = results("meter", "report", str(MLPERF / folder))
        energy, low, high = _energy(data)
        lines.append(f"| {name} | {energy:,.4g} kWh | {low:,.4g} to {high:,.4g} kWh | {published or '–'} |")
    return "\n".join(lines)


def _energy(data: dict[str, Any]) -> tuple[float, float, float]:
    energy = data["energy_wh"]
    if isinstance(energy, dict):
        return energy["value"] / 1e3, energy["low"] / 1e3, energy["high"] / 1e3
    return energy / 1e3, data["energy_low_wh"] / 1e3, data["energy_high_wh"] / 1e3


def sensor_windows() -> tuple[list[float], int]:
    """Absolute errors of all windows of all recordings that have a meter, as corrected, and how many lie inside."""
    windows = [
        window
        for recording in results("validate", "sensors", str(SENSORS))["recordings"]
        for field in recording["fields"].values()
        for window in field["windows"]
    ]
    return [abs(window["corrected_error_percent"]) / 100 for window in windows], sum(
        window["in_range"] for window in windows
    )
