"""Files that tests of comparisons and of own facts write."""

from __future__ import annotations

from pathlib import Path


def own(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "facts.toml"
    file.write_text(text)
    return file
