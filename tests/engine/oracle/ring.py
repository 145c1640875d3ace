"""A ring of hashes: which of several nodes has a key."""

import bisect
import functools
import hashlib

PLACES = 100


def spread(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


class Ring:
    """Each node has 100 places; a key belongs to the next place from its own hash on."""

    def __init__(self, nodes: int) -> None:
        self.nodes = nodes
        self.places = sorted((spread(f"node {node} place {place}"), node) for node in range(nodes) for place in range(PLACES))

    def owner(self, key: int) -> int:
        return self.owners(key, 1)[0]

    def owners(self, key: int, wanted: int) -> list[int]:
        """The next so many different nodes, or all of them when there are fewer."""
        begin = bisect.bisect_left(self.places, (spread(f"key {key}"), 0))
        found: list[int] = []
        for _, node in self.places[begin:] + self.places[:begin]:
            if node not in found:
                found.append(node)
            if len(found) == min(wanted, self.nodes):
                break
        return found


@functools.cache
def ring_of(nodes: int) -> Ring:
    return Ring(nodes)
