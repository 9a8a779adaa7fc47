"""Is this published claim right? Claims from TOML, worked out step by step, with a computed verdict."""

from __future__ import annotations

from wattline.claim.check import CheckedClaim, ClaimsReport, check_claims, check_file
from wattline.claim.file import built_in, read_claims, read_file

__all__ = ["CheckedClaim", "ClaimsReport", "built_in", "check_claims", "check_file", "read_claims", "read_file"]
