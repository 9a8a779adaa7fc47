"""A file of the web, of a bounded size and in a bounded time."""

from __future__ import annotations

import urllib.error
import urllib.request

from wattline.core.address import has_user, without_secrets
from wattline.core.errors import WattlineError, shorten

TIMEOUT_S = 20.0
WEB = ("http://", "https://")
_PIECE = 1 << 16


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Redirects from web to web: a file of the machine is none."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        if not newurl.lower().startswith(WEB):
            raise urllib.error.URLError("it leads away from the web")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(url: str, limit_bytes: int, what: str, timeout_s: float = TIMEOUT_S) -> bytes:
    """What lies at an address.

    Parameters
    ----------
    url : begins with http:// or https://
    limit_bytes : size beyond which it is not read [B]
    what : what it is, for the error
    timeout_s : longest silence [s], and four times as long in all

    Returns
    -------
    The body, as it came.

    Raises WattlineError where it cannot be read, is too large or takes too long.
    """
    import time

    shown = f"{what} {shorten(without_secrets(url), 200)}"
    if not url.lower().startswith(WEB):
        raise WattlineError(f"{shown}: give an address that begins with https://")
    if has_user(url):
        raise WattlineError(f"{shown}: a user's name and password are not sent; download it and give the file")
    end = time.monotonic() + 4 * timeout_s
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "wattline"})
        with urllib.request.build_opener(_WebOnly).open(request, timeout=timeout_s) as answer:
            data = bytearray()
            while piece := answer.read(_PIECE):
                data += piece
                if len(data) > limit_bytes:
                    raise WattlineError(f"{shown} is too large; at most {limit_bytes:,} bytes are read")
                if time.monotonic() > end:
                    raise WattlineError(f"{shown} takes longer than {4 * timeout_s:g} s; download it and give the file")
            return bytes(data)
    except WattlineError:
        raise
    except urllib.error.HTTPError as error:
        raise WattlineError(
            f"{shown} cannot be read: the server answers {error.code} {shorten(str(error.reason), 80)}"
        ) from None
    except (OSError, ValueError, urllib.error.URLError) as error:
        reason = getattr(error, "reason", None) or error
        raise WattlineError(f"{shown} cannot be read: {shorten(without_secrets(str(reason)), 120)}") from None
    except Exception as error:  # what http.client raises of a broken answer is of many kinds
        raise WattlineError(f"{shown} cannot be read: {type(error).__name__}") from None
