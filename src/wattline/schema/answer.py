"""The JSON of jobs and their bills: ``train``, ``prompt``, ``serve-average``, ``serve`` and ``meter bill``."""

from __future__ import annotations

from typing import Literal

from wattline.core.bill import PARTS
from wattline.schema.base import EnvelopeJson, MatterJson, RangeJson, StrictJson, item, perhaps
from wattline.schema.inputs import BillInputs, PromptInputs, ServeAverageInputs, ServeInputs, TrainInputs
from wattline.schema.simulated import SimulatedJson


class StationJson(StrictJson):
    """What passed a station of the line: its own parts, and all nearer the chip."""

    energy_wh: RangeJson = item("Energy that passed it.")
    mean_w: RangeJson | None = perhaps("Mean power that passed it.")


class PartJson(StrictJson):
    """A part of the bill."""

    label: str = item("What people call it.")
    station: Literal["chip", "server", "site", "grid"] = item("Where it is taken.")
    energy_wh: RangeJson = item("Its energy.")
    energy_mean_wh: float = item("Mean of its energy over the draws; the parts' means add up to the whole.")
    share: float = item("Its share of the whole, by the means.")
    basis: Literal["measured", "modelled", "derived", "estimated", "given"] | None = perhaps(
        "Of a measured bill: `measured`, `modelled` from utilisation, `derived` from what was measured, `estimated`, "
        "or `given`."
    )


class EquivalentJson(StrictJson):
    """What a person can picture: as much as so many of something."""

    name: str = item("Of what.")
    count: RangeJson = item("How many.")
    fact: str = item("Key of the fact that it rests on.")


class StepJson(StrictJson):
    """One step of the working."""

    name: str = item("What is worked out.")
    formula: str = item("How.")
    value: RangeJson | float = item("What came out, in `unit`: R for draws, a number for what is exact.")
    unit: str = item("The unit of `value`.")
    station: Literal["work", "chip", "server", "site", "grid"] = item("Where on the line.")


class WeightsJson(StrictJson):
    """Bits of a weight by group of layers."""

    format: str = item("Name of the number format.")
    layer_bits: float = item("Bits of a weight of the layers.")
    embedding_bits: float = item("Bits of a weight of the embeddings.")
    expert_bits: float | None = perhaps("Bits of a weight of the experts, where there are any.")


class ModelJson(StrictJson):
    """What was read of the model."""

    name: str = item("Its name.")
    family: str = item("Its family.")
    total_params: int = item("Parameters.")
    active_params: int = item("Parameters that a token uses.")
    architecture_known: bool = item("Whether its architecture was published.")
    layers: dict[str, int] | None = perhaps("Layers by the kind of their mixer.")
    cache_bytes_per_token: float | None = perhaps("Bytes of cache that a token among the first takes.")
    far_cache_bytes_per_token: float | None = perhaps("Bytes of cache that a token beyond every window takes.")
    weights: WeightsJson | None = perhaps("Bits of its weights.")


class MediaModelJson(StrictJson):
    """What was read of a model of images or video."""

    name: str = item("Its name.")
    family: str = item("Its family.")
    total_params: int = item("Parameters of all components.")
    denoiser_params: int = item("Parameters of the denoiser.")
    encoder_params: int = item("Parameters of the text encoders, and of a prior.")
    decoder_params: int = item("Parameters of the decoder.")
    denoiser_flops: float = item("Arithmetic of one forward pass of the denoiser.")


class SignalsJson(StrictJson):
    """In words, what the price and each account of carbon rest on."""

    price: str = item("The price: by the hour, one, or the region's.")
    location: str = item("CO2e by location (`co2e_kg`, `co2e_direct_kg`).")
    market: str = item("CO2e by contracts (`co2e_market_kg`).")
    marginal: str = item("CO2e that more load causes (`co2e_marginal_kg`).")
    carbon_free: str = item("Energy free of carbon in its hours (`carbon_free_wh`).")


class CarbonAccountsJson(StrictJson):
    """The accounts of carbon beside the one by location; they answer other questions and are never added."""

    co2e_market_kg: RangeJson = item(
        "Direct CO2e by the market-based method: contracts free of carbon count 0, the rest as the residual mix."
    )
    co2e_marginal_kg: RangeJson = item("CO2 that this load causes at the plants which answer more load.")
    carbon_free_wh: RangeJson = item(
        "Energy that is free of carbon in the hours of the load: contracts first, then the grid's share (hourly CFE)."
    )
    signals: SignalsJson = item("What the price and each account rest on.")


class BillJson(CarbonAccountsJson):
    """Energy by part and station, and what followed from its delivery."""

    title: str = item("The question in words.")
    duration_s: RangeJson = item(
        "Time; of a prompt that which its replica spends on it, of a run that of its longest job."
    )
    energy_wh: RangeJson = item("Energy delivered by the grid.")
    energy_mean_wh: float = item("Mean of the energy over the draws; the parts add up to it.")
    mean_w: RangeJson = item("Mean power at the grid, over each draw's own duration.")
    cost_usd: RangeJson = item("Cost of the electricity delivered, at the region's price to industry.")
    co2e_kg: RangeJson = item("CO2e over the life cycle of what is generated, which is the delivery / (1 - grid loss).")
    co2e_direct_kg: RangeJson = item(
        "CO2e from the stacks alone, of what is delivered, as the location-based method of the GHG Protocol has it "
        "(Scope 2 Guidance)."
    )
    water_l: RangeJson = item("Water at the site, and at the power stations for what is generated.")
    generated_wh: RangeJson = item("Energy that power stations put out for the delivery.")
    embodied_co2e_kg: RangeJson | None = perhaps(
        "CO2e of making chips, hosts, network, hall and batteries, by their life."
    )
    embodied_energy_mj: RangeJson | None = perhaps("Primary energy of making them, MJ.")
    embodied_water_l: RangeJson | None = perhaps("Water of making them.")
    embodied_adp_kg: RangeJson | None = perhaps("Abiotic resources of making them, kg antimony equivalent.")
    stations: dict[Literal["chip", "server", "site", "grid"], StationJson] = item(
        "By station, from the chip outwards; one before the first that anything is known of is left out."
    )
    parts: dict[str, PartJson] = item(f"By part of the bill, of {', '.join(f'`{part}`' for part in PARTS)}.")
    equivalents: list[EquivalentJson] = item("What people can picture.")
    matters: list[MatterJson] = item("The facts that move the energy most, the strongest first.")


class AnswerJson(BillJson):
    """The bill of one job, and its working."""

    peak_w: RangeJson = item("Peak power at the grid.")
    pue: RangeJson = item("Energy of the site over that of its servers.")
    rental_usd: RangeJson | None = perhaps("List price on demand of the instances, at the date of the note.")
    steps: list[StepJson] = item("Every step of the working, in order.")


class TrainResults(AnswerJson):
    """A training run."""

    flops: RangeJson = item("FLOPs of the whole run.")
    mfu: RangeJson = item("Model FLOPs utilisation: predicted, given, or what the given hours mean.")
    chip_hours: RangeJson = item("Chips times hours.")
    chip_hours_usd: RangeJson | None = perhaps("Price of the chips' hours: at the price given, or an estimate.")
    rollout_share: RangeJson | None = perhaps("Share of rollouts in the servers' energy.")
    rollout_hours: RangeJson | None = perhaps("Hours in which the model writes what it is trained on.")
    update_idle_share: RangeJson | None = perhaps("Share of the time in which the updates' chips wait for rollouts.")
    rollout_idle_share: RangeJson | None = perhaps("Share of the time in which the rollouts' chips wait for updates.")
    model: ModelJson | MediaModelJson = item("What was read of the model.")


class PromptResults(AnswerJson):
    """One request."""

    energy_j: RangeJson = item("The same energy in joules.")
    joules_per_output_token: RangeJson = item("Energy for each token of the answer.")
    replica_s: RangeJson = item("Time that its replica spends on it.")
    encode_s: RangeJson | None = perhaps("Of it: encoders of pictures and sound.")
    ttft_s: RangeJson = item("Time to the first token of a usual request, over the draws.")
    tpot_s: RangeJson | None = perhaps(
        "Time for each further token of a usual request, over the draws; not of one token."
    )
    latency_s: RangeJson = item("Time to the last token of a usual request, over the draws.")
    batch: RangeJson = item("Requests that the replica answers together.")
    model: ModelJson = item("What was read of the model.")


class ServeAverageResults(AnswerJson):
    """An average service."""

    requests: RangeJson = item("Requests answered.")
    accelerators: RangeJson = item("Chips.")
    energy_wh_per_request: RangeJson = item("Energy for each request.")
    ttft_s: RangeJson = item("Time to the first token of a usual request, over the draws.")
    tpot_s: RangeJson | None = perhaps(
        "Time for each further token of a usual request, over the draws; not of one token."
    )
    batch: RangeJson = item("Requests that a replica answers together.")
    model: ModelJson = item("What was read of the model.")


class ServeResults(AnswerJson):
    """A simulated service; where there are several cells, the bill is of all of them."""

    requests: RangeJson = item("Requests answered, of all cells.")
    accelerators: RangeJson = item("Chips, of all cells.")
    energy_wh_per_request: RangeJson = item("Energy for each request.")
    joules_per_output_token: RangeJson = item("Energy for each token of the answers.")
    model: ModelJson = item("What was read of the model.")
    simulated: SimulatedJson = item("What came of the one cell that was simulated.")


class BillResults(AnswerJson):
    """A recording's energy through site and grid."""

    measured_wh: RangeJson = item("Energy at the meters within their error, each device once.")
    accelerators: RangeJson | None = perhaps("Chips that were metered, or that the machines metered hold.")
    joules_per_token: RangeJson | None = perhaps("Energy at the meters for each token that the recording counts.")
    joules_per_query: RangeJson | None = perhaps("Energy at the meters for each query that the recording counts.")


class TrainJson(EnvelopeJson[TrainInputs, TrainResults]):
    """Hours, energy, cost and CO2e of a training run."""

    command: Literal["train"]


class PromptJson(EnvelopeJson[PromptInputs, PromptResults]):
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
