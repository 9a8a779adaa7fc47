"""Pictures and sound in a prompt: the tokens that they become, and the chips' time and watts until they are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wattline.catalog.draws import Draws
from wattline.core.errors import WattlineError, shorten
from wattline.core.fact import Array
from wattline.core.quantity import parse, show
from wattline.line.chip.device import Chip
from wattline.line.work.model import Model
from wattline.line.work.towers import SOUND, EncoderTokens, Tower, find_tower
from wattline.predict.answer import Working
from wattline.predict.delivery import Phase

MAX_PICTURES, MAX_SECONDS = 10_000, 1e6
MIN_PIXELS, MAX_PIXELS = 16, 32_768
USUAL_SIZE = "1024"


@dataclass(frozen=True)
class Senses:
    """What a prompt holds beside text: ``pictures`` of a ``size``, and seconds of ``audio``."""

    pictures: int | str | None = None
    picture_size: str | int | None = None
    audio: float | str | None = None

    @property
    def any(self) -> bool:
        """Whether anything beside text was asked for."""
        return self.pictures is not None or self.picture_size is not None or self.audio is not None


@dataclass(frozen=True, eq=False)
class Sight:
    """One encoder's share of a prompt: ``count`` times what it makes of a picture, or of the sound."""

    tower: Tower
    seen: EncoderTokens
    count: int

    @property
    def tokens(self) -> int:
        """Tokens among the prompt's text."""
        return self.seen.tokens * self.count if self.tower.enters_text else 0


@dataclass(frozen=True, eq=False)
class SensesRead:
    """Pictures and sound of a prompt, checked; ``inputs`` as an answer shows them."""

    sights: tuple[Sight, ...] = ()
    inputs: dict[str, Any] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Tokens that stand among the prompt's."""
        return sum(sight.tokens for sight in self.sights)

    @property
    def words(self) -> str:
        """Of a title: what stands beside the text; empty where nothing does."""
        parts = [f"{self.inputs['pictures']} × {self.inputs['picture_size']} px"] if "pictures" in self.inputs else []
        parts += [f"{self.inputs['audio_s']:g} s of sound"] if "audio_s" in self.inputs else []
        return "".join(f" and {part}" for part in parts)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is left out of what they take."""
        if not self.sights:
            return ()
        left = "decoding of the picture's or the sound's file on the host is left out"
        cross = [s for s in self.sights if not s.tower.enters_text]
        more = "; so are the layers that attend to the picture, which add no tokens to the text" if cross else ""
        return (left + more,)


def read_senses(senses: Senses, model: Model, draws: Draws) -> SensesRead:
    """Check what a prompt holds beside text against what its model reads.

    Parameters
    ----------
    senses : pictures and sound, as given
    model : the language model
    draws : whose catalog holds the encoders

    Returns pictures and sound by encoder. Raises WattlineError for a model that reads none, or a number out of range.
    """
    if not senses.any:  # text alone, for which nothing of pictures is imported
        return SensesRead((), {})
    from wattline.predict.encoding.work import whole_of

    pictures = 0 if senses.pictures is None else int(whole_of(senses.pictures, "pictures", 1, MAX_PICTURES))
    if senses.picture_size is not None and not pictures:
        raise WattlineError("picture-size: there is no picture; give --pictures 1")
    sights: list[Sight] = []
    inputs: dict[str, Any] = {}
    if pictures:
        width, height = read_pixels(USUAL_SIZE if senses.picture_size is None else senses.picture_size)
        tower = find_tower(model, "pictures", draws.catalog)
        sights.append(Sight(tower, tower.picture(width, height), pictures))
        inputs |= {"pictures": pictures, "picture_size": f"{width}x{height}"}
    if senses.audio is not None:
        seconds = parse(senses.audio, "s", "audio")
        if not 0 < seconds <= MAX_SECONDS:
            raise WattlineError(f"audio: {seconds:g} s is out of range; take up to {MAX_SECONDS:,.0f}")
        tower = find_tower(model, SOUND, draws.catalog)
        sights.append(Sight(tower, tower.sound(seconds), 1))
        inputs["audio_s"] = seconds
    for sight in sights:
        draws.cite(sight.tower.record["params"])
    read = SensesRead(tuple(sights), inputs)
    return read if not sights else SensesRead(read.sights, inputs | {"picture_or_sound_tokens": read.tokens})


def encode_phase(read: SensesRead, chip: Chip, chips: int, active: Array, draws: Draws, working: Working) -> Phase:
    """The replica's time and watts while encoders read, before the prompt's first step.

    A share of the work is split over the replica's chips; for the rest one chip works and the others wait.

    Parameters
    ----------
    read : pictures and sound by encoder
    chip : of the replica
    chips : of the replica
    active : share of the time that provisioned chips are at work, 0 to 1
    draws : of the facts' ranges
    working : the answer's reasons, which are added to

    Returns the phase.
    """
    split = draws("fit.tower-split")
    time_s = joules = np.asarray(0.0)
    for sight, alone_s, watts in _alone(read, chip, draws):
        took_s = np.asarray(alone_s * (split / chips + 1.0 - split))
        time_s = np.asarray(time_s + took_s)
        joules = np.asarray(joules + alone_s * watts + np.maximum(took_s * chips - alone_s, 0.0) * chip.idle_w)
        _explain(sight, alone_s, watts, working)
    waiting = (1.0 - active) / active
    power = {
        "encode": np.asarray(joules / time_s),
        "chip_idle": np.asarray(chips * chip.idle_w * waiting),
        "host": np.asarray(chips * (chip.host_w + chip.host_idle_w * waiting)),
        "network": np.asarray(chips * chip.network_w * (1.0 + waiting)),
    }
    return Phase(power, time_s)


def _alone(read: SensesRead, chip: Chip, draws: Draws) -> Iterator[tuple[Sight, Array, Array]]:
    """Each encoder with its seconds and watts on a chip alone; what runs encoders is imported for them only."""
    from wattline.line.chip.diffusion.coefficients import diffusion_fit
    from wattline.line.chip.diffusion.rates import chip_rates
    from wattline.line.chip.diffusion.run import Engine, run_stage
    from wattline.line.chip.diffusion.stage import pass_stage
    from wattline.predict.encoding.engine import encoder_spread
    from wattline.predict.media.engine import EAGER

    fit = diffusion_fit(chip.generation, draws.central())
    rates = chip_rates(chip, fit, draws.catalog.fact("fit.encoder-limit-exponent").value)
    slower, stronger = encoder_spread(EAGER, chip, draws)
    for sight in read.sights:
        stage = pass_stage(sight.tower.forward(sight.seen), sight.seen.pieces, sight.count)
        run = run_stage(stage, rates, fit, Engine())
        yield sight, np.asarray(run.time_s * slower), np.asarray(np.minimum(run.power_w * stronger, chip.tdp_w))


def _explain(sight: Sight, alone_s: Array, watts: Array, working: Working) -> None:
    tower, seen = sight.tower, sight.seen
    what = "sound" if tower.reads == SOUND else "pictures"
    work = f"{seen.pieces * sight.count} passes of {show(float(tower.forward(seen).total_flops), 'FLOP')}"
    working.note("work", f"tokens of {what}", f"{tower.record.title}, {seen.tokens} each", np.asarray(sight.tokens), "")
    working.note("chip", f"encoder of {what}: time on one chip", work, alone_s, "s")
    working.note(
        "chip", f"encoder of {what}: power of a chip", "each kind of work by its time; at most TDP", watts, "W"
    )


def read_pixels(text: str | int) -> tuple[int, int]:
    """Width and height in pixels, from ``1024`` or ``1280x720``. Raises WattlineError.

    Parameters
    ----------
    text : as the user wrote it

    Returns
    -------
    Width and height.
    """
    parts = [part.strip() for part in str(text).lower().replace("×", "x").split("x")]
    if len(parts) > 2 or not all(parts):
        raise WattlineError(f"picture-size: {shorten(str(text))!r} is not such as 1024 or 1280x720")
    from wattline.predict.encoding.work import whole_of

    sides = [int(whole_of(part, "picture-size", MIN_PIXELS, MAX_PIXELS)) for part in parts]
    return sides[0], sides[-1]
