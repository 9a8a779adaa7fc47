"""The JSON of ``frontier``: the best set-up, the one it is compared with, the changes between them, the points."""

from __future__ import annotations

from typing import Literal

from wattline.schema.answer import ServeResults
from wattline.schema.base import EnvelopeJson, OverRequestsJson, RangeJson, StrictJson, item
from wattline.schema.inputs import ServeInputs

SERVING_PARTS = "by part: prefill, decode, chip_idle, host, network, overhead of the site"


class FrontierInputs(StrictJson):
    """What was searched for, as it was read."""

    model: str = item("Model by its catalog name or configuration.")
    requests: int = item("Requests of the traffic.")
    rate_per_s: float = item("Requests a second.")
    slo_ttft_s: float | None = item("Longest time to the first token that counts as good.")
    slo_tpot_s: float | None = item("Longest mean time between tokens that counts as good.")
    slo_share: float = item("Share of the requests that must keep these latencies.")
    router: str = item("How requests find a replica.")


class SetupJson(StrictJson):
    """How a model is served."""

    chip: str = item("Type of chip.")
    gpus: int = item("Chips in a replica.")
    precision: str = item("Number format.")
    max_num_seqs: int = item("Most sequences that a replica runs at once.")
    max_num_batched_tokens: int = item("Most tokens of a step.")
    power_cap_w: float | None = item("Power limit of a chip; null for none.")
    replicas: int = item("Replicas; those that decode, where others read prompts.")
    prefill_replicas: int = item("Replicas that only read prompts.")
    label: str = item("All of it in words.")


class PointJson(StrictJson):
    """A set-up and its figures at the facts' central values."""

    setup: SetupJson = item("The set-up.")
    chips: int = item("Chips in all.")
    central_wh_per_request: float = item("Energy for each request, at the grid.")
    central_j_per_output_token: float = item("Energy for each token of the answers, at the grid.")
    cost_usd_per_request: float | None = item(
        "Chips and electricity for each request; null where the chip has no price."
    )
    electricity_usd_per_request: float = item("Of it electricity.")
    capital_usd_per_request: float | None = item("Of it chips, with a share of the server, paid off over their life.")
    strain: float | None = item(
        "The larger of TTFT and TPOT over their targets that the share of requests keeps within; 1 or less keeps them."
    )
    good_share: float = item("Share of the requests that keep the latencies.")
    request_ttft_s: OverRequestsJson | None = item("Time to the first token.")
    request_tpot_s: OverRequestsJson | None = item("Mean time between the tokens of a request.")
    busy_share: float = item("Share of the time that replicas are at work.")
    mean_batch: float = item("Requests at once while at work, in the mean.")
    parts_wh_per_request: dict[str, float] = item(f"Energy for each request {SERVING_PARTS}.")


class RangedPointJson(PointJson):
    """A set-up with the range of its energy."""

    energy_wh_per_request: RangeJson = item("Energy for each request, over the draws.")


class ChangeJson(StrictJson):
    """A change from one set-up to the next."""

    change: str = item("What changes.")
    to: str = item("To what.")
    setup: SetupJson = item("The set-up after it.")
    central_wh_per_request: float = item("Energy for each request after it, at central values.")
    saved_wh_per_request: float = item("What it saves.")
    saved_by_part_wh_per_request: dict[str, float] = item(f"What it saves {SERVING_PARTS}.")


class SearchJson(StrictJson):
    """How the search went."""

    setups: int = item("Set-ups in the space, replicas aside.")
    left_out_by_bound: int = item("Of them left out because a bound shows that they take more.")
    simulations: int = item("Simulations.")
    simulations_run_now: int = item("Of them run now, and not taken from the file.")
    results_of_other_searches: int = item("Results of other searches in the file.")
    sampled: bool = item("Whether parts of the replicas were tried first.")
    guarantee: str = item("What the search vouches for.")


class BestServiceJson(StrictJson):
    """The answer of the best set-up."""

    name: str = item("Empty; the name of a scenario's job.")
    command: Literal["serve"]
    inputs: ServeInputs = item("As of `serve`.")
    results: ServeResults = item("As of `serve`.")


class FrontierResults(StrictJson):
    """What the search found."""

    best: RangedPointJson = item("The set-up of least energy that keeps the latencies.")
    default: RangedPointJson | None = item(
        "The set-up to compare with, with the fewest replicas that keep the latencies; null where no number does."
    )
    default_requested: SetupJson = item("The default set-up as requested, of one replica.")
    saved_share: RangeJson | None = item("Share of the default's energy that the best saves, over the same draws.")
    changes: list[ChangeJson] = item("From the default to the best, one change at a time.")
    taken_back_wh_per_request: dict[str, float | None] = item(
        "By change: what the best takes more with it alone undone; null where no number of replicas then keeps the "
        "latencies."
    )
    points: list[PointJson] = item("Set-ups that no other beats in energy, strain and cost, the least energy first.")
    search: SearchJson = item("How the search went.")
    answer: BestServiceJson = item("The best set-up's own answer.")


class FrontierJson(EnvelopeJson[FrontierInputs, FrontierResults]):
    """The set-up of least energy that keeps latencies, and why it takes less. Draws and facts are of its ranges."""

    command: Literal["frontier"]
