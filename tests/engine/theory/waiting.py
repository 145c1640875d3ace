"""The rows that wait for a part of the product that is not there yet, and for which."""

from tests.engine.theory.rules import Waits

ARRIVALS = "arrivals of other distributions than Poisson"
FAN_OUT = "calls to many at once (fan-out, hedging)"
QUORUM = "a store with quorums (N, R, W)"
HASHING = "shards (consistent hashing)"
HOT_KEYS = "a report of the hottest keys"
AVAILABILITY = "failures at random (MTTF and MTTR) over a long time"
TCP = "connections with windows (TCP)"
REGIONS = "places on a map (distance and latency)"
WEB = "share links: the web part's tests"

WAITS = [
    Waits("Q07", ARRIVALS, params="D/M/1"),
    Waits("Q07", ARRIVALS, params="H2/M/1"),
    Waits("Q11", "serverless functions (cold starts)"),
    Waits("Q13", "a trace of departure times", name="Burke's theorem"),
    Waits("Q14", "operational bounds beside the measurement", name="operational bound"),
    Waits("Q16", "latency by the size of the work", name="M/G/1-PS conditional slowdown"),
    Waits("Q20", "a balancer policy with d choices", name="power of d", quantity="mean sojourn d=3"),
    Waits("Q23", FAN_OUT),
    Waits("Q24", FAN_OUT),
    Waits("Q26", QUORUM),
    Waits("Q27", FAN_OUT),
    Waits("Q28", "cache policies besides LRU", name="FIFO/RANDOM"),
    Waits("Q30", "sliding expiry of a cache", name="TTL cache (sliding"),
    Waits("Q31", "request coalescing (single flight)", name="cache stampede, single-flight"),
    Waits("Q32", HASHING),
    Waits("Q34", HOT_KEYS, name="hot key"),
    Waits("Q34", HASHING, name="hot shard"),
    Waits("Q37", AVAILABILITY),
    Waits("Q38", AVAILABILITY),
    Waits("Q40", QUORUM),
    Waits("Q43", "retries by servers, tier by tier", params="3 tiers"),
    Waits("Q45", "circuit breakers", name="circuit breaker probe count"),
    Waits("Q46", "rate limiters"),
    Waits("Q50", TCP),
    Waits("Q51", REGIONS),
    Waits("Q52", "CDNs", name="CDN offload"),
    Waits("Q53", WEB),
    Waits("Q54", "Bloom filters"),
    Waits("Q57", "tests/engine/test_coverage_of_intervals.py, not this table", name="confidence-interval"),
    Waits("Q57", "tests/engine/test_theory_samplers.py, not this table", name="sampler"),
    Waits("Q57", "tests/engine/test_determinism.py, not this table", name="determinism"),
    Waits("E01", FAN_OUT),
    Waits("E02", FAN_OUT),
    Waits("E03", QUORUM),
    Waits("E04", "a check of the catalogue's defaults against published figures"),
]
