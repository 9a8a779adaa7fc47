"""The set-ups that a search goes through: sensible by model and catalog, or as the user lists them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from wattline.catalog import Catalog
from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, shorten
from wattline.core.quantity import number
from wattline.line.chip.device import Chip, load_chip
from wattline.line.engine.simulator.simulate import cache_limits
from wattline.line.work.inputs import check_precision
from wattline.line.work.model import Model
from wattline.predict.how_served import kept_by
from wattline.predict.rented import instance_named
from wattline.predict.setup import Setup, check_ranks

NODE = 8  # chips a replica takes at most by itself, where fewer hold the model
WIDER = 8  # times the fewest chips that hold the model
SEQUENCES = (64, 128, 256, 512)
STEP_TOKENS = (512, 2048, 8192)
CAPS = (0.85, 0.7, 0.55, 0.4)  # of TDP, beside none
SIXTEEN_BITS = ("bf16", "fp16")
MAX_SETUPS = 200_000
# fields of a set-up that a search varies, each by a list
SEARCHED = ("chip", "instance", "gpus", "precision", "power_cap", "max_num_seqs", "max_num_batched_tokens")
POOLS = {"both": (False, True), "together": (False,), "split": (True,)}


@dataclass(frozen=True)
class Candidate:
    """The fields of a set-up that a search varies; ``chip`` may be an instance type.

    ``prefill_replicas`` > 0: so many more replicas, of as many chips, read the prompts, and ``replicas`` only decode.
    """

    chip: str
    gpus: int
    precision: str
    max_num_seqs: int = 256
    max_num_batched_tokens: int = 8192
    power_cap_w: float | None = None
    replicas: int = 1
    prefill_replicas: int = 0

    def on(self, setup: Setup) -> Setup:
        """``setup`` with these fields."""
        return replace(
            setup,
            chip=self.chip,
            instance=None,
            gpus=self.gpus,
            precision=self.precision,
            max_num_seqs=self.max_num_seqs,
            max_num_batched_tokens=self.max_num_batched_tokens,
            power_cap=self.power_cap_w,
            replicas=self.replicas,
            prefill_replicas=self.prefill_replicas,
            prefill_gpus=self.gpus if self.prefill_replicas else None,
        )

    @property
    def chips(self) -> int:
        return (self.replicas + self.prefill_replicas) * self.gpus

    def item(self) -> dict[str, Any]:
        return asdict(self)

    def of(self, replicas: int, prefill_replicas: int | None = None) -> Candidate:
        """With so many replicas; those that read prompts stay as they are where not given.

        Parameters
        ----------
        replicas : how many
        prefill_replicas : how many that read prompts apart; None for as many as now

        Returns
        -------
        The same set-up otherwise.
        """
        readers = self.prefill_replicas if prefill_replicas is None else prefill_replicas
        return replace(self, replicas=replicas, prefill_replicas=readers)

    def bare(self) -> Candidate:
        """With one replica of each kind that it has: what stays the same whatever their number."""
        return self.of(1, min(self.prefill_replicas, 1))

    def label(self) -> str:
        """One line for people."""
        cap = "" if self.power_cap_w is None else f", {number(self.power_cap_w)} W"
        count = (
            f"({self.prefill_replicas} prefill + {self.replicas} decode)" if self.prefill_replicas else self.replicas
        )
        return (
            f"{count} × {self.gpus} × {self.chip} {self.precision}, "
            f"batch {self.max_num_seqs} / {self.max_num_batched_tokens:,}{cap}"
        )


@dataclass(frozen=True)
class Space:
    """What is searched: every combination. None: what is sensible for the model and chip."""

    chips: tuple[str, ...] | None = None
    formats: tuple[str, ...] | None = None
    gpus: tuple[int, ...] | None = None
    power_caps_w: tuple[float | None, ...] | None = None
    max_num_seqs: tuple[int, ...] | None = None
    max_num_batched_tokens: tuple[int, ...] | None = None
    pools: tuple[bool, ...] = (False, True)  # replicas that do both; pools for prefill and for decode

    def setups(self, model: Model, catalog: Catalog, setup: Setup = Setup()) -> Iterator[Candidate]:
        """All set-ups that hold the model, of one replica each.

        Parameters
        ----------
        model : the model, as it was read
        catalog : whose facts are taken
        setup : what all of them share

        Returns set-ups, one after the other. Raises WattlineError where a name is unknown.
        """
        for name in self.chips or measured_chips(catalog):
            chip = load_chip(name, Draws(0, catalog=catalog))
            caps = caps_of(chip) if self.power_caps_w is None else _within(self.power_caps_w, chip)
            for form in map(check_precision, self.formats or formats_of(model)):
                for gpus in self._gpus(model, chip, form, setup):
                    batches = product(caps, self.max_num_seqs or SEQUENCES, self.max_num_batched_tokens or STEP_TOKENS)
                    for cap, most, tokens in batches:
                        for readers in self._pools(tokens) if tokens >= most else ():
                            yield Candidate(chip.rented_as, gpus, form, most, tokens, cap, 1, readers)

    def _pools(self, tokens: int) -> list[int]:
        """Pools only with the longest steps: no decode waits for a prompt there."""
        longest = max(self.max_num_batched_tokens or STEP_TOKENS)
        return [int(split) for split in self.pools if not split or tokens == longest]

    def _gpus(self, model: Model, chip: Chip, form: str, setup: Setup) -> list[int]:
        wanted = self.gpus or tuple(2**i for i in range(13))
        counts = [gpus for gpus in sorted(set(wanted)) if _holds(model, chip, gpus, form, setup)]
        if self.gpus is not None or not counts:
            return counts
        return [gpus for gpus in counts if gpus == counts[0] or gpus <= min(counts[0] * WIDER, NODE)]


def all_setups(model: Model, space: Space, catalog: Catalog, setup: Setup = Setup()) -> list[Candidate]:
    """The space as a list.

    Parameters
    ----------
    model : the model, as it was read
    space : names and numbers that are combined
    catalog : whose facts are taken
    setup : what all of them share

    Returns the set-ups, each once. Raises WattlineError where nothing in it holds the model, or it is too large.
    """
    candidates: list[Candidate] = []
    for candidate in space.setups(model, catalog, setup):
        candidates.append(candidate)
        if len(candidates) > MAX_SETUPS:
            raise WattlineError(f"frontier: more than {MAX_SETUPS:,} set-ups; name fewer chips, caps or batches")
    if not candidates:
        chips = ", ".join(space.chips or measured_chips(catalog))
        raise WattlineError(
            f"frontier: none of the set-ups holds {model.key} (chips {shorten(chips, 100)}); "
            "name more --gpus, another --chip, a narrower --precision, or --max-num-batched-tokens of at least "
            "--max-num-seqs"
        )
    return list(dict.fromkeys(candidates))


def measured_chips(catalog: Catalog) -> tuple[str, ...]:
    """The chips whose measurements the step's coefficients were fitted to, as the fit's source names them."""
    named = {
        record["value"].source.where or ""
        for name, record in catalog.records("fit").items()
        if name.startswith("step-memory-efficiency-")
    }
    candidates = [name for name, chip in catalog.records("chip").items() if any(chip.title in where for where in named)]
    return tuple(candidates) or ("h100-sxm",)


def formats_of(model: Model) -> tuple[str, ...]:
    """The format that the model was published in, and 8 bits where that has 16."""
    return (model.native_format, "fp8") if model.native_format in SIXTEEN_BITS else (model.native_format,)


def caps_of(chip: Chip) -> tuple[float | None, ...]:
    """None, and steps below TDP to whole tens of watts."""
    tdp, idle = float(chip.tdp_w), float(chip.idle_w)
    return (None, *(cap for share in CAPS if (cap := round(share * tdp, -1)) > 1.5 * idle))


def _within(caps: Sequence[float | None], chip: Chip) -> tuple[float | None, ...]:
    """Those of the caps that this chip can be held to; none of them: without."""
    tdp, idle = float(chip.tdp_w), float(chip.idle_w)
    return tuple(cap for cap in caps if cap is None or idle < cap <= tdp)


def _holds(model: Model, chip: Chip, gpus: int, form: str, setup: Setup) -> bool:
    try:
        cache_limits(
            model, chip.memory_bytes, gpus, form, memory_share=chip.usable_memory, serving=kept_by(setup),
        )  # fmt: skip
        check_ranks(setup.data_parallel, gpus, model)
    except WattlineError:
        return False
    return True


def space_of(space: Space | Mapping[str, str], catalog: Catalog) -> Space:
    """A space as it is, or from lists by option.

    Parameters
    ----------
    space : a Space; or ``chip``, ``instance``, ``gpus`` and further options, each with a list such as ``"64,256"``
    catalog : where chips are looked up

    Returns the space. Raises WattlineError for an option that is none, or a value that it does not take.
    """
    if isinstance(space, Space):
        return space
    lists = {name: words for name, words in space.items() if name != "pools"}
    for name in lists:
        if name not in SEARCHED:
            raise WattlineError(f"space: {shorten(name)!r} is none of {', '.join(SEARCHED)} and pools")
    return read_space(lists, space.get("pools", "both"), catalog)


def read_space(lists: Mapping[str, str], pools: str, catalog: Catalog) -> Space:
    """A space from lists with commas.

    Parameters
    ----------
    lists : fields of ``Setup`` by name, each a list such as ``"64,256"``; an empty one stands for what is sensible
    pools : together, split or both
    catalog : where chips are looked up

    Returns
    -------
    Values by field.

    Raises WattlineError for a value that a field does not take.
    """
    if pools not in POOLS:
        raise WattlineError(f"pools: {shorten(pools)!r} is none of {', '.join(POOLS)}")
    read = {name: tuple(_read(name, part) for part in _parts(words)) or None for name, words in lists.items()}
    return Space(
        _chips(read.get("chip"), read.get("instance"), catalog),
        read.get("precision"),
        read.get("gpus"),
        read.get("power_cap"),
        read.get("max_num_seqs"),
        read.get("max_num_batched_tokens"),
        POOLS[pools],
    )


def _chips(chips: Sequence[str] | None, instances: Sequence[str] | None, catalog: Catalog) -> tuple[str, ...] | None:
    """The chips that are named; of the instances that are named those with such a chip, of which there must be one."""
    names = None if chips is None else tuple(catalog.find("chip", name).name for name in chips)
    if instances is None:
        return names
    records = [instance_named(name, catalog) for name in instances]
    for record in records:
        if names is not None and record.meta["chip"] not in names:
            raise WattlineError(
                f"chip: instance {record.name} has {record.meta['chip']}, which is not among {', '.join(names)}; "
                "leave out the chips, or that instance"
            )
    return tuple(record.name for record in records)


def _read(name: str, value: str) -> Any:
    """One value of a field, as the set-up reads it; ``none`` for no power limit."""
    if name == "power_cap" and value.lower() == "none":
        return None
    return getattr(Setup.read(None, {name: value}), name)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
