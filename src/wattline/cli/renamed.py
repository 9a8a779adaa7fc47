"""Options that are gone, each with what stands in its place."""

from __future__ import annotations

_SEARCH = "`wattline frontier`"
_SAVING = (
    "traffic", "meter export", "validate inference", "calibrate training", "calibrate inference", "calibrate serving",
    "calibrate measured", "calibrate site",
)  # fmt: skip
RENAMED = {
    "serve": {
        "--frontier": _SEARCH,
        "--chips": f"--gpus for the chips of a replica, and --chip of {_SEARCH} for types to choose from",
        "--formats": f"--precision of {_SEARCH}",
        "--power-caps": f"--power-cap of {_SEARCH}",
        "--batch": f"--max-num-seqs of {_SEARCH}",
        "--batch-tokens": f"--max-num-batched-tokens of {_SEARCH}",
        "--pools": f"--pools of {_SEARCH}",
        "--load": "--out DIR, which gets load.parquet",
        "--report": "--out DIR, which gets report.html",
    },
    "frontier": {
        "--chips": "--chip",
        "--formats": "--precision",
        "--power-caps": "--power-cap",
        "--batch": "--max-num-seqs",
        "--batch-tokens": "--max-num-batched-tokens",
        "--load": "--out DIR, which gets load.parquet",
        "--report": "--out DIR, which gets report.html",
    },
    "prompt": {"--input-tokens": "--input", "--output-tokens": "--output"},
    "train": {"--batch": "--batch-tokens", "--lora": "--method lora", "--qlora": "--method qlora", "--gpus": "--chips"},
    "site": {"--profile": "--load FILE", "--hall": "--site"},
    "proxy": {"--chips": "--gpus", "--device": "--sensor", "--host": "--listen"},
    "catalog add-model": {"--source": "--document"},
    **{command: {"--out": "--save FILE"} for command in _SAVING},
}


def now_called(command: str, option: str | None) -> str | None:
    """One line for an option that is gone; None for any other. ``command``: as typed, such as ``wattline serve``.

    Parameters
    ----------
    command : as typed, such as "wattline serve"
    option : such as "--frontier"

    Returns
    -------
    The line.
    """
    name = command.removeprefix("wattline ")
    instead = RENAMED.get(name, {}).get(option or "")
    return None if instead is None else f"{name} {option} is now {instead}"
