"""A made fleet: how fast readings come in, and what sums of them take, as the fleet grows.

    python benchmarks/fleet.py --readings 1e9 --folder /tmp/fleet

Readings are those of 1,000 H100 at 1 s, in files of two hours, which are made one at a time; the folder is taken away
at the end unless ``--keep`` is given.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl

DEVICES, BEGIN, FILE_S = 1000, 1_772_323_200, 7200


def made(folder: Path, number: int, seconds: int) -> Path:
    """A file of so many seconds of all devices, in order of time: levels that change, noise of some watts."""
    rng = np.random.default_rng(number)
    levels = rng.choice([75.0, 310.0, 520.0, 655.0], (DEVICES, -(-seconds // 600)), p=[0.2, 0.2, 0.3, 0.3])
    watts = np.repeat(levels, 600, axis=1)[:, :seconds].T + rng.integers(-8, 9, (seconds, DEVICES))
    begin = BEGIN + number * FILE_S
    names = pl.Series([f"node{i // 8:04d}/gpu{i % 8}" for i in range(DEVICES)], dtype=pl.Categorical)
    frame = pl.DataFrame(
        {"time": np.repeat(begin + np.arange(seconds), DEVICES), "power_w": watts.ravel().astype(np.float32)}
    )
    frame = frame.with_columns(
        device=pl.Series(np.tile(np.arange(DEVICES, dtype=np.uint32), seconds)).replace_strict(
            range(DEVICES), names.cast(pl.String)
        ),
        name=pl.lit("NVIDIA H100 80GB HBM3"),
    )
    path = folder / f"readings-{number:04d}.parquet"
    frame.write_parquet(path, compression="zstd", compression_level=1)
    return path


def jobs(path: Path, seconds: int) -> int:
    """Jobs on whole nodes, of 20 minutes to a day, by 40 users; returns how many."""
    rng, count = np.random.default_rng(7), 0
    with path.open("w") as file:
        file.write("name,begin,end,gpus,host,user,model\n")
        for node in range(DEVICES // 8):
            at = 0.0
            while at < seconds:
                length = float(rng.exponential(4 * 3600)) + 1200
                user, model = rng.integers(40), rng.integers(6)
                file.write(f"j{count},{BEGIN + at:.1f},{BEGIN + at + length:.1f},0-7,node{node:04d},u{user},m{model}\n")
                at, count = at + length + float(rng.choice([0, 0, 900])), count + 1
    return count


def timed(*words: str) -> tuple[float, float, dict[str, object]]:
    """Seconds, peak memory (GB) of a command with its processes, and its answer."""
    code = (
        "import resource, sys; from wattline.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as stop: status = stop.code\n"
        "peaks = [resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]\n"
        "print(max(peaks) / 1e6, file=sys.stderr); sys.exit(status)"
    )
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, *words, "--json"], capture_output=True, text=True, check=True)
    return time.monotonic() - begin, float(done.stderr.strip().splitlines()[-1]), json.loads(done.stdout)["results"]


def size_gb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e9


def measure(readings: float, folder: Path) -> None:
    """One size of fleet: take it in, then sum it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seconds = int(readings / DEVICES)
    files = [made(folder, i, min(FILE_S, seconds - i * FILE_S)) for i in range(-(-seconds // FILE_S))]
    count = jobs(folder / "jobs.csv", seconds)
    print(f"{readings:.0e} readings, {len(files)} files, {size_gb(folder):.2f} GB, {count} jobs", flush=True)
    took, peak, results = timed("fleet", "ingest", *map(str, files), "--out", str(folder / "fleet"))
    print(f"  ingest: {took:.0f} s, {readings / took:,.0f} readings/s, {peak:.2f} GB a process; {results}", flush=True)
    print(
        f"  on disk: {size_gb(folder / 'fleet'):.2f} GB, joules {size_gb(folder / 'fleet/energy'):.3f} GB", flush=True
    )
    for words in (["--by", "job,hour"], ["--by", "user"], ["--by", "hour", "--idle-waste", "--caps"]):
        took, peak, results = timed(
            "fleet", "report", str(folder / "fleet"), "--jobs", str(folder / "jobs.csv"), *words
        )
        rows = results["rows"]
        assert isinstance(rows, list)
        print(f"  {' '.join(words)}: {took:.1f} s, {peak:.2f} GB, {len(rows):,} rows", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readings", type=float, nargs="+", default=[1e7, 1e8])
    parser.add_argument("--folder", type=Path, default=Path("/tmp/wattline-fleet"))
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    for readings in options.readings:
        measure(readings, options.folder)
        if not options.keep:
            shutil.rmtree(options.folder, ignore_errors=True)
    print(f"peak of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
