"""WebSockets passed both ways, frame by frame; their energy is not told apart from idle."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import web

from wattline.web.proxy.relay import Proxy, UpstreamDown, down, request_headers, target

HANDSHAKE = (
    "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-protocol",
)  # fmt: skip
MAX_MESSAGE_BYTES = 16 << 20  # unpacked nowhere: no compression is agreed on with either side
Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


def asks_upgrade(request: web.Request) -> bool:
    """Whether the request asks to become a WebSocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def bridge(proxy: Proxy, request: web.Request) -> web.StreamResponse:
    """Open a socket to upstream, then one to the client, and pass messages until either closes.

    Parameters
    ----------
    proxy : with its session to upstream
    request : the client's handshake

    Returns
    -------
    The client's socket, closed.
    """
    protocols = [each.strip() for each in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if each.strip()]
    try:
        behind = await proxy.session.ws_connect(
            target(proxy.upstream, request.raw_path),
            headers=request_headers(proxy, request, HANDSHAKE),
            protocols=protocols,
            max_msg_size=MAX_MESSAGE_BYTES,
            autoping=False,
        )
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        status = f" ({error.status})" if isinstance(error, aiohttp.WSServerHandshakeError) else ""
        return down(UpstreamDown(502, f"upstream took no WebSocket{status}"))
    async with behind:
        chosen = [behind.protocol] if behind.protocol else []
        before = web.WebSocketResponse(protocols=chosen, max_msg_size=MAX_MESSAGE_BYTES, autoping=False, compress=False)
        await before.prepare(request)
        ways = [asyncio.ensure_future(_pass(before, behind)), asyncio.ensure_future(_pass(behind, before))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        code = behind.close_code or before.close_code or aiohttp.WSCloseCode.OK
        for end in (before, behind):
            if not end.closed:
                await end.close(code=code)
        return before


async def _pass(source: Socket, sink: Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.PING:
            await sink.ping(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            await sink.pong(message.data)
