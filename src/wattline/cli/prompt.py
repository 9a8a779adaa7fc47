"""``wattline prompt``: one request to a model."""

from __future__ import annotations

from wattline.cli import options


def prompt(
    model: options.Model = None,
    chip: options.Chip = "h100-sxm",
    gpus: options.Gpus = None,
    input_tokens: options.InputTokens = "500",
    output_tokens: options.OutputTokens = "300",
    batch: options.Batch = None,
    active: options.Active = None,
    config: options.Config = None,
    pue: options.Pue = None,
    site: options.Site = None,
    region: options.Region = None,
    precision: options.Precision = None,
    draws: options.Draws = 2000,
    seed: options.Seed = 0,
    facts: options.Facts = None,
    as_json: options.AsJson = False,
    explain: options.Explain = False,
) -> None:
    """Joules and watt-hours of one prompt: prefill, decode, idle, host, facility."""
    from wattline.cli.printing import print_result
    from wattline.predict.prompt import prompt as work

    answer = work(
        options.model_of(model, config),
        chip,
        gpus=gpus,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        batch=batch,
        active=active,
        pue=pue,
        site=site,
        region=region,
        precision=precision,
        draws=draws,
        seed=seed,
        facts=facts,
    )
    print_result(answer, as_json, explain)
