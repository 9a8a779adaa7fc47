"""Whole pages that were made already, packed, by their address and language: who comes again gets the same bytes."""

from __future__ import annotations

import gzip
import hashlib
from collections import OrderedDict
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

MAX_BYTES = 24_000_000
MAX_KEY = 4_000


class KeptPage(NamedTuple):
    """A page packed, and its tag, which is another where its text is."""

    packed: bytes
    tag: str


class KeptPages:
    """The pages of late; the oldest go where new ones need their room."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, KeptPage] = OrderedDict()
        self._bytes = 0

    def get(self, key: str) -> KeptPage | None:
        """The page that was kept under this key."""
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
        return page

    def add(self, key: str, text: str) -> KeptPage:
        """Keep a page's text.

        Parameters
        ----------
        key : as ``key_of`` makes it
        text : of the page

        Returns
        -------
        The page as it is kept.
        """
        data = text.encode()
        page = KeptPage(gzip.compress(data, 6, mtime=0), f'"{hashlib.sha256(data).hexdigest()[:24]}"')
        if len(key) <= MAX_KEY and key not in self._pages:
            self._pages[key] = page
            self._bytes += len(page.packed) + len(key)
        while self._bytes > MAX_BYTES:
            old, dropped = self._pages.popitem(last=False)
            self._bytes -= len(dropped.packed) + len(old)
        return page


def key_of(request: Request, lang: str, *more: str) -> str:
    """What a page depends on: its address with its host, the language, and what else is given.

    Parameters
    ----------
    request : for the page
    lang : en or zh
    more : what else the page depends on

    Returns
    -------
    The key.
    """
    return "\n".join((str(request.url), lang, *more))


def reply_with(request: Request, page: KeptPage) -> Response:
    """A kept page; without its body where the browser has it still.

    Parameters
    ----------
    request : for the page
    page : as it is kept

    Returns
    -------
    The response.
    """
    headers = {"Cache-Control": "private, no-cache", "ETag": page.tag, "Vary": "Accept-Encoding, Cookie, HX-Request"}
    if page.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(page.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type="text/html")
    return Response(gzip.decompress(page.packed), headers=headers, media_type="text/html")
