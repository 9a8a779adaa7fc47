"""Pages that are sent part by part, while their answer is worked on."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import StreamingResponse


def stream_response(request: Request, parts: AsyncIterator[str]) -> StreamingResponse:
    """Parts of a page as they come, packed where the browser takes it, each sent at once.

    Parameters
    ----------
    request : whose headers say what the browser takes
    parts : HTML, in their order

    Returns the response.
    """
    packs = "gzip" in request.headers.get("accept-encoding", "")
    headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if packs else {})

    async def bodies() -> AsyncIterator[bytes]:
        packer = zlib.compressobj(5, zlib.DEFLATED, 31)
        async for part in parts:
            data = part.encode()
            yield packer.compress(data) + packer.flush(zlib.Z_SYNC_FLUSH) if packs else data
        if packs:
            yield packer.flush()

    return StreamingResponse(bodies(), media_type="text/html", headers=headers)
