"""A chip and its server as the catalog knows them, drawn: each attribute a scalar or an array of draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline import catalog
from wattline.catalog import Record
from wattline.draws import Draws
from wattline.errors import WattlineError
from wattline.fact import Array

# the formats a chip may compute in, in the order in which one stands in for another that it lacks
FALLBACK = {
    "fp4": ("fp4_flops", "fp8_flops", "fp16_flops", "fp32_flops"),
    "fp8": ("fp8_flops", "fp16_flops", "fp32_flops"),
    "int8": ("int8_flops", "fp16_flops", "fp32_flops"),
    "fp16": ("fp16_flops", "fp32_flops"),
    "tf32": ("tf32_flops", "fp32_flops", "fp16_flops"),
    "fp32": ("fp32_flops", "tf32_flops", "fp16_flops"),
}
# what a weight format is computed in: 4-bit weights with 16-bit activations (MXFP4, INT4) compute in 16 bits
COMPUTE = {
    "bf16": "fp16",
    "fp16": "fp16",
    "fp8": "fp8",
    "int8": "int8",
    "nvfp4": "fp4",
    "mxfp4": "fp16",
    "int4": "fp16",
    "fp32": "fp32",
    "tf32": "tf32",
}


@dataclass(frozen=True, eq=False)
class Chip:
    """One kind of chip in its usual server; powers in watts per chip."""

    record: Record
    server: Record
    memory_bytes: float
    bandwidth_bytes_per_s: Array
    link_bytes_per_s: Array
    tdp_w: Array
    idle_w: Array
    host_w: Array
    host_idle_w: Array
    network_w: Array
    node_chips: int
    link_domain_chips: int  # how many reach each other over their own links
    beyond_bytes_per_s: Array  # to chips outside of them

    def link_among(self, chips: int) -> Array:
        """Bytes per second, one direction, of a chip that works with ``chips`` in all."""
        return self.link_bytes_per_s if chips <= self.link_domain_chips else self.beyond_bytes_per_s

    @property
    def generation(self) -> str:
        return str(self.record.meta.get("generation", self.record.name))

    def peak(self, precision: str) -> str:
        """The attribute with the dense peak FLOP/s that this weight format computes at."""
        for attribute in FALLBACK[COMPUTE[precision]]:
            if attribute in self.record.facts:
                return attribute
        raise WattlineError(f"chip {self.record.name} has no peak FLOP/s in the catalog for {precision}")

    def peak_flops(self, precision: str) -> float:
        return self.record[self.peak(precision)].value


def load_chip(name: str, draws: Draws) -> Chip:
    """The chip by name or alias, with its default server, drawn."""
    record = catalog.find("chip", name)
    server = catalog.find("server", record.meta["server"])
    node = int(server["chips_per_node"].value)
    host = draws(server["host_w"]) / node
    idle = draws(server["host_idle_w"]) / node if "host_idle_w" in server.facts else host * draws("fit.host-idle-share")
    link = record.facts.get("link_bandwidth_bytes_per_s")
    return Chip(
        record=record,
        server=server,
        memory_bytes=record["memory_bytes"].value,
        bandwidth_bytes_per_s=draws(record["memory_bandwidth_bytes_per_s"]),
        # a chip without links of its own talks over its host's PCIe
        link_bytes_per_s=draws(link) if link else draws("fit.pcie-bandwidth"),
        # power is reckoned as a fraction of the nameplate; its own range is that of the fraction
        tdp_w=np.asarray(record["tdp_w"].value),
        idle_w=draws(record["idle_w"]),
        host_w=host,
        host_idle_w=idle,
        network_w=draws(server["network_w_per_chip"])
        if "network_w_per_chip" in server.facts
        else draws("fit.no-network"),
        node_chips=node,
        link_domain_chips=int(server.get("link_domain_chips", node)),
        beyond_bytes_per_s=draws("fit.network-bandwidth"),
    )
