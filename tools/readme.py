"""Make the outputs and the picture of README.md again.

    make readme

The outputs are those of the commands that stand above them; the table of accuracy is made by `make accuracy`. The
picture needs Chromium, and is left as it is without.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from blocks import ROOT, environment
from made import rewrite

README = ROOT / "README.md"
PICTURES = {"light": ROOT / "docs/assets/report.png", "dark": ROOT / "docs/assets/report-dark.png"}
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pictures() -> None:
    """The report of the example scenario, as Chromium shows it, light and dark."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        print("no chromium: docs/assets/report*.png are left as they are")
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).parent / "wattline"), "run", "examples/article.toml", "--out", folder]
        subprocess.run(command, cwd=ROOT, env=environment(Path(folder)), check=True, capture_output=True)
        shape = ["--window-size=1120,1180", "--virtual-time-budget=3000", f"--user-data-dir={folder}/profile"]
        for theme, path in PICTURES.items():
            page = f"file://{folder}/report.html#{theme}"
            subprocess.run([chromium, *QUIET, *shape, f"--screenshot={path}", page], check=True, capture_output=True)


def main() -> None:
    rewrite(README)
    pictures()


if __name__ == "__main__":
    main()
