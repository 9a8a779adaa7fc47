"""How long a year of a site takes: one configuration, and a thousand draws; time and memory.

python benchmarks/site.py [DRAWS]
"""

from __future__ import annotations

import os
import resource
import sys
import time

import numpy as np

from wattline import catalog
from wattline.catalog.draws import Draws
from wattline.line.site import hall
from wattline.line.site.climate import made_year
from wattline.line.site.cooling.kinds import KINDS
from wattline.line.site.places import find_place
from wattline.line.site.power_chain import load_ups
from wattline.line.site.year import HallDesign, year

# kinds of hall, other than a large one, that kinds of cooling are usually built in
HALLS = {"dx": "small", "water-chiller": "midsize", "air-chiller": "midsize"}


def timed(kind: str, draws: int) -> tuple[float, float]:
    """Wall and processor seconds of a year with an hourly profile, ranges by hour in it."""
    d = Draws(draws)
    p = hall.parameters(HALLS.get(kind, "large"), d)
    setup = HallDesign(KINDS[kind], p, load_ups(None, p, d))
    weather = made_year(find_place("Ashburn, Virginia", catalog.default()), catalog.default())
    it = 0.7 + 0.2 * np.sin(np.arange(8760) * 2 * np.pi / 24)
    wall, cpu = time.perf_counter(), time.process_time()
    year(setup, weather, it).pue_by_hour()
    return time.perf_counter() - wall, time.process_time() - cpu


def main() -> None:
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(f"{os.cpu_count()} cores; a year of 8,760 hours, hourly profile")
    timed("dx", 0)
    print(f"{'cooling':22} {'one':>9} {f'{draws:,} draws':>14} {'processor':>10}")
    for kind in KINDS:
        single, many = timed(kind, 0), timed(kind, draws)
        print(f"{kind:22} {single[0] * 1e3:6.0f} ms {many[0]:12.2f} s {many[1]:8.2f} s")
    print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
