"""Blocks that the transformers of images, video and text are made of, added to a tally."""

from __future__ import annotations

import numpy as np

from wattline.core.fact import Array
from wattline.line.work.diffusion.sizes import Sizes
from wattline.line.work.diffusion.tally import Tally


def tokens_of(sizes: Sizes, patch: float, space: float = 8.0) -> Array:
    """Tokens of an image after the decoder's compression and the patches.

    Parameters
    ----------
    sizes : of the image
    patch : latent values of height or width that a token stands for
    space : pixels of height or width that a latent value stands for

    Returns tokens, of the sizes' shape.
    """
    _, height, width = sizes.latent(space)
    return np.asarray(np.ceil(height / patch) * np.ceil(width / patch))


def time_embedding(tally: Tally, hidden: float, inputs: float = 256.0, count: float = 1.0) -> None:
    """The step's embedding: two products of one row.

    Parameters
    ----------
    tally : to which the operations and weights are added
    hidden : width of the network
    inputs : width of the step's encoding
    count : number of such embeddings
    """
    tally.product(1.0, inputs, hidden, count)
    tally.product(1.0, hidden, hidden, count)
    tally.elementwise(hidden, 4, 8 * count)


def feed_forward(tally: Tally, rows: Array, hidden: float, inner: float, count: float, gated: bool = False) -> None:
    """Two products with an activation between them; a gated one has its first twice as wide.

    Parameters
    ----------
    tally : to which the operations and weights are added
    rows : tokens
    hidden, inner : width outside and inside
    count : number of blocks
    gated : whether the first product is twice as wide
    """
    tally.product(rows, hidden, inner * (2 if gated else 1), count)
    tally.product(rows, inner, hidden, count)


def self_attention(
    tally: Tally, rows: Array, keys: Array, hidden: float, width: float, count: float, bias: bool = True
) -> None:
    """Queries, keys, values and output of ``rows`` tokens; the attention reaches to ``keys`` tokens.

    Parameters
    ----------
    tally : to which the operations and weights are added
    rows, keys : tokens that look, and that are looked at
    hidden : width of the network
    width : heads × size of a head
    count : number of blocks
    bias : whether queries, keys and values have one
    """
    tally.product(rows, hidden, width, 3 * count, bias)
    tally.product(rows, width, hidden, count, True)
    tally.attention(rows, keys, width, count)


def double_stream(
    tally: Tally, image: Array, text: Array, width: float, blocks: float, extra: tuple[float, float],
    inner: float | None = None,
) -> None:  # fmt: skip
    """Blocks whose image and text have weights of their own and one attention.

    Parameters
    ----------
    tally : to which the operations and weights are added
    image, text : tokens of either
    width : of the network
    blocks : number of them
    extra : elementwise passes and kernels of a block
    inner : width inside the feed-forward; four times ``width`` where None
    """
    both = np.asarray(image + text)
    for rows in (image, text):
        tally.product(rows, width, width, 4 * blocks, name="queries, keys, values, output")
        feed_forward(tally, rows, width, inner or 4 * width, blocks)
    tally.product(1.0, width, 6 * width, 2 * blocks, name="modulation")
    tally.attention(both, both, width, blocks)
    tally.elementwise(both * width, extra[0] * blocks, extra[1] * blocks)


def single_stream(tally: Tally, both: Array, width: float, blocks: float, extra: tuple[float, float]) -> None:
    """Blocks that take image and text together, attention and feed-forward side by side.

    Parameters
    ----------
    tally : to which the operations and weights are added
    both : tokens of image and text
    width : of the network
    blocks : number of them
    extra : elementwise passes and kernels of a block
    """
    tally.product(both, width, width, 3 * blocks, name="queries, keys, values")
    tally.product(both, width, 4 * width, blocks)
    tally.product(both, 5 * width, width, blocks)
    tally.product(1.0, width, 3 * width, blocks, name="modulation")
    tally.attention(both, both, width, blocks)
    tally.elementwise(both * width, extra[0] * blocks, extra[1] * blocks)


def cross_attention_ends(
    tally: Tally, rows: Array, text: Array, width: float, widths: tuple[float, float, float], inputs: float = 256.0
) -> None:
    """What stands before and after the blocks of a transformer that reads its text by cross-attention.

    Parameters
    ----------
    tally : to which the operations and weights are added
    rows, text : tokens of what is made, and of the text
    width : of the network
    widths : values of a patch as it comes in, values of a patch as it goes out, and width of the text's states
    inputs : width of the step's encoding
    """
    into, out, caption = widths
    tally.product(rows, into, width)
    tally.product(rows, width, out)
    tally.product(text, caption, width)
    tally.product(text, width, width)
    time_embedding(tally, width, inputs)
    tally.product(1.0, width, 6 * width)


def cross_attention(
    tally: Tally, rows: Array, text: Array, width: float, text_width: float, count: float, bias: bool = True
) -> None:
    """Queries and output of ``rows`` tokens, keys and values of the text's.

    Parameters
    ----------
    tally : to which the operations and weights are added
    rows, text : tokens that look, and that are looked at
    width, text_width : of the network and of the text's states
    count : number of blocks
    bias : whether the products have one
    """
    tally.product(rows, width, width, 2 * count, bias)
    tally.product(text, text_width, width, 2 * count, bias)
    tally.attention(rows, text, width, count, name="cross-attention")
