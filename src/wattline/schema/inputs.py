"""What was asked, as ``inputs`` of the answers tells it."""

from __future__ import annotations

from typing import Literal

from wattline.schema.base import StrictJson, item, perhaps

CURRENCY = "Currency of the user's settings: a note says the cost in it; costs in JSON stay in US dollars."


class GridInputs(StrictJson):
    """What was given of carbon, price and contracts."""

    carbon_g_per_kwh: float | None = perhaps("CO2e of a delivered kWh that was given.")
    carbon: str | None = perhaps("File of carbon intensity by the hour, or `hourly` for the region's typical year.")
    carbon_url: str | None = perhaps("Address of a live source of carbon intensity, without its secrets.")
    carbon_kind: Literal["average", "marginal"] | None = perhaps("What it is, where its source does not say.")
    electricity_price_usd_per_kwh: float | None = perhaps("Price of a delivered kWh that was given.")
    price: str | None = perhaps("File of the price by the hour.")
    start: str | None = perhaps("When the job begins, UTC.")
    time_zone: str | None = perhaps("Zone of times in files that bear no offset.")
    contracts: str | None = perhaps("Share of the energy under contracts free of carbon, and what generates it.")
    residual_g_per_kwh: float | None = perhaps("Direct CO2e of a kWh of the residual mix that was given.")


class PlaceInputs(GridInputs):
    """Where a job runs, as it was read."""

    site: str = item("Kind of site, or of hall where the overhead follows from weather.")
    region: str = item("Region of the grid.")
    place: str | None = perhaps("Place whose weather gives the overhead by the hour.")
    cooling: str | None = perhaps("Kind of cooling.")
    pue: float | None = perhaps("PUE that was given.")
    embodied: Literal["on", "off"] | None = perhaps("Whether impacts of making the equipment are shown, where given.")
    currency: str | None = perhaps(
        "Currency of the user's settings: a note says the cost in it; costs in JSON stay in US dollars."
    )
    settings: dict[str, str] | None = perhaps("What a settings file gave, by name, and the file.")


class TrainInputs(PlaceInputs):
    """A training run, as it was read."""

    model: str = item("Model by its catalog name or configuration.")
    tokens: float | None = perhaps("Tokens trained on, of a language model.")
    samples: float | None = perhaps("Images or videos trained on, of a model that makes them.")
    chip: str = item("Type of chip.")
    instance: str | None = perhaps("Type of a cloud's instance.")
    chips: int = item("Number of chips.")
    precision: str = item("Number format.")
    sequence_tokens: int | None = perhaps("Tokens of a training sequence.")
    document_tokens: int | None = perhaps("Mean tokens of the documents that fill it, each attending to itself.")
    padding: float | None = perhaps("Share of a batch's positions that are padding.")
    height: int | None = perhaps("Height in pixels.")
    width: int | None = perhaps("Width in pixels.")
    frames: int | None = perhaps("Number of frames of a video.")
    batch_samples: float | None = perhaps("Images or videos of a step.")
    tuned: bool | None = perhaps("True for a run as a tuned benchmark's.")
    method: str | None = perhaps("What is trained, where it is adapters: lora or qlora.")
    objective: Literal["dpo", "grpo", "ppo", "distill"] | None = perhaps("What it is trained towards.")
    teacher: str | None = perhaps("Model that it learns from.")
    rollout_tokens: int | None = perhaps("Tokens that it writes for a question.")
    rollout_chips: int | None = perhaps("Chips that rollouts have to themselves.")
    rollouts: Literal["in-turn", "one-step-off"] | None = perhaps("How they go with updates.")
    mfu: float | None = perhaps("MFU that was given, a share of 1.")
    hours: float | None = perhaps("Hours of wall time that were given.")
    watts: float | None = perhaps("Watts a chip at the server's plug that were given.")
    batch_tokens: float | None = perhaps("Tokens of a step that were given.")


class ReplicaInputs(PlaceInputs):
    """A request and the replica that answers it, as they were read."""

    model: str = item("Model by its catalog name or configuration.")
    chip: str = item("Type of chip.")
    instance: str | None = perhaps("Type of a cloud's instance.")
    gpus: int = item("Chips in a replica.")
    data_parallel: int | None = perhaps("Groups of a replica's chips that split the requests' attention.")
    input_tokens: float = item("Tokens of the prompt.")
    output_tokens: float = item("Tokens of the answer.")
    precision: str = item("Number format.")
    engine: str | None = perhaps("Serving software.")
    cache: str | None = perhaps("Number format of the keys and values that are kept.")
    tuned: Literal[True] | None = perhaps("True for an engine tuned to its load.")
    draft_tokens: int | None = perhaps("Tokens guessed ahead in each step.")
    batch: float | None = perhaps("Requests that a replica answers together, where given.")
    active: float | None = perhaps("Share of the time that chips are at work, where given.")


class PromptInputs(ReplicaInputs):
    """A request with the pictures and the sound in its prompt."""

    pictures: int | None = perhaps("Pictures in the prompt.")
    picture_size: str | None = perhaps("Pixels of a picture, width first.")
    audio_s: float | None = perhaps("Sound in the prompt.")
    picture_or_sound_tokens: int | None = perhaps("Tokens of pictures and sound, beside those of the text.")


class ServeAverageInputs(ReplicaInputs):
    """An average service, as it was read."""

    rate_per_s: float = item("Requests a second.")
    days: float = item("Days of the service.")


class ServeInputs(PlaceInputs):
    """A simulated service, as it was read."""

    model: str = item("Model by its catalog name or configuration.")
    chip: str = item("Type of chip.")
    instance: str | None = perhaps("Type of a cloud's instance.")
    gpus: int = item("Chips in a replica.")
    data_parallel: int | None = perhaps("Groups of a replica's chips that split the requests' attention.")
    precision: str = item("Number format.")
    cache: str | None = perhaps("Number format of the keys and values that are kept.")
    tuned: Literal[True] | None = perhaps("True for an engine tuned to its load.")
    draft_tokens: int | None = perhaps("Tokens guessed ahead in each step.")
    requests: int = item("Requests simulated.")
    rate_per_s: float = item("Requests a second, of those simulated.")
    power_cap_w: float | None = perhaps("Power limit of a chip.")
    replicas: int = item("Replicas, at most where they are scaled.")
    router: str = item("How requests find a replica.")
    prefill_replicas: int | None = perhaps("Replicas that only read prompts.")
    prefill_gpus: int | None = perhaps("Chips in a replica that only reads prompts.")
    transfer_bytes_per_s: float | None = perhaps("Bytes a second of one transfer between the pools.")
    max_num_seqs: int = item("Most sequences that a replica runs at once.")
    max_num_batched_tokens: int = item("Most tokens of a step.")
    engine: str | None = perhaps("Serving software.")
    prefix_cache: float | None = perhaps("Share of the cache kept for prefixes.")
    cache_tokens: int = item("Tokens that a replica's cache holds.")
    slo_ttft_s: float | None = perhaps("Longest time to the first token that counts as good.")
    slo_tpot_s: float | None = perhaps("Longest mean time between tokens that counts as good.")
    scale_from: int | None = perhaps("Fewest replicas, where they are scaled.")
    scale_target: float | None = perhaps("Requests a replica that scaling aims at.")
    start_up_s: float | None = perhaps("Time that a replica takes to start.")
    scale_interval_s: float | None = perhaps("Time from one look at the load to the next.")
    scale_down_after_s: float | None = perhaps("Time after which replicas that nothing wants stop.")
    scaled_down: Literal["off", "idle"] | None = perhaps("What a stopped replica does.")
    pictures: int | None = perhaps("Pictures of all requests together.")
    picture_size: str | None = perhaps("Pixels of a picture, width first.")
    audio_s: float | None = perhaps("Sound of all requests together.")
    picture_share: float | None = perhaps("Share of the requests that bring pictures or sound.")
    cells: float | None = perhaps("Identical services, of which one is simulated.")


class BillInputs(PlaceInputs):
    """A recording whose energy is billed, as it was read."""

    recording: str = item("The recording.")
    window: str = item("The window of it.")
    chip: str | None = perhaps("Type of chip that was metered.")
    server: str | None = perhaps("Type of server that was metered.")
