"""A JSON file of bounded size, read with errors of one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from wattline.core.errors import WattlineError, shorten
from wattline.core.reading import open_input, parse_json

MAX_BYTES = 50_000_000


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file. Raises WattlineError for a file that is absent, too large or no JSON object."""
    shown, mend = shorten(str(path), 200), "give the path of a model's config.json"
    try:
        if path.is_dir():
            raise WattlineError(f"{shown}: is a directory; give the config.json in it")
        with open_input(path) as file:
            text = file.read(MAX_BYTES + 1)
        if len(text) > MAX_BYTES:
            raise WattlineError(f"{shown}: larger than {MAX_BYTES // 1_000_000} MB, so not a config.json; {mend}")
        data = parse_json(text.decode("utf-8-sig"))
        json.loads(text.decode("utf-8-sig"), object_pairs_hook=_unique_keys)
    except FileNotFoundError:
        raise WattlineError(f"{shown}: no such file; {mend}") from None
    except OSError as error:
        reason = shorten(error.strerror or type(error).__name__)
        raise WattlineError(f"{shown}: cannot be read ({reason}); {mend}") from None
    except ValueError as error:
        raise WattlineError(f"{shown}: not JSON ({shorten(str(error), 120)}); {mend}") from None
    if not isinstance(data, dict):
        raise WattlineError(f"{shown}: holds a {type(data).__name__}, not an object; {mend}")
    return data


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs. Raises ValueError where a key has two values: which is meant cannot be known."""
    values: dict[str, Any] = {}
    for key, value in pairs:
        if key in values and values[key] != value:
            raise ValueError(f"{shorten(key)} is in it twice, with two values; keep the right one")
        values[key] = value
    return values
