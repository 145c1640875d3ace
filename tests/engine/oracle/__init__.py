"""The behaviour of docs/behaviour.md written a second time, in plain SimPy.

Written from that page alone, not from the engine: naive, one SimPy process for each message and each visit, a
`simpy.Resource` for everything that has a capacity, `random.Random(seed)` for luck. Slow and readable on purpose.
`simulate` takes the same design document as the engine and answers with the same headline numbers.
"""

from tests.engine.oracle.world import simulate

__all__ = ["simulate"]
