"""Bodies of requests, read within bounds of size and time."""

from __future__ import annotations

import asyncio
from email.parser import BytesParser
from email.policy import HTTP

from starlette.requests import Request

from wattline.core.errors import WattlineError
from wattline.web.app.uploads import MAX_FILE

MAX_BODY = MAX_FILE + 200_000
BODY_S = 20.0
MAX_PARTS = 120
Pairs = list[tuple[str, str]]
Files = list[tuple[str, str, bytes]]


class BodyTooLarge(WattlineError):
    """A body that is larger than what is taken."""


class BodyTooSlow(WattlineError):
    """A body that comes too slowly."""


async def read_body(request: Request, limit: int = MAX_BODY, seconds: float = BODY_S) -> bytes:
    """A request's body. Raises BodyTooLarge, BodyTooSlow."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit:
        raise BodyTooLarge(f"more than {limit // 1000:,} kB are not taken")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                body += piece
                if len(body) > limit:
                    raise BodyTooLarge(f"more than {limit // 1000:,} kB are not taken")
    except TimeoutError:
        raise BodyTooSlow(f"the request did not come within {seconds:.0f} seconds") from None
    return bytes(body)


async def read_form(request: Request) -> tuple[Pairs, Files]:
    """The values and the files of a form. Raises WattlineError for what is no form."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise WattlineError("a form with files is expected")
    body = await read_body(request)
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode("latin-1") + b"\r\n\r\n" + body)
    pairs: Pairs = []
    files: Files = []
    for part in list(message.iter_parts())[:MAX_PARTS] if message.is_multipart() else []:
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            continue
        data = part.get_payload(decode=True)
        raw = data if isinstance(data, bytes) else b""
        file_name = part.get_filename()
        if file_name is None:
            pairs.append((name, raw.decode("utf-8", "replace")))
        else:
            files.append((name, file_name, raw))
    return pairs, files
