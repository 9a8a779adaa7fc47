"""JSON over HTTP from a BMC or a server, with what goes wrong said in one line and its mend. Needs httpx."""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Mapping
from typing import Any

from wattline.core.errors import shorten
from wattline.core.reading import parse_json

TIMEOUT_S = 5.0
MAX_ANSWER_BYTES = 50_000_000


class WebError(Exception):
    """No answer, or none that can be used; the text says why."""

    def __init__(self, why: str, mend: str = "") -> None:
        self.mend = mend
        super().__init__(why)


class Web:
    """One server, its connection kept open; ``names`` is the prefix of the variables that set it up."""

    def __init__(
        self,
        url: str,
        user: str = "",
        password: str = "",
        token: str = "",
        ca: str = "",
        insecure: bool = False,
        names: str = "",
    ) -> None:
        try:
            import httpx
        except ImportError:
            raise WebError("Python package httpx is missing", "pip install 'wattline[meter]'") from None
        self._httpx, self._names = httpx, names
        url = url if "://" in url else f"https://{url}"
        try:
            self.url = httpx.URL(url.rstrip("/"))
            if self.url.scheme not in ("http", "https") or not self.url.host:
                raise ValueError
            context: Any = False if insecure else ssl.create_default_context(cafile=ca) if ca else True
        except (OSError, ssl.SSLError) as error:
            raise WebError(f"{names}CA: {error.strerror or error}", "give a file of PEM certificates") from None
        except (ValueError, httpx.InvalidURL):
            raise WebError("is no address", "give http://HOST:PORT or https://HOST") from None
        self._options = {
            "timeout": TIMEOUT_S,
            "verify": context,
            "auth": (user, password) if user else None,
            "headers": {"Accept": "application/json", "Accept-Encoding": "identity"}
            | ({"Authorization": f"Bearer {token}"} if token else {}),
            "follow_redirects": True,  # to another host without the password: httpx drops it
            "trust_env": False,
        }
        self._client: Any = None
        self._process = 0

    @property
    def host(self) -> str:
        return str(self.url.host)

    def json(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object at ``path``.

        Parameters
        ----------
        path : below the address of the source
        params : of the query, by name

        Returns
        -------
        The object.

        Raises WebError where no answer comes, a refusal, or no JSON object.
        """
        httpx = self._httpx
        try:
            # one host alone is asked: a path that an answer gave never leads the password elsewhere
            base = f"{self.url.scheme}://{self.url.netloc.decode()}"
            auth = self._credentials()
            with self._own().stream("GET", base + self._path(path), params=params, **auth) as answer:
                body = self._body(answer, path)
        except httpx.TimeoutException:
            raise WebError(f"no answer within {TIMEOUT_S:g} s", "check the address and the network") from None
        except httpx.HTTPError as error:
            raise self._unreachable(error) from None
        if answer.status_code in (401, 403):
            raise WebError(
                f"user, password or token refused ({answer.status_code})", f"check {self._names}USER or TOKEN"
            )
        try:
            data = parse_json(body)
        except ValueError:
            data = None
        if answer.status_code >= 400:
            words = shorten(str(data.get("error") or ""), 120) if isinstance(data, dict) else ""
            raise WebError(f"{path} answers {answer.status_code}" + (f": {words}" if words else ""))
        if not isinstance(data, dict):
            raise WebError(f"{path} answers no JSON object", "check the address")
        return data

    def _body(self, answer: Any, path: str) -> bytes:
        """What a server answers, within a bound of size and of time."""
        until = time.monotonic() + 3 * TIMEOUT_S
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise WebError(f"{path} answers compressed, which was not requested")
        parts, size = [], 0
        for part in answer.iter_raw():
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES:
                raise WebError(f"{path} answers more than {MAX_ANSWER_BYTES:,} bytes", "ask for less")
            if time.monotonic() > until:
                raise WebError(f"{path} answers too slowly", "check the network")
        return b"".join(parts)

    def close(self) -> None:
        if self._client is not None and self._process == os.getpid():
            self._client.close()

    def _own(self) -> Any:
        """The client of this process: after a fork both would read from one connection."""
        if self._process != os.getpid() or self._client.is_closed:
            self._client, self._process = self._httpx.Client(**self._options), os.getpid()
        return self._client

    def _credentials(self) -> dict[str, Any]:
        return {"auth": (self.url.username, self.url.password)} if self.url.username else {}

    def _path(self, path: str) -> str:
        if not path.startswith("/") or path.startswith("//"):
            raise WebError(f"{shorten(path, 80)} is no path on this server")
        own = self.url.path.rstrip("/")
        return path if path.startswith("/redfish") or not own else own + path

    def _unreachable(self, error: Exception) -> WebError:
        words = shorten(str(error) or type(error).__name__, 120)
        if "certificate" in words.lower():
            mend = f"set {self._names}CA=FILE, or {self._names}INSECURE=1 for a certificate that the BMC signed itself"
            return WebError(f"its certificate is not trusted: {words}", mend)
        return WebError(f"cannot be reached: {words}", "check the address and the network")
