"""The process that answers the questions of ``wattline web``: ``python -m wattline.cli.web_worker``."""

from __future__ import annotations

from typer.main import get_command

from wattline.cli.printing import progress_to
from wattline.cli.program import UsageError, app, usage
from wattline.web.app.worker import run

if __name__ == "__main__":
    run(get_command(app), (UsageError, usage), progress_to)
