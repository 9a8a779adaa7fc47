"""Is this published claim right? Claims from TOML, worked out step by step, with a computed verdict."""

from __future__ import annotations

from wattline.claim import show
from wattline.claim.check import Report, Result, check_claims, check_file
from wattline.claim.file import built_in, read_claims, read_file

__all__ = ["Report", "Result", "built_in", "check_claims", "check_file", "read_claims", "read_file", "show"]
