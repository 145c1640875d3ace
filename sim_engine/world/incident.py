"""An incident: one loss, from the moment when it happened until traffic is as it was; what it cost and what decided that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim_engine.causes import CAUSES
from sim_engine.messages import MESSAGES, filled
from sim_engine.world.readings import Level, Reading, mean_ms

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance

MOST_CAUSES: Final = 12  # sentences of one incident: a card stays readable


@dataclass(frozen=True, slots=True)
class Cause:
    """A sentence about what in the design decided how a loss went, and the parameters that say so."""

    code: str  # a key of MESSAGES
    component: str | None
    link: str | None
    parameters: tuple[str, ...]
    arguments: dict[str, Any]

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        return self.code, self.component, self.link

    def document(self) -> dict[str, Any]:
        return {
            "code": self.code, "component": self.component, "link": self.link, "parameters": list(self.parameters),
            "arguments": self.arguments, "text": filled(MESSAGES[self.code], self.arguments),
        }  # fmt: skip


@dataclass(slots=True)
class Writes:
    """Time without a primary, and what had been acknowledged and is gone."""

    stopped_s: float | None = None
    resumed_s: float | None = None
    without: set[str] = field(default_factory=set)  # databases that take no writes now
    lost: int = 0
    lost_s: float | None = None

    def document(self, now_s: float) -> dict[str, Any]:
        until_s = now_s if self.without else self.resumed_s
        without_s = None if self.stopped_s is None or until_s is None else round(until_s - self.stopped_s, 6)
        return {
            "without_s": without_s, "back": not self.without, "lost": self.lost,
            "lost_s": None if self.lost_s is None else round(self.lost_s, 3),
        }  # fmt: skip


@dataclass(slots=True, eq=False)
class Incident:
    number: int
    kind: str  # of the event that tells of it
    component: str | None
    link: str | None
    label: str
    fault: int | None  # its number while it is on; None: somebody has died
    victims: frozenset[Instance]
    sides: tuple[frozenset[Instance], frozenset[Instance]] | None  # who cannot reach each other
    silent: bool
    happened: Reading
    level: Level
    last: Reading
    window: list[Reading] = field(default_factory=list)  # the last few seconds of it, oldest first
    noticed: dict[str, Any] | None = None
    fell_s: float | None = None
    recovered_s: float | None = None
    over_s: float | None = None
    closed_s: float | None = None
    told_s: float | None = None  # the recovery that the log tells of
    quiet_since_s: float | None = None
    times: int = 1
    overlaps: bool = False
    messages_lost: int = 0
    waiting_most: int = 0  # messages that waited at the worst, above those that did before
    writes: Writes = field(default_factory=Writes)
    causes: list[Cause] = field(default_factory=list)
    changed: bool = True
    sent: dict[str, Any] | None = None  # the document in the last frame that had one

    @property
    def suffers(self) -> bool:
        return self.fell_s is not None and self.recovered_s is None

    @property
    def is_death(self) -> bool:
        return self.fault is None

    def concerns(self, me: Instance, by: Instance | None = None) -> bool:
        """Whether it is `me` who was lost, or who `by` cannot reach."""
        if me in self.victims:
            return True
        if self.sides is None or by is None:
            return False
        first, second = self.sides
        return (me in first and by in second) or (me in second and by in first)

    def add(self, cause: Cause) -> None:
        """A sentence, in place of what the same has said before."""
        place = next((i for i, known in enumerate(self.causes) if known.key == cause.key), None)
        if place is not None:
            self.causes[place] = cause
        elif len(self.causes) < MOST_CAUSES:
            self.causes.append(cause)
        self.changed = True

    def lost_requests(self) -> int:
        return self.level.above(self.happened, self.last, "bad")

    def document(self, now_s: float) -> dict[str, Any]:
        """As it stands in frames and in the summary (docs/frames.md)."""
        began, last = self.happened, self.last
        errors = last.errors - began.errors
        return {
            "number": self.number, "kind": self.kind, "component": self.component, "link": self.link, "label": self.label,
            "happened_s": round(began.at_s, 6), "times": self.times, "noticed": self.noticed,
            "fell_s": _seconds(self.fell_s), "recovered_s": _seconds(self.recovered_s), "over_s": _seconds(self.over_s),
            "closed": self.closed_s is not None, "overlaps": self.overlaps,
            "requests": {
                "failed": last.failed - began.failed, "dropped": last.dropped - began.dropped, "above": self.lost_requests(),
                "retried": self.level.above(began, last, "retried"),
                "errors": {CAUSES[code].name: int(errors[code]) for code in np.flatnonzero(errors).tolist() if code},
            },
            "latency_ms": {"before": _rounded(self.level.latency_ms), "during": _rounded(mean_ms(began, last))},
            "writes": self.writes.document(now_s), "messages": {"lost": self.messages_lost, "waiting_most": self.waiting_most},
            "stale_reads": self.level.above(began, last, "stale"),
            "causes": [cause.document() for cause in self.causes],
        }  # fmt: skip


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
