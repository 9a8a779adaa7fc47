"""A table of training runs for the tests that read and score it."""

from __future__ import annotations

from wattline.validate.evidence.training_runs import (
    COLUMNS,
)

EMPTY = dict.fromkeys(COLUMNS, "")


ROWS: list[dict[str, str]] = [
    {
        "model": "GPT-3",
        "params_B": "175",
        "tokens_B": "300",
        "hardware": "V100",
        "chips": "10000(assumed)",
        "chip_hours": "3552000",
        "energy_MWh": "1287",
        "PUE": "1.10",
        "power_basis": "measured system",
        "circular": "partly",
    },
    {
        "model": "PaLM-540B",
        "tokens_B": "780",
        "hardware": "TPUv4",
        "chips": "6144+3072",
        "chip_hours": "8404992",
        "energy_MWh": "3436(derived)",
        "PUE": "1.08",
        "power_basis": "measured system",
        "circular": "no",
    },
    {
        "model": "Falcon-180B",
        "tokens_B": "3500",
        "hardware": "A100-40",
        "chips": "4096",
        "chip_hours": "7000000(approx)",
    },
    {
        "model": "Llama3-8B",
        "tokens_B": "15000+",
        "hardware": "H100",
        "chip_hours": "1,300,000",
        "energy_MWh": "910",
        "power_basis": "TDP",
        "circular": "yes",
    },
    {
        "model": "MLPerf4.0 GPT3-175B SMC",
        "tokens_B": "1.208",
        "hardware": "H100",
        "chips": "512",
        "chip_hours": "485.2",
        "energy_MWh": "0.4152 AC / 0.4087 DC",
        "power_basis": "node meter 2s",
        "circular": "no",
    },
    {"model": "Zorp-9B", "params_B": "9", "tokens_B": "900", "hardware": "A100-80 (cloud)", "chip_hours": "100000"},
    {"model": "Zorp-10B", "tokens_B": "900", "hardware": "A100-80", "chip_hours": "1e5"},
    {"model": "Llama2-7B", "tokens_B": "2000", "hardware": "abacus", "chip_hours": "184320"},
    {"model": "", "hardware": "", "chip_hours": "n/a"},
]


def csv_of(rows: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS, end: str = "\n") -> str:
    cells = [[f'"{(EMPTY | row).get(name, "")}"' for name in columns] for row in rows]
    return end.join(",".join(line) for line in [list(columns), *cells]) + end
