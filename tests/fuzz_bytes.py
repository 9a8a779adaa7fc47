"""Bytes that are changed at random, and what may become of them."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

from wattline.core.errors import WattlineError

ROUNDS = 40


# what is put in: signs of every format, numbers that are too large or none, characters of all kinds
PIECES = [
    b"", b"\0", b"\n", b"\r\n", b",", b";", b"\t", b'"', b"'", b"{", b"}", b"[", b"]", b":", b"=", b"#", b"-", b"$",
    b"\\",
    b"[" * 3000, b'{"a":' * 3000, b"a." * 100, b"9" * 400, b"9" * 5000, b"1e999", b"-1e308", b"NaN", b"inf", b"null",
    b"true", b"\xff", b"\xc3\xa9", b"\xc2\xb2", b"\xe2\x80\xae", b"\x1b[31m", b"\\u0000", b"<script>", b"0001-01-01",
    b"9999-12-31T23:59:59",
]  # fmt: skip


def mutated(data: bytes, rng: random.Random) -> bytes:
    """The same with some bytes replaced, put in, taken out, doubled or cut."""
    out = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4, 12])):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(5):
            case 0:
                out[at : at + rng.choice([0, 1, 5])] = rng.choice(PIECES)
            case 1:
                out[at : at + 1] = bytes([rng.randrange(256)])
            case 2:
                del out[at : at + rng.choice([1, 3, 40])]
            case 3:
                out[at:at] = out[at : at + rng.choice([3, 40])]
            case _:
                out = out[: max(at, 1)] if rng.random() < 0.2 else out
    return bytes(out)


def fuzz(data: bytes, name: str, work: Callable[[Path], object], rounds: int = ROUNDS) -> None:
    """Do the work on many a mutation of a file; whatever is raised but a WattlineError of one line is a fault."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        for seed in range(rounds):
            changed = mutated(data, random.Random(f"{name} {seed}"))
            for rest in Path(folder).iterdir():
                rest.unlink()
            path.write_bytes(changed)
            try:
                work(path)
            except WattlineError as error:
                if "\n" in str(error):
                    raise AssertionError(f"seed {seed}: {error}") from error
