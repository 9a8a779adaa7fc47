"""What a JSON file is that holds no config of a model: an adapter's, a tokenizer's, another tool's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.line.work.huggingface.table import other_files

NAMES = (
    "config.json",
    "adapter_config.json",
    "model_index.json",
    "params.json",
)  # of a folder, the first that is there
OF_A_MODEL = ("model_type", "architectures", "ssm_cfg")


def file_in(folder: Path) -> Path:
    """The file of a model's folder that says what it is.

    Parameters
    ----------
    folder : of a checkpoint, or a file

    Returns the config.json, else another by which the folder can be told; the path itself where there is none.
    """
    return next((folder / name for name in NAMES if (folder / name).is_file()), folder)


def check_model(top: dict[str, Any], where: str) -> None:
    """Refuses a file that is no config of a model, and says what it is.

    Parameters
    ----------
    top : contents of the file
    where : the file, for the error

    Raises WattlineError, which names the model that an adapter stands on.
    """
    named = any(top.get(field) for field in OF_A_MODEL)
    for file in other_files():
        marked = any(all(mark in top for mark in marks) for marks in file["marks"])
        if marked and (file.get("whatever_type") or not named):
            base = top.get("base_model_name_or_path")
            given = f" ({shorten(base, 80)})" if isinstance(base, str) and base else ""
            raise WattlineError(
                f"{shorten(where, 200)}: it is {file['what']}{given}; give the config.json of the model itself"
            )
