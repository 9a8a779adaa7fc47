"""Encoders before a language model: how a picture or sound becomes tokens, and the pass that makes them.

Dosovitskiy et al. 2021 (arXiv:2010.11929) for the transformer; tokens of a picture as each family's processor makes
them: Qwen2-VL (arXiv:2409.12191, section 2.1), InternVL 1.5's tiles (arXiv:2404.16821, section 3.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from wattline.catalog import Catalog, Record
from wattline.core.errors import WattlineError
from wattline.line.work.diffusion.sizes import Config, number_in
from wattline.line.work.diffusion.tally import Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import feed_forward
from wattline.line.work.encoding.passes import VISION
from wattline.line.work.encoding.speech import WINDOW_S, whisper
from wattline.line.work.model import Model
from wattline.line.work.tower_settings import SOUND as SOUND_PART
from wattline.line.work.tower_settings import Sense, merged_settings

KIND = "tower"
TOLERANCE = 0.1  # of an encoder's weights beside those that its config makes
SOUND = "sound"
CROSS = "cross"


@dataclass(frozen=True)
class EncoderTokens:
    """What an encoder makes of a picture or of sound: ``pieces`` passes over ``patches`` each, and ``tokens``."""

    pieces: int
    patches: int
    tokens: int


@dataclass(frozen=True, eq=False)
class Tower:
    """An encoder by its settings; ``out`` is the width of the language model that it feeds."""

    record: Record
    settings: Config
    out: float

    @property
    def reads(self) -> str:
        """How a picture becomes tokens: ``whole``, ``native``, ``tiles``; or ``sound``."""
        return str(self.record.meta["reads"])

    @property
    def enters_text(self) -> bool:
        """Whether its tokens stand among the prompt's; else layers of their own attend to them."""
        return str(self.record.meta.get("enters", "text")) != CROSS

    def picture(self, width: int, height: int) -> EncoderTokens:
        """What is made of a picture of so many pixels.

        Parameters
        ----------
        width, height : of the picture [pixel]

        Returns pieces, patches of each and tokens in all.
        """
        side = number_in(self.settings, "image_size", 0)
        merge = number_in(self.settings, "merge", 1)
        cell = number_in(self.settings, "patch_size") * merge
        if self.reads == "native":
            rows, columns = self._cells(width, height, cell)
            return EncoderTokens(1, round(rows * columns * merge**2), rows * columns)
        patches = int(side // number_in(self.settings, "patch_size")) ** 2
        each = round(patches / merge**2)
        if self.reads == "whole":
            return EncoderTokens(1, patches, each)
        tiles = _tiles(width, height, self.settings)
        more = 1 if self.settings.get("thumbnail") and tiles > 1 else 0
        return EncoderTokens(tiles + more, patches, (tiles + more) * each)

    def sound(self, seconds: float) -> EncoderTokens:
        """What is made of so many seconds of sound: windows of 30 s, the last filled up.

        Parameters
        ----------
        seconds : of sound

        Returns windows, frames of each and tokens in all.
        """
        rate = number_in(self.settings, "tokens_per_second")
        frames = int(number_in(self.settings, "max_source_positions", 1500))
        return EncoderTokens(math.ceil(seconds / WINDOW_S), frames, math.ceil(seconds * rate))

    def forward(self, seen: EncoderTokens) -> Pass:
        """The pass over one piece, with what joins it to the language model.

        Parameters
        ----------
        seen : whose patches a piece has

        Returns the pass.
        """
        if self.reads == SOUND:
            return whisper(self.settings).encoder
        config, tally = self.settings, Tally(self.record.name)
        layers, width = number_in(config, "num_hidden_layers"), number_in(config, "hidden_size")
        inner, gated = number_in(config, "intermediate_size"), bool(config.get("gated"))
        tally.head = width / number_in(config, "num_attention_heads")
        rows = np.asarray(float(seen.patches))
        tally.product(rows, width, width, 4 * layers, name="queries, keys, values and output")
        whole = number_in(config, "full_layers", layers)
        tally.attention(rows, rows, width, whole)
        if whole < layers:
            near = np.minimum(rows, number_in(config, "window"))
            tally.attention(rows, near, width, layers - whole, "window")
        feed_forward(tally, rows, width, inner, layers, gated)
        tally.elementwise(rows * width, VISION[0] * layers, VISION[1] * layers)
        patch = number_in(config, "patch_size")
        tally.product(rows, 3 * number_in(config, "frames", 1) * patch**2, width, name="patches")
        tally.weights += (number_in(config, "positions", 0) + 4 * layers) * width
        self._join(tally, rows)
        return tally.done()

    def _join(self, tally: Tally, rows: np.ndarray) -> None:
        """Two products from merged patches to the language model's width, as often as layers of it are fed."""
        if self.settings.get("pooled"):  # patches are averaged, then one product
            tally.product(rows / self._merged, number_in(self.settings, "hidden_size"), self.out, bias=False)
            return
        merged = number_in(self.settings, "hidden_size") * self._merged
        middle = number_in(self.settings, "projector", merged)
        count = number_in(self.settings, "mergers", 1)
        tally.product(rows / self._merged, merged, middle, count, name="merger")
        tally.product(rows / self._merged, middle, self.out, count, name="merger")

    @property
    def _merged(self) -> float:
        return number_in(self.settings, "merge", 1) ** 2

    def _cells(self, width: int, height: int, cell: float) -> tuple[int, int]:
        """Tokens of the two sides, after the picture is scaled into the limits of tokens in all."""
        low, high = (number_in(self.settings, name) for name in ("min_tokens", "max_tokens"))
        rows, columns = max(1, round(height / cell)), max(1, round(width / cell))
        area = width * height / cell**2
        if rows * columns > high:
            scale = math.sqrt(area / high)
            return max(1, int(height / scale / cell)), max(1, int(width / scale / cell))
        if rows * columns < low:
            scale = math.sqrt(low / area)
            return math.ceil(height * scale / cell), math.ceil(width * scale / cell)
        return rows, columns


def _tiles(width: int, height: int, config: Config) -> int:
    """Tiles of the grid whose shape is nearest to the picture's.

    Of grids of one shape: the smallest that the picture fits unscaled where the processor wants to ``reach`` it
    (Llama), else the largest of which the picture has more than half the pixels (InternVL).
    """
    most, side, shape = int(number_in(config, "max_tiles")), number_in(config, "image_size"), width / height
    grids = [(across, down) for across in range(1, most + 1) for down in range(1, most // across + 1)]
    near = min(abs(math.log(shape * down / across)) for across, down in grids)
    alike = sorted(across * down for across, down in grids if abs(math.log(shape * down / across)) <= near + 1e-9)
    tiles = width * height / side**2
    if config.get("reach"):
        return next((count for count in alike if count >= tiles), alike[-1])
    return max((count for count in alike if tiles > count / 2), default=alike[0])


def towers_of(model: Model, catalog: Catalog) -> tuple[Tower, ...]:
    """The encoders of a model, by its own config or by its name in the catalog.

    Parameters
    ----------
    model : the language model
    catalog : whose records are searched

    Returns those that are known; none for a model that reads text alone. Raises WattlineError for a config whose
    encoders do not have the weights that it says.
    """
    if model.senses:
        own = tuple(tower for sense in model.senses if (tower := _of_config(sense, model, catalog)) is not None)
        counted = sum(tower.forward(_square(tower)).parameters for tower in own)
        if len(own) == len(model.senses) and model.vision_params and abs(counted / model.vision_params - 1) > TOLERANCE:
            raise WattlineError(
                f"pictures: the encoder of {model.key} has {model.vision_params / 1e6:,.0f}M weights by its config, "
                f"not the {counted / 1e6:,.0f}M of {own[0].record.title}: how it reads is not known"
            )
        return own
    records = [r for r in catalog.records(KIND).values() if model.key in r.meta["models"]]
    return tuple(Tower(record, record.meta["settings"], float(model.hidden)) for record in records)


def _of_config(sense: Sense, model: Model, catalog: Catalog) -> Tower | None:
    """The family's encoder with the config's settings; None for a type whose pictures or sound are not known."""
    part, kind, _ = sense
    for record in catalog.records(KIND).values():
        if (record.meta["reads"] == SOUND) == (part == SOUND_PART) and kind in record.meta.get("types", ()):
            return Tower(record, merged_settings(record.meta["settings"], sense), float(model.hidden))
    return None


def _square(tower: Tower) -> EncoderTokens:
    return tower.sound(WINDOW_S) if tower.reads == SOUND else tower.picture(1024, 1024)


def find_tower(model: Model, what: str, catalog: Catalog) -> Tower:
    """The encoder of a model that reads ``pictures`` or ``sound``.

    Parameters
    ----------
    model : the language model
    what : ``pictures`` or ``sound``
    catalog : whose records are searched

    Returns the encoder. Raises WattlineError for a model that reads none, or whose encoder is not known.
    """
    known = [tower for tower in towers_of(model, catalog) if (tower.reads == SOUND) == (what == SOUND)]
    if known:
        return known[0]
    every = [record for record in catalog.records(KIND).values() if (record.meta["reads"] == SOUND) == (what == SOUND)]
    strange = [kind for part, kind, _ in model.senses if (part == SOUND_PART) == (what == SOUND)]
    if strange:
        types = ", ".join(sorted({kind for record in every for kind in record.meta.get("types", ())}))
        raise WattlineError(f"{what}: how a config of type {strange[0]!r} reads them is not known; known: {types}")
    others = ", ".join(sorted(name for record in every for name in record.meta["models"])[:6])
    raise WattlineError(f"{what}: {model.key} takes none, or how is not known; take one such as {others}")
