"""``wattline train``: a training run."""

from __future__ import annotations

from typing import Annotated

import typer

from wattline.cli import options
from wattline.cli.groups import expand
from wattline.core.errors import WattlineError

Opt = typer.Option


@expand
def train(
    model: options.Model = None,
    tokens: Annotated[str, Opt(help='Number of tokens trained on, such as "15T".')] = "",
    chips: Annotated[str, Opt(help="Number of chips in the whole run, such as 1024 [default: one --instance].")] = "",
    *,
    setup: options.ChipOptions,
    config: options.Config = None,
    mfu: Annotated[str | None, Opt(help="Measured MFU (0 to 1) to use instead of the predicted one.")] = None,
    hours: Annotated[str | None, Opt(help='Measured wall time: hours, or such as "14.8 days".')] = None,
    watts: Annotated[str | None, Opt(help="Measured power of the servers divided by their chips, in watts.")] = None,
    sequence: Annotated[str | None, Opt(help="Number of tokens in a training sequence.")] = None,
    batch_tokens: Annotated[
        str | None, Opt(help="Number of tokens in a training step [default: 4M, or 4,096 a chip].")
    ] = None,
    tuned: Annotated[bool, Opt("--tuned", help="Predict the speed of a tuned benchmark, not of a usual run.")] = False,
    method: Annotated[
        str, Opt(help="What is trained (full, lora, qlora), and by what (dpo, grpo, ppo, distill), such as lora+dpo.")
    ] = "full",
    teacher: Annotated[str | None, Opt(help="Model that --method distill learns from.")] = None,
    rollout_tokens: Annotated[
        str | None, Opt(help="Number of tokens written for a question in grpo and ppo [default: 2000].")
    ] = None,
    rollout_chips: Annotated[
        str | None, Opt(help="Number of chips that rollouts have to themselves, beside --chips [default: none].")
    ] = None,
    rollouts: Annotated[
        str | None, Opt(help="Rollouts and updates on two pools: in-turn or one-step-off [default: in-turn].")
    ] = None,
    padding: Annotated[
        str | None, Opt(help="Share of a batch's positions that are padding, such as 0.3 [default: 0, packed full].")
    ] = None,
    document_tokens: Annotated[
        str | None, Opt(help="Mean number of tokens of the documents that fill a sequence, each attending to itself.")
    ] = None,
    samples: Annotated[
        str | None, Opt(help='Number of images or videos trained on, such as "10M", instead of --tokens.')
    ] = None,
    size: options.MediaSize = None,
    frames: Annotated[str | None, Opt(help="Number of frames of a video [default: the model's].")] = None,
    batch_samples: Annotated[
        str | None, Opt(help="Number of images or videos in a training step [default: one a chip].")
    ] = None,
    params: options.Params = None,
    chip_price: Annotated[
        str | None, Opt(help='Price of a chip\'s hour, such as "2.5 USD/h" [default: an estimate].')
    ] = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Hours, energy, cost and CO2e of a training run, of a model of language, images or video."""
    from wattline.cli.printing import print_result
    from wattline.predict.train import train as work

    rented = setup.get("instance")
    needed = {
        "--tokens 15T": tokens or samples,
        "--chip h100-sxm": setup.get("chip") or rented,
        "--chips 1024": chips or rented,
    }
    if missing := [example for example, value in needed.items() if not value]:
        names = ", ".join(example.split()[0] for example in missing)
        raise WattlineError(f"missing {names}; give such as {' '.join(missing)}")
    answer = work(
        options.model_of(model, config, params), tokens or None, chips=chips or None, mfu=mfu, hours=hours, watts=watts,
        sequence=sequence, batch_tokens=batch_tokens, tuned=tuned, method=method, teacher=teacher,
        rollout_tokens=rollout_tokens, rollout_chips=rollout_chips, rollouts=rollouts, padding=padding,
        document_tokens=document_tokens, samples=samples, size=size, frames=frames, batch_samples=batch_samples,
        chip_price=chip_price, draws=draws, seed=seed, facts=facts, **setup, **where,
    )  # fmt: skip
    print_result(answer, as_json, explain)
