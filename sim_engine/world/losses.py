"""Losses followed to their end: who noticed, when traffic was back, what was lost on the way, and what in the design decided it.

Whoever loses, notices, promotes or starts again says so here; the counters of all requests are read once a second.
Left out: which request was lost to which of several losses at the same time. Each counts them all, and says so.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sim_engine.limits import limit
from sim_engine.world.group import Group
from sim_engine.world.incident import Cause, Incident
from sim_engine.world.instance import Instance
from sim_engine.world.readings import Level, Reading, read
from sim_engine.world.reasons import causes_afterwards, causes_at_once

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.faults import Fault
    from sim_engine.world.world import World

LOSSES: Final = (
    "errors",
    "cut",
    "partition",
    "isolate",
    "stop_replication",
    "stop_consumers",
    "disk_full",
    "pool_exhausted",
)  # faults, besides deaths
STEP_S: Final = 1.0  # from one reading to the next
BEFORE_STEPS: Final = 10  # the time before a loss that says what was usual
WINDOW_STEPS: Final = 3  # traffic is judged over so long
QUIET_S: Final = 10.0  # traffic that has been back for so long stays back


class Losses:
    def __init__(self, world: World) -> None:
        self._world = world
        self._readings: deque[Reading] = deque(maxlen=BEFORE_STEPS + 1)
        self._about: int | None = None
        self.all: list[Incident] = []

    def follow(self) -> Generator[simpy.Event, Any, None]:
        """Reads the counters as long as the run lasts."""
        while True:
            now = read(self._world)
            self._readings.append(now)
            for incident in self._open:
                self._look(incident, now)
            yield self._world.env.timeout(STEP_S)

    @property
    def _open(self) -> list[Incident]:
        return [incident for incident in self.all if incident.closed_s is None]

    def documents(self) -> list[dict[str, Any]]:
        return [incident.document(self._world.env.now) for incident in self.all]

    def take_changed(self) -> list[dict[str, Any]]:
        """Those that are not as they were in the last frame."""
        taken = []
        for incident in self.all:
            if incident.changed:
                incident.changed = False
                document = incident.document(self._world.env.now)
                if document != incident.sent:
                    incident.sent = document
                    taken.append(document)
        return taken

    # -- a loss
    def died(self, kind: str, component: str, label: str, dying: Iterable[Instance], silent: bool) -> None:
        """Called before they die. What dies again before its story is over is one story."""
        victims = frozenset(dying)
        known = next((i for i in self._open if i.is_death and (i.kind, i.component, i.victims) == (kind, component, victims)), None)
        if known is not None:
            known.times += 1
            known.over_s, known.changed = None, True
            return
        now, level = self._level()
        self._add(Incident(len(self.all) + 1, kind, component, None, label, None, victims, None, silent, now, level, now))

    def begins(self, fault: Fault, kind: str, label: str, sides: tuple[set[Instance], set[Instance]] | None) -> None:
        """A fault that takes something away has begun; sides: who cannot reach each other."""
        if fault.action not in LOSSES:
            return
        apart = None if sides is None else (frozenset(sides[0]), frozenset(sides[1]))
        if apart is None or fault.action == "isolate":
            victims = frozenset(self._world.faults.members(str(fault.component)))
        else:
            victims = apart[0] | apart[1]
        number, silent = len(self.all) + 1, apart is not None
        now, level = self._level()
        self._add(Incident(number, kind, fault.component, fault.link, label, fault.number, victims, apart, silent, now, level, now))

    def _level(self) -> tuple[Reading, Level]:
        """The counters now, and what was usual."""
        now = read(self._world)
        for other in self._open:
            if other.suffers or now.at_s - other.happened.at_s < BEFORE_STEPS * STEP_S:
                return now, other.level  # what is usual was to be seen before that one
        return now, Level(self._readings[0] if self._readings else now, now)

    def _add(self, incident: Incident) -> None:
        if len(self.all) >= limit("incidents"):
            return
        for other in self._open:
            incident.overlaps = other.overlaps = True
        self.all.append(incident)
        for cause in causes_at_once(self._world, incident):
            incident.add(cause)

    # -- what follows from it
    def _of(self, me: Instance, by: Instance | None = None) -> Incident | None:
        """The newest loss of somebody that is not over, else the newest that is still followed."""
        concerned = [incident for incident in reversed(self.all) if incident.concerns(me, by)]
        lasting = (incident for incident in concerned if incident.over_s is None)
        return next(lasting, None) or next((incident for incident in concerned if incident.closed_s is None), None)

    def number_of(self, me: Instance | Group) -> int | None:
        """Of the story that an event about somebody belongs to."""
        if self._about is not None:
            return self._about
        for incident in reversed(self.all):
            hit = any(victim.group is me for victim in incident.victims) if isinstance(me, Group) else me in incident.victims
            if hit and incident.closed_s is None:
                return incident.number
        return None

    def number_of_fault(self, fault: Fault) -> int | None:
        return next(
            (i.number for i in reversed(self._open) if i.fault == fault.number or (i.is_death and i.component == fault.component)), None
        )

    @contextmanager
    def about(self, target: Instance, by: Instance) -> Iterator[None]:
        """What is told meanwhile belongs to the loss of `target`, as `by` sees it."""
        incident = self._of(target, by)
        self._about = None if incident is None else incident.number
        try:
            yield
        finally:
            self._about = None

    def noticed(self, target: Instance, by: Instance) -> None:
        incident = self._of(target, by)
        if incident is None or incident.noticed is not None or incident.over_s is not None:
            return
        now_s = self._world.env.now
        incident.changed = True
        after_s = round(now_s - incident.happened.at_s, 6)
        incident.noticed = {"t": round(now_s, 6), "by": by.component_id, "label": by.label, "after_s": after_s}

    def decided(
        self, lost: Instance, code: str, who: Instance | Group, parameters: tuple[str, ...] = (),
        seen_by: Instance | None = None, link: str | None = None, **arguments: Any,
    ) -> None:  # fmt: skip
        """Something in the design has decided how a loss goes: the parameters of `who`, or of a link."""
        incident = self._of(lost, seen_by)
        if incident is not None:
            known = {"label": who.label, **arguments}
            incident.add(Cause(code, None if link else who.component_id, link, parameters, known))

    def writes_stop(self, me: Instance, owner: Instance) -> None:
        incident = self._of(me)
        if incident is not None:
            writes = incident.writes
            writes.without.add(owner.component_id)
            writes.stopped_s = self._world.env.now if writes.stopped_s is None else writes.stopped_s

    def writes_go_on(self, me: Instance, owner: Instance) -> None:
        """There is a primary again."""
        for incident in self.all:
            if incident.concerns(me) and owner.component_id in incident.writes.without:
                incident.writes.without.discard(owner.component_id)
                incident.writes.resumed_s = self._world.env.now
                incident.changed = True

    def lose_writes(self, me: Instance, count: int, seen_by: Instance | None = None) -> None:
        """Acknowledged ones that nobody has any more, with the primary that `me` was."""
        incident = self._of(me, seen_by)
        if incident is not None and count:
            per_s = incident.level.commits_per_s(me.node)
            incident.writes.lost += count
            incident.writes.lost_s = incident.writes.lost / per_s if per_s > 0.0 else None
            incident.changed = True

    def lose_messages(self, me: Instance, count: int) -> None:
        incident = self._of(me)
        if incident is not None:
            incident.messages_lost += count
            incident.changed = True

    def back(self, me: Instance) -> None:
        """Somebody runs again."""
        for incident in self.all:
            if incident.is_death and incident.over_s is None and me in incident.victims:
                self._end_if_nobody_is_missing(incident)

    def fault_over(self, number: int) -> None:
        for incident in self.all:
            if incident.fault == number and incident.over_s is None:
                incident.over_s, incident.changed = self._world.env.now, True

    def _end_if_nobody_is_missing(self, incident: Incident) -> None:
        if all(victim.alive or victim not in victim.group.members for victim in incident.victims):
            incident.over_s, incident.changed = self._world.env.now, True

    # -- the traffic
    def _look(self, incident: Incident, now: Reading) -> None:
        """One more second of a loss."""
        if now.at_s <= incident.last.at_s:
            return
        if incident.is_death and incident.over_s is None:
            self._end_if_nobody_is_missing(incident)
        incident.window = [*incident.window, incident.last][-WINDOW_STEPS:]
        incident.last, incident.changed = now, True
        incident.waiting_most = max(incident.waiting_most, now.waiting - incident.level.after.waiting)
        first = incident.window[0]
        good = incident.level.is_back(first, [*incident.window[1:], now])
        whole = now.at_s - first.at_s > (WINDOW_STEPS - 1) * STEP_S
        if not good and not incident.suffers:
            incident.fell_s = incident.window[-1].at_s if incident.fell_s is None else incident.fell_s
            incident.recovered_s = None
        elif good and incident.suffers and whole:
            incident.recovered_s = max(first.at_s, incident.fell_s or 0.0)
            self._tell_recovery(incident)
        self._close_if_quiet(incident, now, good and not incident.level.is_stale(first, now) and not incident.level.is_behind(now))

    def _close_if_quiet(self, incident: Incident, now: Reading, quiet: bool) -> None:
        """A story ends when traffic has been as before for a while, and nothing more is to be expected."""
        waits = bool(incident.writes.without) or (incident.over_s is None and not incident.is_death)
        if not quiet or waits:
            incident.quiet_since_s = None
        elif incident.quiet_since_s is None:
            incident.quiet_since_s = incident.window[0].at_s
        elif now.at_s - incident.quiet_since_s >= QUIET_S:
            incident.closed_s, incident.changed = now.at_s, True
            self._explain(incident)
            if incident.fell_s is None:
                self._tell_end(incident)
            elif incident.told_s != incident.recovered_s:
                self._tell_recovery(incident)

    def _tell_recovery(self, incident: Incident) -> None:
        """Once when it is first seen; again only when it was too early (at the end of the story)."""
        self._explain(incident)
        if incident.told_s is None or incident.closed_s is not None:
            incident.told_s = incident.recovered_s
            self._tell_end(incident)

    def _tell_end(self, incident: Incident) -> None:
        """Traffic is back, or has never been away."""
        back_s, began_s = incident.recovered_s, incident.happened.at_s
        code = "loss_without_effect" if back_s is None else "traffic_back"
        arguments = {
            "seconds": 0.0 if back_s is None else back_s - began_s,
            "requests": incident.lost_requests(), "writes": incident.writes.lost, "messages": incident.messages_lost,
        }  # fmt: skip
        place = incident.component or incident.link
        self._world.story.tell(code, place, incident.label, "good", back_s is not None, arguments, incident.number)

    def _explain(self, incident: Incident) -> None:
        for cause in causes_afterwards(self._world, incident):
            incident.add(cause)
