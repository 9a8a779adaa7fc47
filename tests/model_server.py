"""A small OpenAI-compatible server on a real socket, and a simulated sensor of the device that it would run on.

The text that it makes follows from the request alone, so that an answer through the proxy can be held against one
without it, byte for byte. Fields of a request steer it: ``max_tokens``, ``seed`` (of the pauses between pieces),
``pause_s`` (their mean), ``style`` (openai, sglang, vllm, llama: what its usage looks like) and ``fault``.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from wattline.meter.device import Device
from wattline.meter.sensor import Reading, SensorGone, Spec

WORDS = [
    "the",
    "a",
    "of",
    "to",
    "and",
    "in",
    "that",
    "it",
    "is",
    "was",
    "for",
    "on",
    "are",
    "as",
    "with",
    "his",
    "they",
    "at",
    "be",
    "this",
]
UNICODE = ("né", "水", "🙂", '"quoted"', "line\n", "\\", "</s>", '"usage": null', '{"usage": {"prompt_tokens": 9}}')


class Machine:
    """The device: watts follow what runs on it; its counter is exact."""

    def __init__(self, base_w: float = 100.0, each_w: float = 10.0) -> None:
        self.base_w, self.each_w, self.active, self.joules = base_w, each_w, 0, 0.0
        self.at = time.monotonic()

    def move(self, change: int = 0) -> float:
        now = time.monotonic()
        self.joules += (self.base_w + self.each_w * self.active) * (now - self.at)
        self.at = now
        self.active += change
        return self.joules


class Simulated:
    """A sensor of a machine; ``counter`` says whether it gives joules or watts alone."""

    def __init__(self, machine: Machine, counter: bool = True, modelled: bool = False, uuid: str = "GPU-0") -> None:
        self.machine, self.counter, self.gone, self.closed = machine, counter, "", False
        self.device = Device("test-host", uuid, "gpu", "Simulated GPU")
        self.spec = Spec("simulated", error=0.05, modelled=modelled)

    def read(self) -> Reading:
        if self.gone:
            raise SensorGone(self.gone)
        joules = self.machine.move()
        power = self.machine.base_w + self.machine.each_w * self.machine.active
        return Reading(power, joules if self.counter else None)

    def close(self) -> None:
        self.closed = True


class Server:
    """Its state: what came in, and how many requests were broken off by the other side."""

    def __init__(self, machine: Machine) -> None:
        self.machine, self.seen, self.left, self.url = machine, [], 0, ""
        self.seen: list[tuple[str, str, list[tuple[str, str]], bytes]]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade"):
            return await self.talk(request)
        body = await request.read()
        self.seen.append(
            (request.method, request.raw_path, [(k.decode(), v.decode()) for k, v in request.raw_headers], body)
        )
        if not request.path.startswith("/v1/") or request.method != "POST":
            return self.other(request, body)
        try:
            parsed = json.loads(body)
        except ValueError:
            return web.json_response({"error": {"message": "not JSON", "code": 400}}, status=400)
        self.machine.move(1)
        try:
            return await self.work(request, parsed)
        except (asyncio.CancelledError, ConnectionResetError):
            self.left += 1
            raise
        finally:
            self.machine.move(-1)

    async def work(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        if body.get("fault") == "refuse" or (body.get("fault") == "strict" and "stream_options" in body):
            return web.json_response({"error": {"message": "no", "type": "invalid_request_error"}}, status=400)
        if body.get("stream"):
            return await self.stream(request, body)
        await asyncio.sleep(body.get("pause_s", 0.002) * body.get("max_tokens", 8))
        text = answer(request.path, body)
        if body.get("fault") == "gzip":
            response = web.Response(body=text, content_type="application/json", headers={"X-Packed": "yes"})
            response.enable_compression(web.ContentCoding.gzip)
            return response
        return web.Response(body=text, content_type="application/json", headers={"X-Engine": "small/1.0"})

    async def talk(self, request: web.Request) -> web.StreamResponse:
        """A WebSocket that gives back what it gets, and closes on "bye"."""
        socket = web.WebSocketResponse(protocols=["realtime"])
        await socket.prepare(request)
        async for message in socket:
            if message.data == "bye":
                await socket.close(code=4001)
            elif message.type is WSMsgType.TEXT:
                await socket.send_str(message.data)
            else:
                await socket.send_bytes(message.data)
        return socket

    async def stream(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8", "X-Accel": "no"})
        await response.prepare(request)
        chance = random.Random(body.get("seed", 0))
        for number, event in enumerate(events(request.path, body)):
            await asyncio.sleep(chance.expovariate(1 / body["pause_s"]) if body.get("pause_s") else 0)
            if body.get("fault") == "die" and number == 4:
                assert request.transport is not None
                request.transport.abort()
                break
            if body.get("fault") == "split":  # an event in two writes
                await response.write(event[: len(event) // 2])
                await asyncio.sleep(0.002)
                event = event[len(event) // 2 :]
            await response.write(event)
        await response.write_eof()
        return response

    def other(self, request: web.Request, body: bytes) -> web.Response:
        """Echoes what came."""
        status = int(request.query.get("status", "200"))
        headers = [("X-Twice", "1"), ("X-Twice", "2"), ("Set-Cookie", "a=b"), ("x-lower", "CaSe")]
        return web.Response(status=status, body=body if status not in (204, 304) else None, headers=headers)  # type: ignore[arg-type]


def pieces(body: dict[str, Any]) -> list[str]:
    chance = random.Random(json.dumps(body.get("messages", body.get("prompt", body.get("input", "")))))
    return [chance.choice((*WORDS, *UNICODE)) + " " for _ in range(body.get("max_tokens", 8))]


def usage(path: str, body: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(body.get("messages", body.get("prompt", body.get("input", ""))))
    prompt, output = max(len(text) // 4, 1), 0 if "embeddings" in path else body.get("max_tokens", 8)
    if path.endswith("/responses"):
        return {"input_tokens": prompt, "output_tokens": output, "total_tokens": prompt + output,
                "input_tokens_details": {"cached_tokens": 0}}  # fmt: skip
    reported: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": output, "total_tokens": prompt + output}
    if body.get("style") == "vllm":
        reported["prompt_tokens_details"] = {"cached_tokens": prompt // 2}
    return reported


def answer(path: str, body: dict[str, Any]) -> bytes:
    """A whole answer, pretty-printed as some servers do."""
    text = "".join(pieces(body))
    data: dict[str, Any] = {"id": f"cmpl-{body.get('seed', 0)}", "model": body.get("model", "m")}
    if path.endswith("/embeddings"):
        data |= {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -1.5]}]}
    elif path.endswith("/responses"):
        content = [{"type": "output_text", "text": text, "annotations": []}]
        data |= {"object": "response", "created_at": 1, "status": "completed", "output": [
            {"id": "msg", "type": "message", "role": "assistant", "status": "completed", "content": content}]}  # fmt: skip  # noqa: E501
    elif path.endswith("/chat/completions"):
        message = {"role": "assistant", "content": text}
        data |= {"object": "chat.completion", "created": 1,
                 "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}  # fmt: skip
    else:
        data |= {"object": "text_completion", "created": 1,
                 "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}]}  # fmt: skip
    if body.get("style") != "silent":
        data["usage"] = usage(path, body)
    return json.dumps(data, indent=1 if body.get("seed", 0) % 2 else None, ensure_ascii=False).encode()


def events(path: str, body: dict[str, Any]) -> list[bytes]:
    """The events of a stream."""
    if path.endswith("/responses"):
        return _response_events(path, body)
    chat, style = path.endswith("/chat/completions"), body.get("style", "openai")
    reported = bool((body.get("stream_options") or {}).get("include_usage"))
    head: dict[str, Any] = {"id": f"cmpl-{body.get('seed', 0)}", "object": "chunk", "created": 1, "model": body.get("model", "m")}  # fmt: skip  # noqa: E501
    null = {"usage": None} if style == "sglang" or (reported and style == "openai") else {}
    made = []
    if chat:
        made.append(head | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]} | null)
    for piece in pieces(body):
        part = {"delta": {"content": piece}} if chat else {"text": piece}
        made.append(head | {"choices": [{"index": 0, **part, "finish_reason": None}]} | null)
    end = {"delta": {}} if chat else {"text": ""}
    timings = {"timings": {"prompt_n": 5, "cache_n": 2, "predicted_n": len(pieces(body)), "prompt_ms": 3.0, "predicted_ms": 9.0}}  # fmt: skip  # noqa: E501
    made.append(head | {"choices": [{"index": 0, **end, "finish_reason": "stop"}]} | null | (timings if style == "llama" else {}))  # fmt: skip  # noqa: E501
    if reported:
        made.append(head | {"choices": [], "usage": usage(path, body)})
    lines = [f"data: {json.dumps(each, ensure_ascii=False)}\n\n".encode() for each in made]
    return [b": hello\n\n", *lines, b"data: [DONE]\n\n"]


def _response_events(path: str, body: dict[str, Any]) -> list[bytes]:
    whole = json.loads(answer(path, body))
    made = [{"type": "response.created", "response": whole | {"status": "in_progress", "usage": None, "output": []}}]
    for piece in pieces(body):
        made.append({"type": "response.output_text.delta", "item_id": "msg", "output_index": 0, "content_index": 0, "delta": piece})  # fmt: skip  # noqa: E501
    made.append({"type": "response.completed", "response": whole})
    return [f"event: {each['type']}\r\ndata: {json.dumps(each)}\r\n\r\n".encode() for each in made]


@asynccontextmanager
async def model_server(machine: Machine, port: int = 0) -> AsyncIterator[Server]:
    """The server, listening while the block runs."""
    server = Server(machine)
    app = web.Application(client_max_size=1 << 30)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()
