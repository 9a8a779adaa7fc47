"""Texts of recordings, for the tests of readers."""

from __future__ import annotations

SMI = {
    "units in both": ("timestamp, index, name, power.draw [W]", lambda s, g, w: f"{s}, {g}, NVIDIA H100, {w:.2f} W"),
    "nounits": ("timestamp, uuid, power.draw [W]", lambda s, g, w: f"{s}, GPU-{g}, {w:.2f}"),
    "bare header": ("timestamp,gpu_uuid,power.draw", lambda s, g, w: f"{s},GPU-{g},{w:.2f}"),
    "another order": ("power.draw [W], index, timestamp", lambda s, g, w: f"{w:.2f} W, {g}, {s}"),
    "noheader": ("", lambda s, g, w: f"{s}, {g}, NVIDIA A100, {w:.2f} W, 98 %"),
    "noheader, nounits": ("", lambda s, g, w: f"{s}, {g}, {w:.2f}"),
    "no index": ("timestamp, power.draw [W]", lambda s, g, w: f"{s}, {w:.2f} W"),
    "average beside instant": (
        "timestamp, index, power.draw.instant [W], power.draw.average [W]",
        lambda s, g, w: f"{s}, {g}, {w + 50:.2f} W, {w:.2f} W",
    ),
    "draw is not there": (
        "timestamp, index, power.draw [W], power.draw.instant [W]",
        lambda s, g, w: f"{s}, {g}, [N/A], {w:.2f} W",
    ),
}
