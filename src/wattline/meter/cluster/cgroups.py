"""Processor time of each pod, from the node's cgroups (version 2), and its name from the folder of logs."""

from __future__ import annotations

import re
from pathlib import Path

CGROUPS, LOGS = Path("/sys/fs/cgroup"), Path("/var/log/pods")
_POD = re.compile(
    r"pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$"
)
_LOG = re.compile(r"(?P<namespace>[^_]+)_(?P<pod>[^_]+)_(?P<uid>[0-9a-f-]{32,36})$")
Pod = tuple[str, str]  # namespace and name


def pod_names(logs: Path = LOGS) -> dict[str, Pod]:
    """Namespace and name by the pod's UID: each pod's logs lie in NAMESPACE_NAME_UID.

    Parameters
    ----------
    logs : folder of the pods' logs

    Returns
    -------
    The pods; none where the folder cannot be read.
    """
    try:
        names = [_LOG.fullmatch(entry.name) for entry in logs.iterdir()]
    except OSError:
        return {}
    return {match["uid"]: (match["namespace"], match["pod"]) for match in names if match}


def processor_s(cgroups: Path = CGROUPS) -> tuple[dict[str, float], float]:
    """Seconds of processor time by the pod's UID, and of all that runs on the node.

    Parameters
    ----------
    cgroups : where the cgroups are mounted

    Returns
    -------
    Seconds since each began; empty where the node has no pods' cgroups.
    """
    pods: dict[str, float] = {}
    for top in sorted(cgroups.glob("kubepods*")):
        for folder in [top, *top.glob("*"), *top.glob("*/*")]:
            match = _POD.search(folder.name)
            seconds = _usage_s(folder) if match else None
            if match and seconds is not None:
                pods[match[1].replace("_", "-")] = seconds
    return pods, _usage_s(cgroups) or 0.0


def _usage_s(folder: Path) -> float | None:
    try:
        text = (folder / "cpu.stat").read_text("ascii")
    except (OSError, UnicodeDecodeError):
        return None
    match = re.search(r"^usage_usec (\d+)", text, re.MULTILINE)
    return int(match[1]) / 1e6 if match else None
