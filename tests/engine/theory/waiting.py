"""The rows that wait for a part of the product that is not there yet, and for which."""

from tests.engine.theory.rules import Waits

MEASURED = "nothing: measured on one system whose distributions were not published"
FITS = "mixtures of a Pareto and an exponential distribution, as the fits are"
AVAILABILITY = "failures at random (MTTF and MTTR) over a long time"
CONGESTION = "congestion control that halves its window at a loss"
WEB = "share links: the web part's tests"
INSIDE = "nothing: inside a machine, and in no component's parameters"
IN_A_MACHINE = ("L1 ref", "branch", "L2 ref", "mutex", "main memory", "compress", "read 1 MB", "disk seek")
NEWER = "nothing: disks are over the network by default, and cite newer sources"

WAITS = [
    Waits("Q11", "serverless functions (cold starts)"),
    Waits("Q38", AVAILABILITY),
    Waits("Q50", CONGESTION, name="Mathis"),
    Waits("Q53", WEB),
    Waits("Q54", "Bloom filters"),
    Waits("Q57", "tests/engine/test_coverage_of_intervals.py, not this table", name="confidence-interval"),
    Waits("Q57", "tests/engine/test_theory_samplers.py, not this table", name="sampler"),
    Waits("Q57", "tests/engine/test_determinism.py, not this table", name="determinism"),
    Waits("E01", MEASURED),
    Waits("E02", MEASURED),
    Waits("E03", FITS),
    *(Waits("E04", INSIDE, params=what) for what in IN_A_MACHINE),
    Waits("E04", NEWER, params="SSD random"),
]
