"""A live source of carbon intensity over HTTP: one request, within a bound of time and size; its key is never shown."""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from wattline.core.address import without_secrets
from wattline.core.errors import WattlineError, shorten
from wattline.line.grid.carbon.read import GridSignals, ReadOptions, parse_signals

KEY = "WATTLINE_CARBON_KEY"
TIMEOUT_S = 10.0
MAX_BYTES = 20_000_000
PIECE = 65_536


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A source that sends on to another address is refused: the key would go with it."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def read_live(url: str, options: ReadOptions, timeout_s: float = TIMEOUT_S) -> GridSignals:
    """The signals that a source gives now.

    Parameters
    ----------
    url
        Whole address, ``http`` or ``https``, of an answer of Electricity Maps, carbon-aware-sdk, WattTime or EIA.
    options
        What the answer does not say itself.
    timeout_s
        Time for the whole answer [s].

    Returns
    -------
    The signals from the answer's first hour on.

    Raises
    ------
    WattlineError
        Where it cannot be reached, refuses, is too slow or too large, or answers in no known form.
    """
    return parse_signals(_fetch(url, timeout_s), shorten(without_secrets(url), 120), options)


def check_address(url: str) -> str:
    """Whether a source can be asked, without asking it.

    Parameters
    ----------
    url : whole address

    Returns the address as errors show it, without its secrets. Raises WattlineError where it is none.
    """
    shown = shorten(without_secrets(url), 120)
    try:
        parts = urllib.parse.urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:  # half an IPv6 address
        good = False
    if not good:
        raise WattlineError(f"carbon-url: {shown} is no address; give http://HOST/PATH or https://HOST/PATH")
    return shown


def _fetch(url: str, timeout_s: float) -> bytes:
    shown = check_address(url)
    headers = {"Accept": "application/json", "User-Agent": "wattline"}
    if key := os.environ.get(KEY):
        headers |= {"auth-token": key, "Authorization": f"Bearer {key}"}
    try:
        request = urllib.request.Request(url, headers=headers)
        opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        until = time.monotonic() + timeout_s
        with opener.open(request, timeout=timeout_s) as answer:
            return _body(answer, until, shown)
    except urllib.error.HTTPError as error:
        raise WattlineError(_refusal(error.code, shown)) from None
    except TimeoutError:
        raise WattlineError(f"carbon-url: no answer within {timeout_s:g} s from {shown}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        if isinstance(reason, TimeoutError):
            raise WattlineError(f"carbon-url: no answer within {timeout_s:g} s from {shown}") from None
        words = shorten(getattr(reason, "strerror", None) or type(reason).__name__, 80)
        raise WattlineError(f"carbon-url: {shown} cannot be reached: {words}; check the address") from None


def _refusal(status: int, shown: str) -> str:
    if status in (401, 403):
        return f"carbon-url: {shown} refuses the key ({status}); set {KEY}"
    if 300 <= status < 400:
        return f"carbon-url: {shown} sends on to another address ({status}), which is not followed; give that address"
    return f"carbon-url: {shown} answers {status}"


def _body(answer: Any, until: float, shown: str) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(PIECE):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise WattlineError(f"carbon-url: {shown} answers more than {MAX_BYTES:,} bytes; ask for less")
        if time.monotonic() > until:
            raise WattlineError(f"carbon-url: {shown} answers too slowly; check the network")
    return b"".join(parts)
