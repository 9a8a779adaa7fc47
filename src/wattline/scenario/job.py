"""What every job of a scenario says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Number = float | str
Count = Annotated[int, Field(ge=-(10**18), le=10**18)] | str


class StrictTable(BaseModel):
    """A table of the file: no unknown keys, exact types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Job(StrictTable):
    """What every job says; the fields of ``Where`` and of ``Setup`` that its kind takes are added in ``file``."""

    name: str = Field(min_length=1, max_length=200, description="Name of the job, its own in the file.")
    stated: dict[str, Number] = Field(
        default_factory=dict,
        description='What was said of it, by the name of a result, such as { energy_wh = "1287 MWh" }: the run says '
        "whether what it computed agrees.",
    )

    def given(self, names: Iterable[str]) -> dict[str, Any]:
        """The values of these fields by name, None where they are not given."""
        return {name: getattr(self, name) for name in names}


class ModelJob(Job):
    """A job of a model."""

    model: str | None = Field(None, description="Model by catalog name, alias, Hugging Face id or size (8B).")
    config: str | None = Field(None, description="A Hugging Face config.json beside this file, instead of model.")
