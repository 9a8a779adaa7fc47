"""A chip and its server as the catalog knows them, drawn: each attribute a scalar or an array of draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from wattline.catalog import Catalog, Record
from wattline.catalog.cloud import find_instance
from wattline.catalog.draws import Draws
from wattline.catalog.record import plain_name
from wattline.core.errors import WattlineError
from wattline.core.fact import Array, Fact

# the formats a chip may compute in, in the order in which one stands in for another that it lacks
FALLBACK = {
    "fp4": ("fp4_flops", "fp8_flops", "fp16_flops", "fp32_flops"),
    "fp8": ("fp8_flops", "fp16_flops", "fp32_flops"),
    "int8": ("int8_flops", "fp16_flops", "fp32_flops"),
    "fp16": ("fp16_flops", "fp32_flops"),
    "tf32": ("tf32_flops", "fp32_flops", "fp16_flops"),
    "fp32": ("fp32_flops", "tf32_flops", "fp16_flops"),
}
BEYOND = "fit.network-bandwidth"
# what a weight format is computed in: 4-bit weights with 16-bit activations (MXFP4, INT4) compute in 16 bits
COMPUTE = {
    "bf16": "fp16",
    "fp16": "fp16",
    "fp8": "fp8",
    "int8": "int8",
    "nvfp4": "fp4",
    "mxfp4": "fp16",
    "int2": "fp16",
    "int3": "fp16",
    "int4": "fp16",
    "int5": "fp16",
    "int6": "fp16",
    "fp32": "fp32",
    "tf32": "tf32",
}


@dataclass(frozen=True, eq=False)
class Chip:
    """One kind of chip in its usual server; powers in watts per chip.

    What not every question needs (memory, peaks, links, idle hosts) is remembered by ``draws`` when it is asked for.
    """

    record: Record
    server: Record
    draws: Draws
    bandwidth_bytes_per_s: Array
    link_bytes_per_s: Array
    tdp_w: Array
    idle_w: Array
    host_w: Array
    network_w: Array
    node_chips: int
    beyond_bytes_per_s: Array  # to chips outside of the link domain
    instance: Record | None = None  # type of a cloud's instance that they are rented as
    cap_watts: float | None = None  # power limit that is set on it, below its TDP; None for none

    @property
    def rented_as(self) -> str:
        """The name that ``load_chip`` finds it by again: its instance's, or its own."""
        return self.record.name if self.instance is None else self.instance.name

    @property
    def catalog(self) -> Catalog:
        """The catalog that the chip was found in."""
        return self.draws.catalog

    @property
    def memory_bytes(self) -> float:
        return self._cited(self.record["memory_bytes"])

    @property
    def usable_memory(self) -> float:
        """The share of the memory that weights, caches and optimiser states may fill."""
        return self._cited(self.catalog.fact("fit.usable-memory"))

    @property
    def host_idle_w(self) -> Array:
        """The host's power per chip without work."""
        if "host_idle_w" in self.server.facts:
            return self.draws(self.server["host_idle_w"]) / self.node_chips
        return self.host_w * self.draws("fit.host-idle-share")

    @property
    def link_domain_chips(self) -> int:
        """How many chips reach each other over their own links; a node's where the catalog does not say."""
        known = self.server.facts.get("link_domain_chips")
        domain = self.node_chips if known is None else int(self._cited(known))
        # a part of a server shares no links with the rest of it; a rack's links join its instances
        return domain if domain > self.node_chips else min(domain, self.instance_chips or domain)

    @property
    def instance_chips(self) -> int:
        """Chips of the instance; 0 where there is none."""
        return 0 if self.instance is None else int(self._cited(self.instance["chips"]))

    def link_among(self, chips: int) -> Array:
        """Bytes per second, one direction, of a chip that works with ``chips`` in all."""
        if chips <= 1:
            return self.link_bytes_per_s
        inside = chips <= self.link_domain_chips
        self.draws.cite(_link(self.record, self.catalog) if inside else self._network())
        return self.link_bytes_per_s if inside else self.beyond_bytes_per_s

    def wired_share(self, members: ArrayLike) -> Array:
        """The share of a chip's links that lead to the members of a group of so many: all of them through a switch;
        where each chip has links of its own to each other chip of its node, those to the group's alone."""
        if self.record.meta.get("links") != "mesh":
            return np.ones(np.shape(members))
        return np.clip((np.asarray(members, float) - 1.0) / max(self.node_chips - 1, 1), 1e-9, 1.0)

    def cite_network(self) -> None:
        """Remember the fact that ``beyond_bytes_per_s`` is drawn from."""
        self.draws.cite(self._network())

    def _network(self) -> Fact:
        return _network(self.server if self.instance is None else self.instance, self.catalog)

    @property
    def silicon(self) -> Record | None:
        """The board that the same silicon was measured on, where the catalog names one."""
        same = self.record.meta.get("silicon")
        return None if same is None else self.catalog.find("chip", str(same))

    @property
    def vendor(self) -> str:
        """The maker, in lower case."""
        return str(self.record.meta.get("vendor", "")).lower()

    @property
    def generation(self) -> str:
        return str(self.record.meta.get("generation", self.record.name))

    def peak(self, precision: str) -> str:
        """The attribute with the dense peak FLOP/s that this weight format computes at. Raises WattlineError where the
        catalog has no peak for it."""
        for attribute in FALLBACK[COMPUTE[precision]]:
            if attribute in self.record.facts:
                return attribute
        raise WattlineError(f"chip {self.record.name} has no peak FLOP/s in the catalog for {precision}")

    def peak_flops(self, precision: str) -> float:
        return self._cited(self.record[self.peak(precision)])

    def _cited(self, fact: Fact) -> float:
        self.draws.cite(fact)
        return fact.value


def _link(record: Record, catalog: Catalog) -> Fact:
    """The chip's own links; one without any talks over its host's PCIe."""
    return record.facts.get("link_bandwidth_bytes_per_s") or catalog.fact("fit.pcie-bandwidth")


def _network(server: Record, catalog: Catalog) -> Fact:
    """The server's ports for each of its chips; the usual ones where the catalog does not say."""
    return server.facts.get("network_bandwidth_bytes_per_s") or catalog.fact(BEYOND)


def load_chip(name: str, draws: Draws) -> Chip:
    """The chip by name or alias, with its default server, drawn; or those of an instance type of a cloud.

    Parameters
    ----------
    name : of a chip, or of an instance type of a cloud, or an alias
    draws : of the facts' ranges; what rests on them has shape ``(n_draws,)``

    Returns
    -------
    The chip, its numbers of shape ``(n_draws,)``.

    Raises NotFound with the nearest chips, or the nearest instances where the name looks more like theirs.
    """
    catalog = draws.catalog
    record, server, instance = _named(name, catalog)
    node = int(server["chips_per_node"].value)
    draws.cite(record["tdp_w"], server["chips_per_node"])
    beyond = draws.peek(_network(server if instance is None else instance, catalog))
    return Chip(
        record=record,
        server=server,
        draws=draws,
        bandwidth_bytes_per_s=draws(record["memory_bandwidth_bytes_per_s"]),
        link_bytes_per_s=draws.peek(_link(record, catalog)),
        # power is reckoned as a fraction of the nameplate; its own range is that of the fraction
        tdp_w=np.asarray(record["tdp_w"].value),
        idle_w=draws(record["idle_w"]),
        host_w=draws(server["host_w"]) / node,
        network_w=draws(server["network_w_per_chip"])
        if "network_w_per_chip" in server.facts
        else draws("fit.no-network"),
        node_chips=node,
        beyond_bytes_per_s=beyond if instance is None else beyond / instance["chips"].value,
        instance=instance,
    )


def _named(name: str, catalog: Catalog) -> tuple[Record, Record, Record | None]:
    """The chip, its server, and the instance where the name is of one."""
    if plain_name(name) not in catalog.names("chip"):
        instance = find_instance(name, catalog)
        if instance is not None:
            return (
                catalog.find("chip", instance.meta["chip"]),
                catalog.find("server", instance.meta["server"]),
                instance,
            )
    record = catalog.find("chip", name)
    return record, catalog.find("server", record.meta["server"]), None
