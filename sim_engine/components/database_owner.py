"""What a database has that replicas are linked from: it leads the cluster, and its parameters are those of the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Metric
from sim_engine.components.database_cluster import Cluster, cluster_of
from sim_engine.components.database_node import DatabaseNode
from sim_engine.texts import _
from sim_engine.world.figures import Told

if TYPE_CHECKING:
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

WRITES_LOST = Metric("writes_lost", _("Writes lost"), "requests", "count")


class DatabaseOwner(DatabaseNode):
    """Base of the databases that replicas follow; not a kind itself."""

    actions = (*DatabaseNode.actions, "stop_replication")

    @classmethod
    def answers_to(cls, me: Instance, verb: str, asker: Instance) -> list[Instance]:
        cluster = cluster_of(me)
        return [me] if cluster is None else cluster.answers(verb, asker)

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        yield from super().life(world, me)
        yield from cls.cluster(world, me).life(world)

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        cluster = cls.cluster(world, me)
        replicas = {link_id: world.target_of(link_id) for link_id in me.links_of("replicas")}
        cluster.adopt(replicas)
        for member in cluster.members:
            member.memory["cluster"], member.settings_from = cluster, me
            world.data.share_dataset(member, me)

    @classmethod
    def wired(cls, world: World, me: Instance) -> None:
        cls.cluster(world, me).refresh(world)

    @classmethod
    def parted(cls, world: World, me: Instance) -> None:
        """Whoever could reach only one of two primaries may reach the other one now."""
        cluster = cls.cluster(world, me)
        if cluster.rival is not None:
            cluster.refresh(world)

    @classmethod
    def cluster(cls, world: World, me: Instance) -> Cluster:
        if "cluster" not in me.memory:
            me.memory["cluster"] = Cluster(me)
        found = me.memory["cluster"]
        assert isinstance(found, Cluster)
        return found

    @classmethod
    def act(cls, world: World, me: Instance, name: str, arguments: Mapping[str, Any], begins: bool) -> str | None:
        cluster = cls.cluster(world, me)
        if begins:
            cluster.stop_replication(world)
        else:
            cluster.resume_replication(world)
        return None

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return {**super().measure(window), "writes_lost": Told(_writes_lost)}


def _writes_lost(window: NodeWindow) -> dict[str, float | None]:
    cluster = cluster_of(window.instance)
    return {"writes_lost": float(cluster.writes_lost if cluster is not None else 0)}
