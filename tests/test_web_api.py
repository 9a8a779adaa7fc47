"""The API of the web app and the running proxy that Measure shows."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the web app needs starlette: pip install 'wattline[web]'")

import httpx

from wattline.web.app.pages import PAGES
from wattline.web.app.server import WebSetup
from web_place import get, served

PROXY_ROW = {
    "id": "wl-1", "begin": "2026-03-01T12:30:01.500+00:00", "model": "m", "path": "/v1/completions", "outcome": "ok",
    "prompt_tokens": 500, "output_tokens": 300, "duration_s": 2.5, "settled": True, "energy_basis": "measured",
    "energy_j": {"value": 8.5, "low": 8, "high": 9}, "predicted_j": 10.2,
}  # fmt: skip


def test_measure_shows_the_requests_of_a_running_proxy(tmp_path: Path) -> None:
    answers = {
        "/wattline/energy": {"results": {"requests": 3, "energy_j": {"value": 9.5, "low": 9, "high": 10}}},
        "/wattline/latest?last=20": {"results": {"weighed_by": "", "latest": [PROXY_ROW]}},
        "/wattline/requests/abc": {"results": {"id": "abc", "energy_j": None, "model": "<b>m"}},
    }

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(answers.get(self.path, {"error": "no"})).encode()
            self.send_response(200 if self.path in answers else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            """Nothing is logged."""

    server = HTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with served(WebSetup(workers=2, proxy=f"http://127.0.0.1:{server.server_port}")) as address:
            assert "9.500 (9 – 10)" in get(address, "/measure").text
            now = get(address, "/measure/proxy").text
            assert "9.500 (9 – 10)" in now
            assert "12:30:01" in now
            assert "8.500 (8 – 9)" in now
            assert "1.20" in now  # predicted over measured
            assert "/measure?request=wl-1#one-request" in now
            assert "最近的请求" in get(address, "/measure/proxy?lang=zh").text
            text = get(address, "/measure?request=abc").text
            assert "&lt;b&gt;m" in text
            assert "does not answer" in get(address, "/measure?request=other").text
            assert "response&#39;s id" in get(address, "/measure?request=../energy").text
    finally:
        server.shutdown()


def test_the_api_is_described_by_its_types(base: str) -> None:
    spec = get(base, "/api/v1/openapi.json").json()
    assert spec["openapi"].startswith("3.1")
    known = set(spec["components"]["schemas"])
    named = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(spec)))
    assert named <= known
    assert {f"/api/v1{page.path}" for page in PAGES.values()} <= set(spec["paths"])
    names = [p["name"] for p in spec["paths"]["/api/v1/prompt"]["get"]["parameters"]]
    assert {"model", "chip", "region"} <= set(names)
    assert not {"out", "carbon_url", "as_json"} & set(names)


def test_the_api_takes_an_object_too(base: str) -> None:
    values = {"model": "llama-3.1-8b", "draws": 50, "gpus": 1}
    reply = httpx.post(f"{base}/api/v1/prompt", json=values, timeout=60)
    assert reply.json() == get(base, "/api/v1/prompt", params=values).json()
    assert httpx.post(f"{base}/api/v1/prompt", content="model=x").status_code == 422
    assert (
        httpx.post(f"{base}/api/v1/prompt", content="[1]", headers={"Content-Type": "application/json"}).status_code
        == 422
    )
    assert "access-control-allow-origin" not in reply.headers


def test_the_client_of_the_documentation_is_httpx_alone_and_gets_the_answer(slow: str) -> None:
    text = (Path(__file__).parents[1] / "docs" / "how-to" / "web.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 1
    names: dict[str, Any] = {}
    exec(blocks[0].replace("http://127.0.0.1:8200", slow), names)
    assert names["job"]["state"] == "done"
    assert names["answer"]["command"] == "supply"
    assert not set(re.findall(r"^(?:import|from) (\w+)", blocks[0], re.M)) - {"httpx", "time"}


def test_an_answer_fits_the_schema_that_the_api_names(base: str) -> None:
    spec = get(base, "/api/v1/openapi.json").json()
    content = spec["paths"]["/api/v1/prompt"]["get"]["responses"]["200"]["content"]["application/json"]
    schema = {**content["schema"], "components": spec["components"]}
    answer = get(base, "/api/v1/prompt?model=llama-3.1-8b&draws=20").json()
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(answer, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**answer, "results": None}, schema)
