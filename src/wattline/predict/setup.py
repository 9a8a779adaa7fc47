"""``Setup``: how a model is served, read in one place for Python, scenario files and the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict

from wattline.core.errors import WattlineError, nearest_names, shorten
from wattline.predict.fields import choice, names_of, option, quantity, read_fields, text, whole, yes
from wattline.predict.setup_readers import (
    MAX_REPLICAS,
    read_accepted,
    read_cache,
    read_precision,
    read_replicas,
    read_share,
)

if TYPE_CHECKING:
    from wattline.line.work.model import Model

ROUTERS = ("round-robin", "least-loaded", "prefix")
MAX_GPUS = 4096
MIN_BANDWIDTH = 1000.0  # bytes/s
MAX_DRAFT = 16  # tokens that are guessed ahead


class ChipFields(TypedDict, total=False):
    """Fields of ``Setup`` that any job takes."""

    chip: str | None
    instance: str | None
    precision: str | None


class ReplicaFields(ChipFields, total=False):
    """Fields of ``Setup`` that say what one replica is."""

    gpus: int | str | None
    data_parallel: int | str | None
    engine: str | None
    cache: str | None
    tuned: bool | None
    draft_tokens: int | str | None
    acceptance: float | str | None


class CandidateFields(ReplicaFields, total=False):
    """Fields of ``Setup`` that the search for the frontier takes."""

    max_num_seqs: int | str | None
    max_num_batched_tokens: int | str | None
    router: str | None
    prefix_cache: float | str | None
    power_cap: float | str | None


class SetupFields(CandidateFields, total=False):
    """All fields of ``Setup`` as keywords; a quantity may be written with its unit, as ``"500 W"``."""

    replicas: int | str | None
    prefill_replicas: int | str | None
    prefill_gpus: int | str | None
    transfer_bandwidth: float | str | None
    scale_from: int | str | None
    scale_target: float | str | None
    start_up: float | str | None
    scale_interval: float | str | None
    scale_down_after: float | str | None
    scaled_down: str | None


USUAL_CHIP = "h100-sxm"  # where neither a chip nor an instance is named
CHIP = ("chip", "instance", "precision")  # what a training run takes
REPLICA = (
    "chip",
    "instance",
    "gpus",
    "data_parallel",
    "precision",
    "engine",
    "cache",
    "tuned",
    "draft_tokens",
    "acceptance",
)  # of a prompt, an average service
ENGINE = (
    *("router", "prefix_cache", "engine", "data_parallel"),
    *("cache", "tuned", "draft_tokens", "acceptance"),
)  # what every set-up of a search has in common
CANDIDATE = (*CHIP, "gpus", "max_num_seqs", "max_num_batched_tokens", "power_cap", *ENGINE)  # what a search takes


@dataclass(frozen=True)
class Setup:
    """How a model is served; training and single prompts take the first fields of it. ``read`` makes one from plain
    values.

    Attributes
    ----------
    chip : type of chip by its catalog name; None for the instance's, or ``USUAL_CHIP``
    instance : type of a cloud's instance, which says the chip, how many there are, host and network
    gpus : chips in one replica; None for the fewest that hold the model, in whole instances where they are rented
    data_parallel : groups of a replica's chips that split the requests' attention among them, and hold its weights
        each, while all share the experts; 1 for tensor parallelism alone
    precision : number format of weights and arithmetic; None for the model's own, in training 16 bits
    max_num_seqs : largest number of requests that a replica runs at once
    max_num_batched_tokens : largest number of tokens in one step
    replicas : copies of the model, or ``"fewest"`` for the fewest that meet the target; with pools those that decode
    router : how requests find a replica. ``round-robin`` is what nginx, Kubernetes services and vLLM's production
        router do where nothing else is set; ``least-loaded`` knows each replica's queue; ``prefix`` sends requests
        with the same beginning to the same replica
    prefix_cache : share of the cache that is kept for prefixes
    prefill_replicas : replicas that only read prompts, beside those of ``replicas``, which then only decode
    prefill_gpus : chips in one of these
    transfer_bandwidth : bytes/s of a chip between the two pools
    scale_from : fewest replicas that stand ready, where their number follows the load; None for no scaling
    scale_target : requests that wait or run for each replica, which scaling aims at
    start_up : seconds from the start of a replica until it serves
    scale_interval : seconds between two decisions of the scaling
    scale_down_after : seconds without need after which a replica stops
    scaled_down : ``off`` where a stopped replica takes no power, or ``idle``
    power_cap : power limit of a chip, W
    engine : serving software by its catalog name; None for steps as those of vLLM 0.11
    cache : number format of the keys and values that are kept; None for 16 bits
    tuned : an engine tuned to its load, as those of MLPerf, not one with its defaults
    draft_tokens : tokens guessed ahead by the model's own extra layer and checked in one step
    acceptance : share of these that the model accepts, each given that those before it are; None for the usual range
    """

    chip: str | None = option(text, "Type of chip by name, such as h100-sxm (`wattline list chips`)", usual=USUAL_CHIP)
    instance: str | None = option(
        text, "Instance type of a cloud, such as p5.48xlarge, instead of a chip (`wattline list instances`)"
    )
    gpus: int | None = option(
        whole(1, MAX_GPUS, "chip"), "Number of chips in one replica", usual="the fewest that hold the model"
    )
    data_parallel: int = option(
        whole(1, MAX_GPUS, "chip"), "Number of groups of a replica's chips that split the requests' attention", 1
    )
    precision: str | None = option(
        read_precision, "Number format, such as bf16, fp8 or nvfp4", usual="the model's own; bf16 in training"
    )
    max_num_seqs: int = option(whole(1, 1_000_000), "Largest number of requests that a replica runs at once", 256)
    max_num_batched_tokens: int = option(whole(1, 1_000_000), "Largest number of tokens in one step", 8192)
    replicas: int | str = option(
        read_replicas, 'Number of replicas (copies of the model), or "fewest" for those that meet the latencies', 1
    )
    router: str = option(
        choice(*ROUTERS), "How requests are assigned to replicas: round-robin, least-loaded or prefix", "round-robin"
    )
    prefix_cache: float = option(read_share, "Share of the KV cache kept for prefixes, for a trace with hashes", 0.0)
    prefill_replicas: int = option(
        whole(0, MAX_REPLICAS), "Number of replicas that only read prompts; those of --replicas then only decode", 0
    )
    prefill_gpus: int | None = option(
        whole(1, MAX_GPUS, "chip"), "Number of chips in a replica that reads prompts", usual="as --gpus"
    )
    transfer_bandwidth: float | None = option(
        quantity("B/s", MIN_BANDWIDTH),
        'Network of a chip between the two pools, such as "400 Gbit/s"',
        usual="its server's ports",
    )
    scale_from: int | None = option(
        whole(0, MAX_REPLICAS), "Scale the replicas with the load, from this number to --replicas", usual="no scaling"
    )
    scale_target: float | None = option(
        quantity(""), "Number of requests for each replica that scaling aims at", usual="half of --max-num-seqs"
    )
    start_up: float | None = option(
        quantity("s", zero=True), 'Time that a replica takes to start, such as "2 min"', usual="engine and weights"
    )
    scale_interval: float = option(quantity("s"), "Time between two decisions of the scaling", 30.0, "30 s")
    scale_down_after: float = option(
        quantity("s", zero=True), "Time without need after which a replica stops", 300.0, "5 min"
    )
    scaled_down: str = option(choice("off", "idle"), "State of a stopped replica: off (draws no power) or idle", "off")
    power_cap: float | None = option(quantity("W"), 'Power limit of a chip, such as "500 W"', usual="its TDP")
    engine: str | None = option(
        text, "Software: vllm, sglang, trtllm or such as vllm-0.19; of images eager or tensorrt", usual="vLLM 0.11"
    )
    cache: str | None = option(
        read_cache,
        "Number format of the KV cache: bf16, fp8, int8, nvfp4 or int4",
        usual="bf16",
    )
    tuned: bool = option(yes, "Predict the speed of a tuned benchmark, not of a usual run", False)
    draft_tokens: int = option(
        whole(0, MAX_DRAFT), "Number of draft tokens in each step (speculative decoding, multi-token prediction)", 0
    )
    acceptance: float | None = option(
        read_accepted, "Share of the draft tokens that the model accepts", usual="0.55 to 0.9"
    )

    @classmethod
    def read(
        cls,
        setup: str | Setup | None = None,
        values: Mapping[str, Any] | None = None,
        takes: Sequence[str] | None = None,
    ) -> Setup:
        """A set-up from plain values.

        Parameters
        ----------
        setup : a chip's name, which fields may follow (``"h100-sxm, gpus=4"``), or a Setup that ``values`` change
        values : fields by name (see ``SetupFields``); those that are None are left as they are
        takes : the fields that the job takes, all where not given

        Returns a set-up whose fields are checked. Raises WattlineError for a value that a field does not take, for
        fields that exclude each other, and for a Setup with a field that the job does not take.
        """
        values = dict(values or {})
        if isinstance(setup, str):
            named = _written(setup)
            if twice := [name for name in named if values.get(name) is not None]:
                raise WattlineError(f"{twice[0]}: given twice, as {setup!r} and by itself; give one of the two")
            values |= named
        result = read_fields(setup if isinstance(setup, Setup) else cls(), values)
        result.check()
        if takes is not None:
            result.check_takes(takes)
        return result

    @property
    def scales(self) -> bool:
        """Whether the number of replicas follows the load."""
        return self.scale_from is not None

    def of(self, replicas: int) -> Setup:
        """The same with so many replicas."""
        return replace(self, replicas=replicas)

    def check(self) -> None:
        """Raise WattlineError for fields that go with another one which is not there."""
        if not self.prefill_replicas:
            _alone(self, ("prefill_gpus", "transfer_bandwidth"), "--prefill-replicas, of which there are none")
        if not self.scales:
            scaling = ("scale_target", "start_up", "scale_interval", "scale_down_after", "scaled_down")
            _alone(self, scaling, "--scale-from, the fewest replicas")
        if not self.draft_tokens:
            _alone(self, ("acceptance",), "--draft-tokens, of which there are none")

    def check_takes(self, takes: Sequence[str]) -> None:
        """Whether no field is set that is not among ``takes``. Raises WattlineError, which names the field, where one
        is."""
        for field in fields(self):
            if field.name not in takes and getattr(self, field.name) != field.default:
                raise WattlineError(f"setup: {field.name} is of a service; this takes {', '.join(takes)}")


def check_ranks(ranks: int, chips: int | None, model: Model) -> None:
    """Raise WattlineError where a replica does not split the model's attention into so many ranks.

    Parameters
    ----------
    ranks : groups of chips
    chips : of the replica; None where they are not known yet
    model : the architecture, by its experts

    Raises
    ------
    WattlineError where the model has no experts to share, or the chips do not divide into the groups.
    """
    if ranks == 1:
        return
    if not model.moe_layers:
        raise WattlineError(
            f"data-parallel: {model.key} has no experts that the groups would share; give more replicas instead"
        )
    if chips is not None and chips % ranks:
        raise WattlineError(f"data-parallel: {chips} chips do not divide into {ranks} groups")


def _alone(setup: Setup, names: Sequence[str], what: str) -> None:
    usual = {field.name: field.default for field in fields(setup)}
    for name in names:
        if getattr(setup, name) != usual[name]:
            raise WattlineError(f"{name.replace('_', '-')}: goes with {what}")


def _written(setup: str) -> dict[str, Any]:
    """The fields of ``h100-sxm, gpus=4``."""
    values: dict[str, Any] = {}
    for part in setup.split(","):
        name, sign, value = (each.strip() for each in part.partition("="))
        if not sign:
            name, value = "chip", name
        if name not in names_of(Setup):
            near = nearest_names(name, names_of(Setup))
            known = f"nearest: {', '.join(near)}" if near else f"known: {', '.join(names_of(Setup))}"
            raise WattlineError(f"setup: unknown field {shorten(name)!r}; {known}")
        if name in values:
            raise WattlineError(f"setup {setup!r}: {name} is given twice")
        values[name] = value
    return values
