"""``wattline prompt``: one request to a model."""

from __future__ import annotations

from wattline.cli import options
from wattline.cli.groups import expand


@expand
def prompt(
    model: options.Model = None,
    *,
    setup: options.ReplicaOptions,
    input_tokens: options.InputTokens = "500",
    output_tokens: options.OutputTokens = "300",
    batch: options.Batch = None,
    active: options.Active = None,
    pictures: options.Pictures = None,
    picture_size: options.PictureSize = None,
    audio: options.Audio = None,
    config: options.Config = None,
    params: options.Params = None,
    where: options.WhereOptions,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    catalog: options.CatalogDay = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Joules and watt-hours of one prompt: prefill, decode, idle, host, facility."""
    from wattline.cli.printing import print_result
    from wattline.predict.prompt import prompt as work

    answer = work(
        options.model_of(model, config, params), input_tokens=input_tokens, output_tokens=output_tokens, batch=batch,
        active=active, pictures=pictures, picture_size=picture_size, audio=audio, draws=draws, seed=seed, facts=facts,
        **setup, **where,
    )  # fmt: skip
    print_result(answer, as_json, explain)
