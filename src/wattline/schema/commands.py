"""Every command that answers in JSON, with the type of its answer; the schemas made from them, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from wattline.schema import (
    answer,
    budget,
    ci,
    claims,
    compare,
    encoding,
    fleet,
    flex,
    flex_response,
    flex_sites,
    flex_swings,
    frontier,
    media,
    meter,
    proxy,
    run,
    saving,
    session,
    site,
    supply,
    traffic,
    tune,
    validated_carbon,
    validated_mlperf,
    validated_sensors,
    validated_supply,
    validated_world,
    validations,
    world,
)

ANSWERS: dict[str, type[BaseModel]] = {
    "run": run.RunJson,
    "train": answer.TrainJson,
    "prompt": answer.PromptJson,
    "image": media.ImageJson,
    "video": media.VideoJson,
    "session": session.SessionJson,
    "embed": encoding.EmbedJson,
    "transcribe": encoding.TranscribeJson,
    "serve": answer.ServeJson,
    "serve-average": answer.ServeAverageJson,
    "frontier": frontier.FrontierJson,
    "site": site.SiteJson,
    "supply": supply.SupplyJson,
    "compare": compare.CompareJson,
    "saving": saving.SavingJson,
    "tune": tune.TuneJson,
    "budget": budget.BudgetJson,
    "ci": ci.CiJson,
    "world": world.WorldJson,
    "check": claims.CheckJson,
    "facts": claims.FactsJson,
    "list": claims.ListJson,
    "catalog diff": claims.CatalogDiffJson,
    "measure": meter.MeasureJson,
    "meter report": meter.MeterReportJson,
    "meter share": meter.MeterShareJson,
    "meter swings": flex_swings.MeterSwingsJson,
    "meter bill": answer.MeterBillJson,
    "fleet ingest": fleet.FleetIngestJson,
    "fleet report": fleet.FleetReportJson,
    "sensors": meter.SensorsJson,
    "traffic": traffic.TrafficJson,
    "flex headroom": flex.FlexHeadroomJson,
    "flex shift": flex.FlexShiftJson,
    "flex sites": flex_sites.FlexSitesJson,
    "flex balance": flex.FlexBalanceJson,
    "flex response": flex_response.FlexResponseJson,
    "flex swings": flex_swings.FlexSwingsJson,
    "proxy requests": proxy.ProxyRequestsJson,
    "proxy latest": proxy.ProxyLatestJson,
    "proxy energy": proxy.ProxyEnergyJson,
    "proxy healthz": proxy.ProxyHealthJson,
    "validate training": validations.ValidateTrainingJson,
    "validate steps": validations.ValidateStepsJson,
    "validate published": validations.ValidatePublishedJson,
    "validate carbon": validated_carbon.ValidateCarbonJson,
    "validate inference": validations.ValidateInferenceJson,
    "validate mlperf": validated_mlperf.ValidateMlperfJson,
    "validate encoding": validated_mlperf.ValidateEncodingJson,
    "validate images": media.ValidateImagesJson,
    "validate video": media.ValidateVideoJson,
    "validate serving": validations.ValidateServingJson,
    "validate kernels": validations.ValidateKernelsJson,
    "validate sensors": validated_sensors.ValidateSensorsJson,
    "validate site": validated_sensors.ValidateSiteJson,
    "validate world": validated_world.ValidateWorldJson,
    "validate supply": validated_supply.ValidateSupplyJson,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema(command: str) -> dict[str, Any]:
    """The JSON schema of a command's answer."""
    schema = ANSWERS[command].model_json_schema(ref_template="#/$defs/{model}")
    return {"$schema": DIALECT, **schema, "title": f"wattline {command} --json"}


def schema_text(command: str) -> str:
    """The same as text, as its file holds it."""
    return json.dumps(json_schema(command), indent=1, ensure_ascii=False) + "\n"


def write_schemas(folder: Path) -> list[Path]:
    """Write every command's schema into a folder; returns the files."""
    from wattline.core.files import write_text
    from wattline.schema.files import file_name

    paths = [folder / file_name(command) for command in ANSWERS]
    for command, path in zip(ANSWERS, paths, strict=True):
        write_text(path, schema_text(command))
    return paths
