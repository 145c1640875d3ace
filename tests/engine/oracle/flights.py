"""Single flight: of several who want the same thing one fetches it, and the others wait for that one's outcome."""

import simpy

from tests.engine.oracle.basics import Answer, Clock, Steps


class Flights:
    """What is being fetched, by key."""

    def __init__(self, env: Clock) -> None:
        self.env = env
        self.under_way: dict[int, simpy.Event] = {}

    def share(self, key: int, fetch: Steps[Answer]) -> Steps[Answer]:
        if key in self.under_way:
            fetch.close()
            answer: Answer = yield self.under_way[key]
            return answer
        flight = self.under_way[key] = self.env.event()
        answer = Answer("crashed")
        try:
            answer = yield from fetch
        finally:
            if self.under_way.get(key) is flight:
                del self.under_way[key]
            flight.succeed(answer)
        return answer

    def forget(self) -> None:
        """Who comes now fetches anew."""
        self.under_way.clear()
