"""Names of the pages in the menu, and of commands of one family beside each other."""

from __future__ import annotations

MENU = {
    "prompt": "Prompt", "image": "Image", "video": "Video", "train": "Train", "serve": "Serve", "frontier": "Frontier",
    "site": "Site", "supply": "Supply", "flex balance": "Flex", "world": "World", "check": "Check",
}  # fmt: skip


BESIDE_MENU = (("/measure", "Measure"), ("/catalog", "Catalog"))


FAMILY_NAMES = {
    "flex balance": "Of the grid's demand",
    "flex headroom": "Room for new load",
    "flex shift": "Work that waits",
    "flex sites": "Several sites",
    "flex response": "What serving gives",
    "flex swings": "Swings of training",
    "meter report": "What it took",
    "meter share": "Shared by jobs",
    "meter swings": "Its swings",
    "meter bill": "Its bill",
    "validate training": "Training runs",
    "validate steps": "Training steps",
    "validate carbon": "Carbon by the hour",
    "validate inference": "Prompts",
    "validate mlperf": "MLPerf",
    "validate serving": "Services",
    "validate site": "Sites",
    "validate world": "The world",
    "validate images": "Images",
    "validate video": "Videos",
    "validate published": "Published figures",
    "validate encoding": "Embeddings and speech",
    "serve": "Simulated",
    "serve-average": "On average",
}
