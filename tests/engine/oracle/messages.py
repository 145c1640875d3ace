"""Brokers: a queue of jobs, a topic with a copy for everybody, a log in partitions.

They differ only in which queues there are and who may be sent a message of which.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.engine.oracle.balancer import Streak
from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Pool, Request, Steps
from tests.engine.oracle.ring import spread
from tests.engine.oracle.stations import Station
from tests.engine.oracle.wires import Wire

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


@dataclass(eq=False)
class Message:
    request: Request
    published_at: float
    is_poison: bool = False
    tries: int = 0


@dataclass(eq=False)
class Consumer:
    wire: Wire
    group: str
    health: Streak
    out: int = 0


@dataclass(eq=False)
class Queue:
    """Messages for some consumers: of one group, or of all where it is None. partition: its number in an event log."""

    group: str | None
    partition: int | None = None
    at_once: float = math.inf
    waiting: list[Message] = field(default_factory=list)
    under_way: list[Message] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.waiting) + len(self.under_way)


class Broker(Part):
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.connections = Pool(self.env, parameters["max_connections"], 0, self.queue)
        self.cpu = Station(self.env, parameters["cores"], self.queue)
        self.disk = Station(self.env, 1, self.queue)
        self.consumers: list[Consumer] = []
        self.queues: list[Queue] = []
        self.place = 0
        self.lives = 0
        self.dead_letters = self.messages_lost = 0
        self.stopped = False
        self.poison_ratio = 0.0
        self.programs = {"publish": self._publish}

    def connect(self, target_name: str, wire: Wire) -> None:
        p = self.parameters
        self.consumers.append(Consumer(wire, target_name, Streak(p["unhealthy_threshold"], p["healthy_threshold"])))

    def start(self) -> None:
        self.queues = list(self._make_queues(list(dict.fromkeys(consumer.group for consumer in self.consumers))))
        self.env.process(self._retain())
        for consumer in self.consumers:
            self.env.process(self._watch(consumer))

    def _make_queues(self, groups: list[str]) -> Iterator[Queue]:
        raise NotImplementedError

    def _queues_for(self, request: Request) -> list[Queue]:
        return self.queues

    def _who_may(self, queue: Queue) -> list[Consumer]:
        return [consumer for consumer in self.consumers if consumer.health.inside and queue.group in (None, consumer.group)]

    def _is_urgent(self, message: Message) -> bool:
        return False

    # Publishing

    def _publish(self, request: Request) -> Steps[Answer]:
        p = self.parameters
        if self.connections.is_full():
            return Answer("connection_limit")
        with self.connections.take() as connection:
            yield from connection
            yield from self.cpu.serve(p["operation_ms"] * MS)
            if p["storage"] == "disk" and not p["flush_interval_ms"]:
                yield from self.disk.serve(p["store_ms"] * MS)
            if self.disk_full and p["storage"] == "disk":
                return Answer("disk_full")
            bad = self.luck.random() < self.poison_ratio
            taken = [self._put(queue, Message(request, self.env.now, bad)) for queue in self._queues_for(request)]
            return Answer() if all(taken) else Answer("broker_full")

    def _put(self, queue: Queue, message: Message) -> bool:
        """Whether the queue takes the message."""
        if len(queue) >= self.parameters["max_messages"]:
            if self.parameters["when_full"] == "refuse" or not queue.waiting:
                return False
            queue.waiting.remove(min(queue.waiting, key=lambda waiting: waiting.published_at))
            self.messages_lost += 1
        self._line_up(queue, message, first=False)
        self._hand_out(queue)
        return True

    def _line_up(self, queue: Queue, message: Message, first: bool) -> None:
        """Last, or first, of those that are as urgent."""
        urgent = sum(self._is_urgent(waiting) for waiting in queue.waiting)
        if self._is_urgent(message):
            queue.waiting.insert(0 if first else urgent, message)
        else:
            queue.waiting.insert(urgent if first else len(queue.waiting), message)

    def _retain(self) -> Steps[None]:
        """Looks now and then at what waits."""
        retention = self.parameters["retention_s"]
        while retention:
            yield self.env.timeout(max(1.0, min(60.0, retention / 20)))
            for queue in self.queues if self.alive else []:
                young = [message for message in queue.waiting if message.published_at >= self.env.now - retention]
                self.messages_lost += len(queue.waiting) - len(young)
                queue.waiting = young

    # Delivering

    def _hand_out(self, queue: Queue) -> None:
        while self.alive and not self.stopped and queue.waiting and len(queue.under_way) < queue.at_once:
            free = [consumer for consumer in self._who_may(queue) if consumer.out < self.parameters["prefetch"]]
            if not free:
                return
            message = queue.waiting.pop(0)
            queue.under_way.append(message)
            consumer = self._fewest(free)
            consumer.out += 1
            self.env.process(self._deliver(queue, message, consumer))

    def _fewest(self, free: list[Consumer]) -> Consumer:
        fewest = min(consumer.out for consumer in free)
        everybody = len(self.consumers)
        for step in range(everybody):
            consumer = self.consumers[(self.place + step) % everybody]
            if consumer in free and consumer.out == fewest:
                self.place = (self.place + step + 1) % everybody
                return consumer
        raise AssertionError("one of them has the fewest")

    def stop(self, stopped: bool) -> None:
        """No consumer gets a message any more, or they do again."""
        self.stopped = stopped
        self._hand_out_all()

    def _hand_out_all(self) -> None:
        for queue in self.queues:
            self._hand_out(queue)

    def _deliver(self, queue: Queue, message: Message, consumer: Consumer) -> Steps[None]:
        p = self.parameters
        life = self.lives
        yield from self.cpu.serve(p["operation_ms"] * MS)
        request = replace(message.request, is_poison=message.is_poison)
        answer = yield from consumer.wire.send(request.verb, request, p["visibility_timeout_s"] or math.inf)
        consumer.out -= 1
        if life != self.lives:
            return
        if answer.ok:
            queue.under_way.remove(message)
        else:
            self.env.process(self._try_again(queue, message, answer.cause != "refused"))
        self._hand_out_all()

    def _try_again(self, queue: Queue, message: Message, counts: bool) -> Steps[None]:
        life = self.lives
        message.tries += counts
        if 0 < self.parameters["max_deliveries"] <= message.tries:
            queue.under_way.remove(message)
            self.dead_letters += 1
            return
        yield self.env.timeout(self.parameters["redelivery_delay_ms"] * MS)
        if life == self.lives:
            queue.under_way.remove(message)
            self._line_up(queue, message, first=True)
            self._hand_out(queue)

    def _watch(self, consumer: Consumer) -> Steps[None]:
        p = self.parameters
        yield self.env.timeout(p["health_check_interval_s"] * self.luck.random())
        while True:
            began = self.env.now
            if self.alive:
                answer = yield from consumer.wire.send("check", Request(), p["health_check_timeout_ms"] * MS)
                if self.alive:
                    consumer.health.hear(answer.ok)
                    self._hand_out_all()
            yield self.env.timeout(max(0.0, began + p["health_check_interval_s"] - self.env.now))

    # Dying

    def forget(self) -> None:
        self.lives += 1
        for queue in self.queues:
            for message in reversed(queue.under_way):
                self._line_up(queue, message, first=True)
            queue.under_way.clear()
            kept = [message for message in queue.waiting if self._is_stored(message)]
            self.messages_lost += len(queue.waiting) - len(kept)
            queue.waiting = kept

    def _is_stored(self, message: Message) -> bool:
        p = self.parameters
        interval = p["flush_interval_ms"] * MS
        if p["storage"] == "memory":
            return False
        return not interval or message.published_at <= math.floor(self.env.now / interval) * interval

    def come_back(self) -> None:
        self._hand_out_all()

    def resources(self) -> list[float]:
        return [self.cpu.utilisation(), self.disk.utilisation(), self.connections.utilisation()]

    def report(self) -> dict[str, float]:
        return super().report() | {"dead_letters": self.dead_letters, "messages_lost": self.messages_lost}


class MessageQueue(Broker):
    """One queue for all; urgent messages first; one message at a time where order matters."""

    def _make_queues(self, groups: list[str]) -> Iterator[Queue]:
        yield Queue(None, at_once=1 if self.parameters["in_order"] else math.inf)

    def _is_urgent(self, message: Message) -> bool:
        return message.request.traffic in self.parameters["urgent_classes"]


class Topic(Broker):
    """A queue for each linked component."""

    def _make_queues(self, groups: list[str]) -> Iterator[Queue]:
        return map(Queue, groups)


class EventLog(Broker):
    """For each linked component so many partitions, each given to one member of the group."""

    def _make_queues(self, groups: list[str]) -> Iterator[Queue]:
        for group in groups:
            for partition in range(self.parameters["partitions"]):
                yield Queue(group, partition, self.parameters["batch"])

    def _queues_for(self, request: Request) -> list[Queue]:
        partition = spread(f"partition of {request.key}") % self.parameters["partitions"]
        return [queue for queue in self.queues if queue.partition == partition]

    def _who_may(self, queue: Queue) -> list[Consumer]:
        members = super()._who_may(queue)
        assert queue.partition is not None
        return [members[queue.partition % len(members)]] if members else []
