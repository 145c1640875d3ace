"""The rows that wait for a part of the product that is not there yet, and for which."""

from tests.engine.theory.rules import Waits

MEASURED = "nothing: measured on one system whose distributions were not published"
SO_HEAVY = "nothing: its Pareto part is so heavy (1.51) that it takes tens of millions of requests to be sure within the tolerance"
AVAILABILITY = "failures at random (MTTF and MTTR): faults begin when a scenario or a person says so"
CONGESTION = "congestion control that halves its window when a segment is lost: a link loses whole messages"
WEB = "nothing: names drawn at random are no requests; secret links have 192 random bits (playground/designs/store.py)"
INSIDE = "nothing: inside a machine, and in no component's parameters"
IN_A_MACHINE = ("L1 ref", "branch", "L2 ref", "mutex", "main memory", "compress", "read 1 MB", "disk seek")
NEWER = "nothing: disks are over the network by default, and cite newer sources"

WAITS = [
    Waits("Q11", "machines that go off as soon as they are idle and start when somebody comes (serverless functions)"),
    Waits("Q38", AVAILABILITY),
    Waits("Q50", CONGESTION, name="Mathis"),
    Waits("Q53", WEB),
    Waits("Q54", "Bloom filters: no component has one"),
    Waits("Q57", "tests/engine/test_coverage_of_intervals.py, not this table", name="confidence-interval"),
    Waits("Q57", "tests/engine/test_theory_samplers.py, not this table", name="sampler"),
    Waits("Q57", "tests/engine/test_determinism.py, not this table", name="determinism"),
    Waits("E01", MEASURED),
    Waits("E03", SO_HEAVY, quantity="t-visibility", params="LNKD-DISK"),
    Waits("E02", MEASURED),
    *(Waits("E04", INSIDE, params=what) for what in IN_A_MACHINE),
    Waits("E04", NEWER, params="SSD random"),
]
