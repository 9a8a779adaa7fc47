"""The JSON of jobs and their bills: ``train``, ``prompt``, ``serve-average``, ``serve`` and ``meter bill``."""

from __future__ import annotations

from typing import Literal

from wattline.core.bill import PARTS
from wattline.schema.base import EnvelopeJson, MatterJson, RangeJson, StrictJson, perhaps, said
from wattline.schema.inputs import BillInputs, ReplicaInputs, ServeAverageInputs, ServeInputs, TrainInputs
from wattline.schema.simulated import SimulatedJson


class StationJson(StrictJson):
    """What passed a station of the line: its own parts, and all nearer the chip."""

    energy_wh: RangeJson = said("Energy that passed it.")
    mean_w: RangeJson | None = perhaps("Mean power that passed it.")


class PartJson(StrictJson):
    """A part of the bill."""

    label: str = said("What people call it.")
    station: Literal["chip", "server", "site", "grid"] = said("Where it is taken.")
    energy_wh: RangeJson = said("Its energy.")
    energy_mean_wh: float = said("Mean of its energy over the draws; the parts' means add up to the whole.")
    share: float = said("Its share of the whole, by the means.")
    basis: Literal["measured", "modelled", "derived", "estimated", "given"] | None = perhaps(
        "Of a measured bill: `measured`, `modelled` from utilisation, `derived` from what was measured, `estimated`, "
        "or `given`."
    )


class EquivalentJson(StrictJson):
    """What a person can picture: as much as so many of something."""

    name: str = said("Of what.")
    count: RangeJson = said("How many.")
    fact: str = said("Key of the fact that it rests on.")


class StepJson(StrictJson):
    """One step of the working."""

    name: str = said("What is worked out.")
    formula: str = said("How.")
    value: RangeJson | float = said("What came out, in `unit`: R for draws, a number for what is exact.")
    unit: str = said("The unit of `value`.")
    station: Literal["work", "chip", "server", "site", "grid"] = said("Where on the line.")


class WeightsJson(StrictJson):
    """Bits of a weight by group of layers."""

    format: str = said("Name of the number format.")
    layer_bits: float = said("Bits of a weight of the layers.")
    embedding_bits: float = said("Bits of a weight of the embeddings.")
    expert_bits: float | None = perhaps("Bits of a weight of the experts, where there are any.")


class ModelJson(StrictJson):
    """What was read of the model."""

    name: str = said("Its name.")
    family: str = said("Its family.")
    total_params: int = said("Parameters.")
    active_params: int = said("Parameters that a token uses.")
    architecture_known: bool = said("Whether its architecture was published.")
    layers: dict[str, int] | None = perhaps("Layers by the kind of their mixer.")
    cache_bytes_per_token: float | None = perhaps("Bytes of cache that a token among the first takes.")
    far_cache_bytes_per_token: float | None = perhaps("Bytes of cache that a token beyond every window takes.")
    weights: WeightsJson | None = perhaps("Bits of its weights.")


class BillJson(StrictJson):
    """Energy by part and station, and what followed from its delivery."""

    title: str = said("The question in words.")
    duration_s: RangeJson = said(
        "Time; of a prompt that which its replica spends on it, of a run that of its longest job."
    )
    energy_wh: RangeJson = said("Energy delivered by the grid.")
    energy_mean_wh: float = said("Mean of the energy over the draws; the parts add up to it.")
    mean_w: RangeJson = said("Mean power at the grid, over each draw's own duration.")
    cost_usd: RangeJson = said("Cost of the electricity delivered, at the region's price to industry.")
    co2e_kg: RangeJson = said("CO2e over the life cycle of what is generated, which is the delivery / (1 - grid loss).")
    co2e_direct_kg: RangeJson = said(
        "CO2e from the stacks alone, of what is delivered, as the location-based method of the GHG Protocol has it "
        "(Scope 2 Guidance)."
    )
    water_l: RangeJson = said("Water at the site, and at the power stations for what is generated.")
    generated_wh: RangeJson = said("Energy that power stations put out for the delivery.")
    stations: dict[Literal["chip", "server", "site", "grid"], StationJson] = said(
        "By station, from the chip outwards; one before the first that anything is known of is left out."
    )
    parts: dict[str, PartJson] = said(f"By part of the bill, of {', '.join(f'`{part}`' for part in PARTS)}.")
    equivalents: list[EquivalentJson] = said("What people can picture.")
    matters: list[MatterJson] = said("The facts that move the energy most, the strongest first.")


class AnswerJson(BillJson):
    """The bill of one job, and its working."""

    peak_w: RangeJson = said("Peak power at the grid.")
    pue: RangeJson = said("Energy of the site over that of its servers.")
    rental_usd: RangeJson | None = perhaps("List price on demand of the instances, at the date of the note.")
    steps: list[StepJson] = said("Every step of the working, in order.")


class TrainResults(AnswerJson):
    """A training run."""

    flops: RangeJson = said("FLOPs of the whole run.")
    mfu: RangeJson = said("Model FLOPs utilisation: predicted, given, or what the given hours mean.")
    chip_hours: RangeJson = said("Chips times hours.")
    model: ModelJson = said("What was read of the model.")


class PromptResults(AnswerJson):
    """One request."""

    energy_j: RangeJson = said("The same energy in joules.")
    joules_per_output_token: RangeJson = said("Energy for each token of the answer.")
    replica_s: RangeJson = said("Time that its replica spends on it.")
    ttft_s: RangeJson = said("Time to the first token of a usual request, over the draws.")
    tpot_s: RangeJson | None = perhaps(
        "Time for each further token of a usual request, over the draws; not of one token."
    )
    latency_s: RangeJson = said("Time to the last token of a usual request, over the draws.")
    batch: RangeJson = said("Requests that the replica answers together.")
    model: ModelJson = said("What was read of the model.")


class ServeAverageResults(AnswerJson):
    """An average service."""

    requests: RangeJson = said("Requests answered.")
    accelerators: RangeJson = said("Chips.")
    energy_wh_per_request: RangeJson = said("Energy for each request.")
    ttft_s: RangeJson = said("Time to the first token of a usual request, over the draws.")
    tpot_s: RangeJson | None = perhaps(
        "Time for each further token of a usual request, over the draws; not of one token."
    )
    batch: RangeJson = said("Requests that a replica answers together.")
    model: ModelJson = said("What was read of the model.")


class ServeResults(AnswerJson):
    """A simulated service; where there are several cells, the bill is of all of them."""

    requests: RangeJson = said("Requests answered, of all cells.")
    accelerators: RangeJson = said("Chips, of all cells.")
    energy_wh_per_request: RangeJson = said("Energy for each request.")
    joules_per_output_token: RangeJson = said("Energy for each token of the answers.")
    model: ModelJson = said("What was read of the model.")
    simulated: SimulatedJson = said("What came of the one cell that was simulated.")


class BillResults(AnswerJson):
    """A recording's energy through site and grid."""

    measured_wh: RangeJson = said("Energy at the meters within their error, each device once.")
    accelerators: RangeJson | None = perhaps("Chips that were metered, or that the machines metered hold.")
    joules_per_token: RangeJson | None = perhaps("Energy at the meters for each token that the recording counts.")
    joules_per_query: RangeJson | None = perhaps("Energy at the meters for each query that the recording counts.")


class TrainJson(EnvelopeJson[TrainInputs, TrainResults]):
    """Hours, energy, cost and CO2e of a training run."""

    command: Literal["train"]


class PromptJson(EnvelopeJson[ReplicaInputs, PromptResults]):
    """Energy of one request."""

    command: Literal["prompt"]


class ServeAverageJson(EnvelopeJson[ServeAverageInputs, ServeAverageResults]):
    """Energy of a service on average over its traffic."""

    command: Literal["serve-average"]


class ServeJson(EnvelopeJson[ServeInputs, ServeResults]):
    """Latencies, power and energy of a service under traffic, simulated request by request."""

    command: Literal["serve"]


class MeterBillJson(EnvelopeJson[BillInputs, BillResults]):
    """A recording's energy through site and grid: cost, CO2e and water."""

    command: Literal["meter bill"]
