"""Who of a group of devices may draw how much: floors first, then by priority what each wants, then the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NEAR = 0.9  # a device that draws so much of its cap wants more
MARGIN, MARGIN_W = 1.1, 10.0  # of what one draws below that: how far its cap stays above
STILL_SHARE = 0.02  # of the ceiling: a smaller change is none
PATIENCE = 3  # rounds that a device must want less before its cap follows


@dataclass(frozen=True)
class Member:
    """A device of the group: a higher ``priority`` is served first, none gets less than ``floor_w``."""

    key: str
    name: str
    priority: int
    floor_w: float
    ceiling_w: float


def allot(members: Sequence[Member], wanted_w: Mapping[str, float], budget_w: float) -> dict[str, float]:
    """Caps that together stay within a budget.

    Parameters
    ----------
    members : of the group, whose floors fit into the budget
    wanted_w : by key, what each wants [W]
    budget_w : for all of them [W]

    Returns
    -------
    By key, from floor to ceiling [W]; their sum is at most the budget.
    """
    caps = {member.key: member.floor_w for member in members}
    left = budget_w - sum(caps.values())
    for goal in (wanted_w, {member.key: member.ceiling_w for member in members}):
        for priority in sorted({member.priority for member in members}, reverse=True):
            left -= _fill([each for each in members if each.priority == priority], goal, caps, left)
    return caps


def _fill(members: Sequence[Member], goal: Mapping[str, float], caps: dict[str, float], left: float) -> float:
    """Raise caps of one priority to their goals, in equal shares of what they lack; the watts that this took."""
    lack = {each.key: max(min(goal[each.key], each.ceiling_w) - caps[each.key], 0.0) for each in members}
    total = sum(lack.values())
    if total <= 0 or left <= 0:
        return 0.0
    share = min(left / total, 1.0)
    for key, watts in lack.items():
        caps[key] += share * watts
    return share * total


@dataclass
class Governor:
    """Turns readings into caps, round by round; what is lowered comes one round before what is raised by it.

    ``others_w``: what the group may not have, since it belongs to others of the budget.
    """

    members: Sequence[Member]
    budget_w: float
    caps: dict[str, float] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)
    _quiet: dict[str, int] = field(default_factory=dict)

    def begin(self) -> dict[str, float]:
        """The first caps, before anything is read: every device at once within the budget."""
        self.caps = allot(self.members, {each.key: each.ceiling_w for each in self.members}, self.budget_w)
        self._before = dict(self.caps)
        return dict(self.caps)

    def round(self, drawn_w: Mapping[str, float | None], budget_w: float | None = None) -> dict[str, float]:
        """The caps of the next round.

        Parameters
        ----------
        drawn_w : by key, what each draws now [W]; None where it is not known, which counts as all it may
        budget_w : for this round, where it has changed [W]

        Returns
        -------
        By key [W].
        """
        if budget_w is not None:
            self.budget_w = budget_w
        wanted = {each.key: self._wanted(each, drawn_w.get(each.key)) for each in self.members}
        target = allot(self.members, wanted, self.budget_w)
        in_force = {key: max(self._before[key], self.caps[key]) for key in self.caps}
        new = {}
        for member in self.members:
            now, then = self.caps[member.key], target[member.key]
            still = STILL_SHARE * member.ceiling_w
            new[member.key] = then if then < now or then - now > still else now
        room = self.budget_w - sum(max(in_force[key], new[key]) for key in new)
        if room < 0:  # what was lowered is not yet so: what is raised waits for it
            new = {key: min(value, self.caps[key]) for key, value in new.items()}
        self._before, self.caps = self.caps, new
        return dict(new)

    def _wanted(self, member: Member, drawn: float | None) -> float:
        """All it may where it draws near its cap, else what it draws and a margin, once it has been so for a while."""
        cap = self.caps[member.key]
        if drawn is None or drawn >= NEAR * cap:
            self._quiet[member.key] = 0
            return member.ceiling_w
        self._quiet[member.key] = self._quiet.get(member.key, 0) + 1
        return max(MARGIN * drawn + MARGIN_W, member.floor_w) if self._quiet[member.key] >= PATIENCE else cap
