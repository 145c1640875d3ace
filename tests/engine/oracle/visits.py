"""Visits: one page after the other, each a document, its files over a few connections, and calls for data."""

import math
from typing import TYPE_CHECKING

import simpy

from tests.engine.oracle.basics import Steps
from tests.engine.oracle.classes import DATA

if TYPE_CHECKING:
    from tests.engine.oracle.clients import Clients


class Visits:
    def __init__(self, clients: "Clients") -> None:
        self.clients = clients
        self.env = clients.env
        self.luck = clients.luck
        self.parameters = clients.parameters
        self.load_times_s: list[float] = []
        self.broken = 0

    def visit(self, address: int) -> Steps[None]:
        while True:
            yield from self._page(address)
            if self.luck.random() * self.parameters["pages_per_visit"] < 1:
                return
            yield self.env.timeout(self.clients.spread_s("reading_time_s"))

    def _page(self, address: int) -> Steps[None]:
        began = self.env.now
        if self.parameters["document"]:
            good = yield from self.clients.request("page", address)
            if good:
                files = yield from self._files(address)
                calls = yield from self._calls(address)
                good = files and calls
        else:
            calls = yield from self._calls(address)
            files = yield from self._files(address)
            good = files and calls
        if good:
            self.load_times_s.append(self.env.now - began)
        else:
            self.broken += 1

    def _number(self, mean: float) -> int:
        return math.floor(mean) + (self.luck.random() < mean % 1)

    def _calls(self, address: int) -> Steps[bool]:
        for _ in range(self._number(self.parameters["calls_per_page"])):
            if not (yield from self.clients.request(self.clients.mix.traffic(DATA), address)):
                return False
        return True

    def _files(self, address: int) -> Steps[bool]:
        """The branches take one file after the other until none is left."""
        left = list(range(self._number(self.parameters["assets_per_page"])))
        outcomes: list[bool] = []

        def branch() -> Steps[None]:
            while left:
                left.pop()
                outcomes.append((yield from self.clients.request("static", address)))

        number = min(self.parameters["connections"], len(left))
        yield simpy.AllOf(self.env, [self.env.process(branch()) for _ in range(number)])
        return all(outcomes)
