"""Bodies of requests, read within bounds of size and time."""

from __future__ import annotations

import asyncio
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import HTTP

from starlette.requests import Request

from wattline.core.errors import WattlineError
from wattline.web.app.uploads import MAX_FILE

MAX_BODY = MAX_FILE + 200_000
MAX_BODIES = 64_000_000  # of all that are under way
AGAIN_S = 5
BODY_S = 20.0
MAX_PARTS = 120
MAX_HEAD = 4096  # bytes of the header of a part
Pairs = list[tuple[str, str]]
Files = list[tuple[str, str, bytes]]


class BodyError(WattlineError):
    """A body that is not taken."""

    http_status = 413


class BodyTooLarge(BodyError):
    """A body that is larger than what is taken."""


class BodyTooSlow(BodyError):
    """A body that comes too slowly."""

    http_status = 408


class BodiesTooMany(BodyError):
    """A body beside so many others that together they would take too much memory."""

    http_status = 429


class BodiesRoom:
    """How many bytes all bodies that are under way may take together.

    Parameters
    ----------
    limit : of all of them [B]
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0

    def take(self, size: int) -> None:
        """Room for so many bytes more. Raises BodiesTooMany where there is none."""
        if self.taken + size > self.limit:
            raise BodiesTooMany(f"other files are being sent now; come again in {AGAIN_S} seconds")
        self.taken += size


ROOM = BodiesRoom(MAX_BODIES)


async def read_body(request: Request, limit: int = MAX_BODY, seconds: float = BODY_S) -> bytes:
    """A request's body.

    Parameters
    ----------
    request : as Starlette gives it
    limit : size beyond which it is not read [B]
    seconds : in which it must come [s]

    Returns the bytes. Raises BodyTooLarge, BodyTooSlow, and BodiesTooMany.
    """
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > limit:
        raise BodyTooLarge(f"more than {limit // 1000:,} kB are not taken")
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for piece in request.stream():
                ROOM.take(len(piece))
                body += piece
                if len(body) > limit:
                    raise BodyTooLarge(f"more than {limit // 1000:,} kB are not taken")
    except TimeoutError:
        raise BodyTooSlow(f"the request did not come within {seconds:.0f} seconds") from None
    finally:
        ROOM.taken -= len(body)
    return bytes(body)


async def read_form(request: Request) -> tuple[Pairs, Files]:
    """The values and the files of a form. Raises WattlineError for what is no form."""
    kind = request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data") or len(kind) > MAX_HEAD:
        raise WattlineError("a form with files is expected")
    return parse_form(kind, await read_body(request))


def parse_form(kind: str, body: bytes) -> tuple[Pairs, Files]:
    """The values and the files of a form's body, in a time that grows with its length alone.

    A part within a part is no form's, and is taken as it stands; of endless parts the first ``MAX_PARTS`` are taken.

    Parameters
    ----------
    kind : the header Content-Type, which names what parts the parts
    body : the parts as they came

    Returns
    -------
    Name and text of each value, and name, file name and bytes of each file.

    Raises WattlineError where the header does not say what parts them.
    """
    boundary = _head(b"Content-Type: " + kind.encode("latin-1", "replace")).get_boundary()
    if not boundary:
        raise WattlineError("a form with files is expected: its header has no boundary")
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    pairs: Pairs = []
    files: Files = []
    for piece in (b"\r\n" + body).split(mark, MAX_PARTS + 1)[1 : MAX_PARTS + 1]:
        head, sign, data = piece.partition(b"\r\n\r\n")
        if piece.startswith(b"--"):
            break
        about = _head(head.strip()) if sign and len(head) <= MAX_HEAD else Message()
        name = about.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            continue
        file_name = about.get_filename()
        if file_name is None:
            pairs.append((name, data.decode("utf-8", "replace")))
        else:
            files.append((name, file_name, data))
    return pairs, files


def _head(data: bytes) -> Message:
    return BytesHeaderParser(policy=HTTP).parsebytes(data)
