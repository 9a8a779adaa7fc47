"""What the end of a benchmark's run takes of a server's steady rate.

LoadGen (MLCommons, inference/loadgen/results.cc) lets all tokens of a Server run stand over the time till the request
that came last is done: as much longer than requests came as this one takes. That is little where answers are short, and
much where they run for minutes. A run without latencies, Offline, ends with the longest answer; that is not counted
here, for steps with few requests left are shorter than the steps of a whole batch by an unknown part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wattline.core.fact import Array


@dataclass(frozen=True)
class BenchmarkRun:
    """The requests of a run that come by chance, and its least time.

    Attributes
    ----------
    requests : samples of the set, which a run sends once or several times as a whole
    least_s : time of a run at least [s]
    last_tokens : of the answer to the request that comes last
    """

    requests: float
    least_s: float
    last_tokens: float

    def share(self, requests_per_s: Array, step_s: Array) -> Array:
        """Share of a server's steady rate that the whole run shows.

        Parameters
        ----------
        requests_per_s : that the server takes
        step_s : seconds of a step, which makes a token of each answer

        Returns
        -------
        From 0 to 1, of the shape that the arrays broadcast to.
        """
        set_s = self.requests / np.maximum(requests_per_s, 1e-9)
        coming_s = set_s * np.maximum(np.ceil(self.least_s / set_s), 1.0)
        return np.asarray(coming_s / (coming_s + self.last_tokens * step_s))
