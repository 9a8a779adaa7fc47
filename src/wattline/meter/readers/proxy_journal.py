"""The journal of ``wattline proxy``: where its devices' joules went, stretch by stretch, and the requests' tokens."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from wattline.core.errors import WattlineError
from wattline.core.units import J_PER_WH
from wattline.meter.interpretation import Choices
from wattline.meter.journal.damage import damage_named, finite
from wattline.meter.journal.sqlite_file import check_tables, has_tables, open_unmarked
from wattline.meter.readers import logs, specs
from wattline.meter.readers.assemble import Extras
from wattline.meter.readers.logs import Column
from wattline.meter.recording import Recording

TABLES = {"request", "energy", "run"}


def is_journal(path: Path) -> bool:
    """Whether an SQLite file has the proxy's tables."""
    return has_tables(path, TABLES)


def read(path: Path, choices: Choices = Choices()) -> Recording:
    """All devices behind the proxy as one, with the tokens and the number of the requests.

    Parameters
    ----------
    path : of the file
    choices : what the user says of it in place of what it says itself

    Returns
    -------
    A recording, times in s, power in W, energy in J.

    Raises
    ------
    WattlineError: no energy has been settled yet; says how many requests there are.
    """
    with damage_named("the journal of wattline proxy", path):
        with closing(open_unmarked(path)) as db:
            check_tables(db, TABLES)
            rows = db.execute(
                "SELECT begin_at, end_at, device_j, idle_j, requests_j, missing_s FROM energy ORDER BY begin_at"
            ).fetchall()
            modelled = any(", model)" in (row[0] or "") for row in db.execute("SELECT about FROM run"))
            requests, tokens = db.execute("SELECT count(*), coalesce(sum(output_tokens), 0) FROM request").fetchone()
        rows = [[finite(value or 0.0) if k > 1 else finite(value) for k, value in enumerate(row)] for row in rows]
    if not rows:
        raise WattlineError(
            f"{path} is the journal of wattline proxy: {requests} requests, and no energy settled yet; "
            "its requests are shown live at /wattline/energy"
        )
    column = Column("devices behind the proxy", "proxy", "", "J")
    total = logs.counter([row[1] for row in rows], [row[1] - row[0] for row in rows], [row[2] for row in rows])
    shares = [sum(row[i] for row in rows) / J_PER_WH for i in (4, 3)]
    notes = [f"of wattline proxy: {requests} requests took {shares[0]:.4g} Wh, idle {shares[1]:.4g} Wh"]
    counts = {"queries": float(requests)} | ({"tokens": float(tokens)} if tokens else {})
    extras = Extras(counts={name: value for name, value in counts.items() if value}, notes=notes)
    note = "joules settled by wattline proxy"
    spec = specs.model_spec("proxy", note) if modelled else specs.unknown_sensor("proxy", note)
    return logs.recording_of_log([column], choices, path, spec, extras=extras, totals={column.name: total})
