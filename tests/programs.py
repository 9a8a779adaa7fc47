"""Programs that tests write and run."""

from __future__ import annotations

import subprocess
from pathlib import Path


def written(path: Path, text: str) -> Path:
    """An executable file with this text.

    A process of its own writes it: a file that this process holds open for writing while another of
    its threads starts a program is held by that program too, and cannot be run ("Text file busy").
    """
    subprocess.run(["sh", "-c", 'cat > "$0" && chmod 755 "$0"', str(path)], input=text, text=True, check=True)
    return path
