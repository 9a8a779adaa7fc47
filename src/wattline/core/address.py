"""Addresses of the web as they may be shown: without passwords, keys and tokens."""

from __future__ import annotations

import re

# what stands before the last @ of the host's part; a password may hold the signs that would end that part
_USER = re.compile(r"//(?:[^/?#@:\s]*:(?!\d{1,5}(?:[/?#\s]|$))\S*@|[^/?#\s]*@)")
_VALUE = re.compile(r"([?&#;])([^=&#;?\s]+)=([^&#;\s'\")]*)")
_PLAIN = ("zone", "location", "region", "lat", "lon")


def without_secrets(text: str) -> str:
    """Text with the addresses in it shown without user, password and the values of their queries, which may be keys.

    Parameters
    ----------
    text
        An address, or a message that may hold some.

    Returns
    -------
    The text as it may be shown.
    """

    def value(match: re.Match[str]) -> str:
        sign, name, kept = match.groups()
        return f"{sign}{name}={kept if name.lower() in _PLAIN else '…'}"

    return _VALUE.sub(value, _USER.sub("//", text))


def has_user(url: str) -> bool:
    """Whether an address holds a user's name or password."""
    return _USER.search(url) is not None
