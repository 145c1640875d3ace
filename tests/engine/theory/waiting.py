"""The rows that wait for a part of the product that is not there yet, and for which."""

from tests.engine.theory.rules import Waits

ARRIVALS = "arrivals of other distributions than Poisson"
MEASURED = "nothing: measured on one system whose distributions were not published"
QUORUM = "a store with quorums (N, R, W)"
HASHING = "shards (consistent hashing)"
HOT_KEYS = "a report of the hottest keys"
AVAILABILITY = "failures at random (MTTF and MTTR) over a long time"
CONGESTION = "congestion control that halves its window at a loss"
WEB = "share links: the web part's tests"

WAITS = [
    Waits("Q07", ARRIVALS, params="D/M/1"),
    Waits("Q07", ARRIVALS, params="H2/M/1"),
    Waits("Q11", "serverless functions (cold starts)"),
    Waits("Q13", "a trace of departure times", name="Burke's theorem"),
    Waits("Q14", "operational bounds beside the measurement", name="operational bound"),
    Waits("Q16", "latency by the size of the work", name="M/G/1-PS conditional slowdown"),
    Waits("Q26", QUORUM),
    Waits("Q28", "cache policies besides LRU", name="FIFO/RANDOM"),
    Waits("Q30", "sliding expiry of a cache", name="TTL cache (sliding"),
    Waits("Q31", "request coalescing (single flight)", name="cache stampede, single-flight"),
    Waits("Q34", HOT_KEYS, name="hot key"),
    Waits("Q34", HASHING, name="hot shard"),
    Waits("Q37", AVAILABILITY),
    Waits("Q38", AVAILABILITY),
    Waits("Q40", QUORUM),
    Waits("Q50", CONGESTION, name="Mathis"),
    Waits("Q53", WEB),
    Waits("Q54", "Bloom filters"),
    Waits("Q57", "tests/engine/test_coverage_of_intervals.py, not this table", name="confidence-interval"),
    Waits("Q57", "tests/engine/test_theory_samplers.py, not this table", name="sampler"),
    Waits("Q57", "tests/engine/test_determinism.py, not this table", name="determinism"),
    Waits("E01", MEASURED),
    Waits("E02", MEASURED),
    Waits("E03", QUORUM),
    Waits("E04", "a check of the catalogue's defaults against published figures"),
]
