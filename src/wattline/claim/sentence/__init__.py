"""Claims in plain sentences, English and Chinese: what a sentence states, and what of the catalog, the outlook or the
models it is held against. Each file reads one kind of sentence; ``read`` tries them in their order."""

from __future__ import annotations

from wattline.claim.sentence.read import is_sentence, read_sentence
from wattline.claim.sentence.restated import is_restated

__all__ = ["is_restated", "is_sentence", "read_sentence"]
