"""Whisper and models of its kind: an encoder of 30 seconds of sound, and a decoder that writes a token a step.

Radford et al. 2022 (arXiv:2212.04356): sound is filled up to 30 s, of which the encoder makes 1,500 frames.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Config, number_in
from wattline.line.work.diffusion.tally import VALUE_BYTES, Pass, Tally
from wattline.line.work.diffusion.transformer_blocks import feed_forward, self_attention

WINDOW_S = 30.0
ENCODER, DECODER = (26.0, 8.0), (40.0, 12.0)  # elementwise passes of the width, and kernels, a layer


@dataclass(frozen=True, eq=False)
class SpeechPasses:
    """The encoder's pass over a window, the decoder's over one token, and what a window keeps in memory [B]: keys and
    values of the encoder's frames in every layer of the decoder (``cross``), and of each token written (``token``)."""

    encoder: Pass
    decoder: Pass
    cross_bytes: float
    token_bytes: float

    @property
    def parameters(self) -> float:
        """Weights of both."""
        return self.encoder.parameters + self.decoder.parameters


def whisper(config: Config) -> SpeechPasses:
    """The passes of a ``whisper`` configuration.

    Parameters
    ----------
    config : its ``config.json``

    Returns the passes. Raises WattlineError where a number is missing.
    """
    width, frames = number_in(config, "d_model"), number_in(config, "max_source_positions", 1500)
    layers = number_in(config, "decoder_layers")
    kept = 2 * width * layers * VALUE_BYTES
    return SpeechPasses(
        _encoder(config, width, np.asarray(frames)), _decoder(config, width, frames, layers), frames * kept, kept
    )


def _encoder(config: Config, width: float, rows: Array) -> Pass:
    tally = Tally("WhisperEncoder", head=64.0)
    layers, mels = number_in(config, "encoder_layers"), number_in(config, "num_mel_bins", 80)
    inner = number_in(config, "encoder_ffn_dim", 4 * width)
    tally.convolution(2 * rows, mels, width, 3.0)
    tally.convolution(rows, width, width, 3.0)
    self_attention(tally, rows, rows, width, width, layers)
    feed_forward(tally, rows, width, inner, layers)
    tally.elementwise(rows * width, ENCODER[0] * layers, ENCODER[1] * layers)
    # keys and values of the frames for each layer of the decoder, once a window
    tally.product(rows, width, width, 2 * number_in(config, "decoder_layers"))
    tally.weights += (4 * layers + 2) * width + float(rows) * width
    return tally.done()


def _decoder(config: Config, width: float, frames: float, layers: float) -> Pass:
    """One token: attention to what is written, and to the encoder's frames, whose keys and values stand."""
    tally = Tally("WhisperDecoder", head=64.0)
    inner = number_in(config, "decoder_ffn_dim", 4 * width)
    row, vocab = np.asarray(1.0), number_in(config, "vocab_size", 51865)
    self_attention(tally, row, row, width, width, layers)
    tally.product(row, width, width, 2 * layers)
    tally.attention(row, frames, width, layers, "cross")
    feed_forward(tally, row, width, inner, layers)
    tally.product(row, width, vocab, bias=False)  # the table of tokens, at work at the end
    tally.elementwise(width, DECODER[0] * layers, DECODER[1] * layers)
    tally.weights += number_in(config, "max_target_positions", 448) * width + (6 * layers + 2) * width
    return tally.done()
