"""Claims by hand, for the tests of verdicts and files."""

from __future__ import annotations

from wattline import claim
from wattline.core.errors import WattlineError

BASE = '[[claim]]\nid = "a"\nsays = "It is so."\n'


def assert_single_line(error: WattlineError) -> None:
    assert "\n" not in str(error)


def check(text: str, draws: int = 500) -> claim.CheckedClaim:
    return claim.check_claims(claim.read_claims(text, "x.toml"), draws).claims[0]
