"""What in a design decides how a loss goes, as far as its links and instances say: who stands in, who waits how long, who tries again.

What a kind of component decides by itself (promotion, flushing, time to live) it says itself (Losses.decided).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from sim_engine.world.incident import Cause

if TYPE_CHECKING:
    from sim_engine.catalogue.component import Port
    from sim_engine.world.group import Group
    from sim_engine.world.incident import Incident
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

MOST_OF_A_KIND: Final = 2  # sentences of one sort about one loss
CALLS: Final = ("call", "message")  # styles of ports whose callers wait for an answer


def causes_at_once(world: World, incident: Incident) -> Iterator[Cause]:
    """Known when it happens."""
    if incident.is_death:
        groups = list(dict.fromkeys(victim.group for victim in sorted(incident.victims, key=lambda me: me.id)))
        for group in [group for group in groups if not group.component.place_rank][:MOST_OF_A_KIND]:
            yield from _who_stands_in(world, incident, group)
    if incident.silent:
        for link_id in list(_links_into(world, incident))[:MOST_OF_A_KIND]:
            yield _patience(world, link_id)


def causes_afterwards(world: World, incident: Incident) -> Iterator[Cause]:
    """Known when traffic is back, or has gone on."""
    repeated = incident.level.above(incident.happened, incident.last, "retried")
    sources = [me for me in world.sources() if me.number == 1 and "retries" in me.values]
    trying = [me for me in sources if me.values["retries"]]
    lost = incident.lost_requests()
    if repeated:
        for me in trying[:MOST_OF_A_KIND]:
            arguments = {"label": me.label, "count": repeated, "times": me.values["retries"]}
            yield Cause("decided_retries", me.component_id, None, ("retries",), arguments)
        for link_id in [i for i, link in world.links.items() if link.parameters["retries"]][:MOST_OF_A_KIND]:
            arguments = {"label": _title(world, link_id), "count": repeated, "times": world.links[link_id].parameters["retries"]}
            yield Cause("decided_retries", None, link_id, ("retries",), arguments)
    elif lost and not trying:
        for me in sources[:MOST_OF_A_KIND]:
            yield Cause("decided_no_retries", me.component_id, None, ("retries",), {"label": me.label})
    if incident.fell_s is not None and incident.noticed is None:
        yield Cause("decided_unnoticed", incident.component, incident.link, (), {"label": incident.label})


def _who_stands_in(world: World, incident: Incident, group: Group) -> Iterator[Cause]:
    """Other instances, others that are called for the same, or nobody."""
    calls = [link_id for link_id in world.links_to(group.id) if _port(world, link_id).style in CALLS]
    left = [me for me in group.members if me.alive and me not in incident.victims]
    parameters = ("instances",) if group.component.grows else ()
    if left:
        yield Cause("decided_others_remain", group.id, None, parameters, {"label": group.label, "count": len(left)})
        return
    if not calls:
        return
    if any(_port(world, link_id).by_key and not group.component.grows for link_id in calls):
        yield Cause("decided_by_key", group.id, None, (), {"label": group.label})
        return
    if len(group.members) > 1:
        yield Cause("decided_all", group.id, None, parameters, {"label": group.label, "count": len(group.members)})
        return
    others = {other.group.label: other for link_id in calls for other in _alternatives(world, link_id, group)}
    others = {label: other for label, other in others.items() if other.alive and other not in incident.victims}
    if others:
        arguments = {"label": group.label, "others": ", ".join(list(others)[:3])}
        yield Cause("decided_others_answer", group.id, None, (), arguments)
    else:
        yield Cause("decided_alone", group.id, None, parameters, {"label": group.label})


def _alternatives(world: World, link_id: str, group: Group) -> Iterator[Instance]:
    """Who else is behind the same port of a caller, or answers the reads for the one who was lost."""
    source = world.asker_of(link_id)
    port = source.links[link_id]
    for other_id, name in source.links.items():
        if name == port and other_id != link_id:
            yield from world.group_behind(other_id).in_service
    yield from (me for me in group.component.answers_to(group.first, "read", source.first) if me.group is not group)


def _links_into(world: World, incident: Incident) -> Iterator[str]:
    """Links over which somebody now waits in vain."""
    if incident.link is not None:
        yield incident.link
        return
    lost = {me.group.id for me in incident.victims}
    first, second = ({me.group.id for me in side} for side in incident.sides or ((), ()))
    for link_id, link in world.links.items():
        if _port(world, link_id).style not in CALLS:
            continue
        inwards = incident.sides is None and link.target in lost and link.source not in lost
        across = (link.source in first and link.target in second) or (link.source in second and link.target in first)
        if inwards or across:
            yield link_id


def _patience(world: World, link_id: str) -> Cause:
    """How long a caller waits for somebody who does not answer."""
    source, timeout_ms = world.asker_of(link_id), world.links[link_id].parameters["timeout_ms"]
    own = source.component.own_timeout
    if own is not None and source.values[own] < timeout_ms:
        arguments = {"label": _title(world, link_id), "timeout_ms": source.values[own]}
        return Cause("decided_timeout", source.id, None, (own,), arguments)
    return Cause("decided_timeout", None, link_id, ("timeout_ms",), {"label": _title(world, link_id), "timeout_ms": timeout_ms})


def _port(world: World, link_id: str) -> Port:
    source = world.asker_of(link_id)
    return source.first.port(source.links[link_id])


def _title(world: World, link_id: str) -> str:
    return f"{world.asker_of(link_id).label} → {world.group_behind(link_id).label}"
