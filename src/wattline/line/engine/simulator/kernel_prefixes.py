"""The store of prefix blocks, least recently used first out, compiled."""

from __future__ import annotations

from wattline.line.engine.simulator.kernel_parts import jit

BEFORE, AFTER, NONE = 0, 1, -1


@jit
def _unlink(links, ends, b):
    before, after = links[BEFORE, b], links[AFTER, b]
    if before == NONE:
        ends[0] = after
    else:
        links[AFTER, before] = after
    if after == NONE:
        ends[1] = before
    else:
        links[BEFORE, after] = before


@jit
def _append(links, ends, b):
    links[BEFORE, b], links[AFTER, b] = ends[1], NONE
    if ends[1] == NONE:
        ends[0] = b
    else:
        links[AFTER, ends[1]] = b
    ends[1] = b


@jit
def lru(block, offset, order, replica, room, links, cached, ends, hits):
    """Requests in ``order`` (replica by replica): ``hits`` gets each one's leading blocks that its store held."""
    size, present = 0, NONE
    for i in order:
        if replica[i] != present:  # the next replica begins empty
            present, size, ends[0], ends[1] = replica[i], 0, NONE, NONE
            cached[:] = False
        first, last = offset[i], offset[i + 1]
        count = 0
        while first + count < last and cached[block[first + count]]:
            count += 1
        hits[i] = count
        # the last block goes in first: of one prompt the tail is given up before the head
        for j in range(last - 1, first - 1, -1):
            b = block[j]
            if cached[b]:
                _unlink(links, ends, b)
            elif room > 0:
                if size == room:
                    oldest = ends[0]
                    _unlink(links, ends, oldest)
                    cached[oldest] = False
                else:
                    size += 1
                cached[b] = True
            else:
                continue
            _append(links, ends, b)
