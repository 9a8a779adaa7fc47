"""Fixtures that several files of tests share."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from slow_files import place_of

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"

# no file of settings on this machine, the user's or the working directory's, has a say in a test
os.environ["WATTLINE_SETTINGS"] = "off"
os.environ.pop("COLUMNS", None)  # nor the width of the terminal that the tests run in

# examples are few and drawn alike in every run; no test is judged by its time
settings.register_profile(
    "wattline",
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("wattline")


def pytest_sessionstart() -> None:
    """No search for garbage while tests are collected: they are many, and all stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """What was collected is left out of every later search."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Beside another process the files that take longest come first; a file's tests stay together, in their order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place_of(item.path.name))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real measurements beside the checkout; the test is skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("the real measurements, ../shared/data beside the checkout, are absent")
    return SHARED


# the web app's fixtures live as long as a file of tests: the driver of a browser keeps a loop of its own in the thread
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, headless."""
    from playwright.sync_api import sync_playwright

    from web_tab import CHROMIUM

    with sync_playwright() as drive:
        started = drive.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of an app whose answers are worked out."""
    from web_place import served

    with served() as address:
        yield address


@pytest.fixture(scope="module")
def slow() -> Iterator[str]:
    """The address of an app whose stand-in answers at once, and never where 77 draws are asked."""
    from web_place import FAKE, served

    with served(worker=(sys.executable, "-c", FAKE)) as address:
        yield address
