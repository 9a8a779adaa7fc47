"""List the facts that no source was opened for, those first that change answers most.

python tools/facts_left.py            # how many of each kind and attribute
python tools/facts_left.py chip       # each fact of a kind, with its value and the document it names
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator

from wattline.catalog import Catalog
from wattline.catalog.record import KINDS
from wattline.core.fact import Fact

UNOPENED = ("from memory", "second hand")
# attributes on which an answer hangs almost in proportion, in this order; then the others
FIRST = (
    "tdp_w", "memory_bytes", "memory_bandwidth_bytes_per_s", "fp16_flops", "fp8_flops", "carbon_g_per_kwh",
    "carbon_lifecycle_g_per_kwh", "list_price_usd_per_hour", "industrial_price_usd_per_kwh", "total_params",
    "active_params", "layers", "hidden", "kv_heads", "head_dim",
)  # fmt: skip


def left(catalog: Catalog) -> Iterator[tuple[str, str, Fact]]:
    """Facts that are from memory or second hand, as kind, attribute and fact."""
    for kind in KINDS:
        for record in catalog.records(kind).values():
            for name, fact in record.facts.items():
                if fact.basis in UNOPENED:
                    yield kind, name, fact


def _weight(name: str) -> int:
    return FIRST.index(name) if name in FIRST else len(FIRST)


def main(kind: str = "") -> None:
    """Print the facts of a kind, or how many there are of each."""
    rows = list(left(Catalog()))
    if kind:
        chosen = sorted((row for row in rows if row[0] == kind), key=lambda row: (_weight(row[1]), row[2].key))
        for _, _, fact in chosen:
            print(f"{fact.key} = {fact.value:g} {fact.unit}  [{fact.low:g}-{fact.high:g}]  {fact.basis}: {fact.source}")
        print(f"{len(chosen)} facts")
        return
    counts = Counter((kind, name, fact.basis) for kind, name, fact in rows)
    for (of, name, basis), count in sorted(counts.items(), key=lambda item: (_weight(item[0][1]), -item[1])):
        print(f"{count:6}  {of}.*.{name}  {basis}")
    print(f"{len(rows)} facts")


if __name__ == "__main__":
    main(*sys.argv[1:2])
