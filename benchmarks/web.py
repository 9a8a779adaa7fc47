"""The web app's speed: first paint and weight in Chromium, prompt answers, and 200 people at once.

    python benchmarks/web.py [--people 200] [--seconds 60] [--beside FOLDER --python PYTHON]

With --beside, EcoLogits' calculator is opened in the same browser on the same machine: FOLDER is a checkout of
github.com/mlco2/ecologits-calculator, PYTHON one that has what its
requirements.txt names.

Everything runs on the loopback of this machine, the generator of requests on the same cores as the app.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from typing import Any

import httpx
import numpy as np

PAGE = "/prompt?model=llama-3.1-70b&chip=h100-sxm&gpus=4"
# pages that people go on looking at: each is asked for by many
PAGES = (
    "/", PAGE, "/prompt?model=llama-3.1-8b", "/train?model=llama-3.1-8b&tokens=15T&chip=h100-sxm&chips=2048",
    "/check?claims=ChatGPT%20uses%202.9%20Wh%20per%20request", "/flex/balance?it=100MW&region=us-ercot",
    "/catalog?q=h100", "/site?it=60MW&place=Dublin", "/world?region=world", "/serve",
)  # fmt: skip
PAINT = """() => ({
  paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
  bytes: [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
    .reduce((sum, entry) => sum + entry.transferSize, 0)})"""


def started() -> tuple[subprocess.Popen[str], str]:
    """An app that has just begun to listen, and its address."""
    code = "from wattline.cli.main import main; main(['web', '--port', '0'])"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[-1].rstrip("/")


def painted(address: str, path: str) -> dict[str, float]:
    """First contentful paint [ms], bytes that came, and the time to the whole answer [ms], in a browser of its own."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or "chromium"
    with sync_playwright() as drive:
        browser = drive.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("about:blank")
        begun = time.perf_counter()
        page.goto(address + path)
        whole = (time.perf_counter() - begun) * 1e3
        # asked again and again: the page's policy lets no script be made from text, which waiting would need
        while not page.evaluate("() => performance.getEntriesByName('first-contentful-paint').length"):
            page.wait_for_timeout(20)
        result: dict[str, float] = page.evaluate(PAINT)
        browser.close()
    return {**result, "whole_ms": whole}


def calculator(folder: str, python: str) -> dict[str, float]:
    """EcoLogits' calculator, served by Streamlit: cold and warm paint, and the time until its first figure is there."""
    from playwright.sync_api import sync_playwright

    port = 8599
    options = ["--server.headless=true", f"--server.port={port}", "--browser.gatherUsageStats=false"]
    process = subprocess.Popen(
        [python, "-m", "streamlit", "run", "app.py", *options],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    figures: dict[str, float] = {}
    try:
        with sync_playwright() as drive:
            browser = drive.chromium.launch(
                executable_path=shutil.which("chromium") or "chromium", args=["--no-sandbox"]
            )
            for name in ("cold", "warm"):
                page = browser.new_page()
                while True:
                    begun = time.perf_counter()
                    try:
                        page.goto(f"http://127.0.0.1:{port}/")
                        break
                    except Exception:
                        time.sleep(0.2)
                page.get_by_text(re.compile(r"\d\s*(Wh|kWh|mWh)\b")).first.wait_for(timeout=120_000)
                figures[f"{name}_answer_ms"] = (time.perf_counter() - begun) * 1e3
                figures |= {f"{name}_{key}": value for key, value in page.evaluate(PAINT).items()}
            browser.close()
    finally:
        process.terminate()
        process.wait(timeout=30)
    return figures


def answers(address: str, count: int = 40) -> dict[str, float]:
    """Milliseconds of prompts that nobody asked before."""
    times = []
    with httpx.Client(timeout=60) as client:
        for seed in range(count):
            begun = time.perf_counter()
            client.get(f"{address}/api/v1{PAGE}&seed={1000 + seed}").raise_for_status()
            times.append((time.perf_counter() - begun) * 1e3)
    return {"p50_ms": float(np.percentile(times, 50)), "p99_ms": float(np.percentile(times, 99))}


async def crowd(address: str, people: int, seconds: float) -> dict[str, float]:
    """Milliseconds of pages for so many people, each a page every 10 s."""
    times: list[float] = []
    failed = 0
    chance = random.Random(0)

    async def person(client: httpx.AsyncClient, first: float) -> None:
        nonlocal failed
        await asyncio.sleep(first)
        end = time.perf_counter() + seconds - first
        while time.perf_counter() < end:
            begun = time.perf_counter()
            reply = await client.get(address + chance.choice(PAGES))
            failed += reply.status_code != 200
            times.append((time.perf_counter() - begun) * 1e3)
            await asyncio.sleep(max(0.0, 10.0 - (time.perf_counter() - begun)))

    limits = httpx.Limits(max_connections=people, max_keepalive_connections=people)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await asyncio.gather(*(person(client, chance.uniform(0, 10)) for _ in range(people)))
    return {
        "pages": len(times), "failed": failed,
        **{f"p{p}_ms": float(np.percentile(times, p)) for p in (50, 90, 99)},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--beside", default="", help="checkout of EcoLogits' calculator")
    parser.add_argument("--python", default=sys.executable, help="that runs it")
    given = parser.parse_args()
    process, address = started()
    figures: dict[str, Any] = {"cores": os.cpu_count(), "load": os.getloadavg()[0]}
    try:
        figures["cold"] = painted(address, PAGE)
        for path in PAGES:
            httpx.get(address + path, timeout=120)
        figures["warm"] = painted(address, PAGE)
        figures["home"] = painted(address, "/")
        figures["prompt"] = answers(address)
        figures["crowd"] = asyncio.run(crowd(address, given.people, given.seconds))
    finally:
        process.terminate()
        process.communicate(timeout=30)
    if given.beside:
        figures["ecologits_calculator"] = calculator(given.beside, given.python)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
