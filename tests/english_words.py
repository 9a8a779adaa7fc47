"""Words that show that a text is English."""

from __future__ import annotations

import re

ENGLISH = re.compile(r"\b[a-z]{2,} (?:[a-z]+ )?[a-z]{2,}\b")
