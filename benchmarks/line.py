"""How fast the line starts and runs: `wattline --help`, and `wattline run` with 10,000 draws, each as its own process.

    .venv/bin/python benchmarks/line.py

Prints the best of five, beside `python -c pass` on the same machine, and the peak memory.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
WATTLINE = str(Path(sys.executable).with_name("wattline"))


def best_of(command: list[str], times: int = 5) -> float:
    """Seconds of the fastest of so many runs."""
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    base = best_of([sys.executable, "-c", "pass"])
    print(f"{'python -c pass':<44} {base:6.3f} s")
    with tempfile.TemporaryDirectory() as out:
        article = [WATTLINE, "run", str(HERE / "examples/article.toml"), "--out", out]
        for name, command in {
            "wattline --help": [WATTLINE, "--help"],
            "wattline run examples/article.toml": article,
            "the same with --draws 10000": [*article, "--draws", "10000"],
        }.items():
            seconds = best_of(command)
            print(f"{name:<44} {seconds:6.3f} s  {seconds / base:5.1f} times python's own start")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"peak memory of the largest: {peak:.0f} MiB")


if __name__ == "__main__":
    main()
