"""Stories of balancers, servers and caches: who notices a death and when, who is exhausted, what a cold cache costs."""

from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, set_value, shop, time_of, times_of

INTERVAL_S, LOST_AFTER, BACK_AFTER = 0.5, 3, 2
BALANCER: Document = {
    "health_check_interval_s": INTERVAL_S, "unhealthy_threshold": LOST_AFTER, "healthy_threshold": BACK_AFTER,
    "health_check_timeout_ms": 200.0,
}  # fmt: skip


def balanced(faults: list[Document] | None = None, duration_s: float = 20.0, servers: int = 2, **clients: Any) -> Document:
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 200.0, "retries": 0} | clients)),
        "balancer": part("load_balancer", **BALANCER),
        **{f"server_{number}": part("server") for number in range(1, servers + 1)},
    }
    links = [link("clients", "balancer"), *(link("balancer", name, timeout_ms=800.0) for name in parts if name.startswith("server"))]
    return design(parts, links, duration_s, faults)


def sent(frames: list[Document], link_id: str) -> int:
    return sum(frame["links"][link_id]["sent"] for frame in frames)


@pytest.mark.parametrize(("mode", "cause"), [("process", "refused"), ("machine", "timeout")])
def test_a_balancer_sends_to_the_dead_until_its_checks_have_failed(mode: str, cause: str) -> None:
    run = Run(balanced([kill("server_1", 5.0, mode)]))
    go(run, 5.0)
    out_s = 0.0
    while not out_s:
        frame = run.advance()
        assert frame["links"]["balancer-server_1"]["sent"] > 0, "nobody knows yet"
        assert frame["components"]["server_1"]["state"] == "down"
        out_s = next((e["t"] for e in frame["events"] if e["kind"] == "target_out"), 0.0)
        assert frame["components"]["server_1"]["noticed"] == bool(out_s)
    silent_s = 0.2 if mode == "machine" else 0.0
    assert 5.0 + (LOST_AFTER - 1) * INTERVAL_S <= out_s <= 5.0 + LOST_AFTER * INTERVAL_S + silent_s + 0.01
    after = go(run)
    # only checks still reach for it
    checks = (20.0 - out_s) / INTERVAL_S
    assert sent(after[1:], "balancer-server_1") == pytest.approx(checks, abs=3)
    errors = run.summary()["errors"]
    assert errors.keys() <= {cause, "crashed"}
    assert errors[cause] == pytest.approx(100 * (out_s - 5.0), rel=0.25)
    assert_conserved(run)


def test_it_is_back_after_its_checks_have_passed() -> None:
    run = play(balanced([kill("server_1", 5.0, for_s=5.0)]))
    back_s = time_of(run, "target_back")
    assert 10.0 + (BACK_AFTER - 1) * INTERVAL_S <= back_s <= 10.0 + BACK_AFTER * INTERVAL_S + 0.01
    done = {i: report["done"] for i, report in run.summary()["components"].items()}
    assert done["server_1"] == pytest.approx(100 * (5 + 20 - back_s), rel=0.15)


def test_a_short_death_is_never_noticed() -> None:
    run = play(balanced([kill("server_1", 5.0, for_s=0.7)]))
    assert times_of(run, "target_out") == []
    assert run.summary()["errors"]["refused"] == pytest.approx(70, rel=0.4)


def test_no_target_left() -> None:
    run = play(balanced([kill("server_1", 5.0), kill("server_2", 5.0)]))
    errors = run.summary()["errors"]
    assert errors["no_target"] == pytest.approx(200 * (20.0 - max(times_of(run, "target_out"))), rel=0.1)
    assert errors["refused"] > 100


def test_an_overloaded_server_fails_its_checks() -> None:
    """A check is a request in the same queue: a server with too much to do is taken out, though it is alive."""
    document = balanced(servers=2, duration_s=30.0, arrival_rate_per_s=300.0)
    document["components"]["server_1"]["parameters"] = {"cores": 1, "service_ms": 20.0, "workers": 64, "queue_limit": 1000}
    run = play(document)
    assert times_of(run, "target_out"), "300/2 a second come, 50 a second go"
    assert run.world.instances["server_1"].alive
    assert_conserved(run)


def test_a_dead_balancer_takes_everything_with_it() -> None:
    run = Run(balanced([kill("balancer", 5.0, for_s=5.0)]))
    go(run, 6.0)
    before = run.summary()["components"]["server_1"]["arrived"]
    go(run, 9.9)
    assert run.summary()["components"]["server_1"]["arrived"] == before, "neither requests nor checks"
    go(run)
    found = run.summary()
    assert found["errors"]["refused"] == pytest.approx(1000, rel=0.1)
    assert found["requests"]["done"] == pytest.approx(3000, rel=0.1)
    assert_conserved(run)


def test_retries_save_what_one_dead_server_refused() -> None:
    dies = [kill("server_1", 5.0)]
    without, saved = (play(balanced(dies, retries=retries)).summary() for retries in (0, 3))
    assert saved["requests"]["failed"] < 0.2 * without["requests"]["failed"]
    assert saved["retries"] > 50
    assert saved["components"]["balancer"]["arrived"] > without["components"]["balancer"]["arrived"]


def chain(read_ms: float, timeout_ms: float = 600_000.0, rate: float = 200.0, duration_s: float = 10.0) -> Document:
    """Clients, a server with few workers, and a database behind it."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, read_ratio=1.0, retries=0, timeout_ms=timeout_ms),
        "server": part("server", workers=20, queue_limit=30, service_ms=1.0, cores=8),
        "database": part("sql_database", read_ms=read_ms, cores=1000, max_connections=1000),
    }
    return design(parts, [link("clients", "server"), link("server", "database", timeout_ms=600_000.0)], duration_s)


def test_a_slow_database_exhausts_the_server_in_front_of_it() -> None:
    quick, slow = play(chain(10.0)).summary(), play(chain(400.0)).summary()
    assert quick["requests"]["dropped"] == 0
    # 20 workers, each held 400 ms: 50 a second get through, the CPU has nothing to do
    assert slow["requests"]["done"] / 10.0 == pytest.approx(50, rel=0.15)
    assert slow["errors"]["queue_full"] == slow["requests"]["dropped"] > 1000
    metrics = slow["components"]["server"]["metrics"]
    assert metrics["workers"] > 0.95 and metrics["cpu"] < 0.1 and metrics["bottleneck"] == "workers"


def test_a_timeout_frees_the_client_but_not_the_worker() -> None:
    found = play(chain(400.0, timeout_ms=100.0)).summary()
    assert found["requests"]["done"] < 300
    assert found["errors"]["timeout"] > 200
    server = found["components"]["server"]
    assert server["wasted"] > 200 and server["metrics"]["workers"] > 0.95


def test_retry_storm_a_short_stall_is_amplified() -> None:
    """The same stall, with and without retries: with them there is more work for the same requests."""
    amounts = []
    for retries in (0, 5):
        document = chain(60.0, timeout_ms=150.0, rate=250.0, duration_s=15.0)
        document["components"]["clients"]["parameters"] |= {"retries": retries, "backoff_ms": 10.0}
        run = play(document)
        found = run.summary()
        amounts.append(found["components"]["server"]["arrived"] / found["requests"]["arrived"])
        assert_conserved(run)
    assert amounts[0] == pytest.approx(1.0, abs=0.02)
    assert amounts[1] > amounts[0]


CACHED: Document = {"arrival_rate_per_s": 400.0, "keys": 2000, "read_ratio": 1.0}


def database_rate(frames: list[Document]) -> float:
    metrics = [f["components"][part]["metrics"]["queries_per_s"] for f in frames for part in ("database", "replica_1", "replica_2")]
    return sum(metrics) / len(frames)


def test_the_cache_dies_and_the_database_takes_the_load() -> None:
    run = Run(shop(40.0, clients=CACHED))
    go(run, 20.0)
    warm = go(run, 22.0)
    run.command({"action": "kill", "component": "cache"})
    without = go(run, 26.0)
    run.command({"action": "restore", "component": "cache"})
    cold = go(run, 26.5)
    go(run, 38.0)
    warm_again = go(run)
    # a query a read, and one for each check
    assert database_rate(without[5:]) == pytest.approx(400, rel=0.15)
    assert database_rate(warm) < 0.3 * database_rate(without)
    hit = [sum(f["window"]["cache_hit_ratio"] or 0.0 for f in part) / len(part) for part in (warm, cold, warm_again)]
    assert hit[1] < 0.6 * hit[0] and hit[2] > 0.85 * hit[0]
    emptied = next(e for e in run.world.story.all if e["kind"] == "cache_emptied")
    assert emptied["arguments"]["keys"] > 500
    found = run.summary()
    assert found["requests"]["failed"] == 0, "a dead cache is a miss and no error"
    assert_conserved(run)


def test_a_lost_cache_machine_costs_its_timeout_on_every_read() -> None:
    run = Run(shop(14.0, clients=CACHED | {"arrival_rate_per_s": 40.0}))
    go(run, 5.0)
    run.command({"action": "kill", "component": "cache", "mode": "machine"})
    go(run, 8.0)
    frame = run.advance()
    assert frame["window"]["latency_ms"]["mean"] > 500.0


def test_a_write_takes_the_key_out_of_the_cache() -> None:
    """Each write deletes its key: with one key, every read after a write is a miss."""
    document = shop(20.0, replicas=0, clients={"arrival_rate_per_s": 20.0, "keys": 1, "read_ratio": 0.5})
    found = play(document).summary()
    assert found["cache_hit_ratio"] == pytest.approx(0.5, abs=0.15)
    only_reads = shop(20.0, replicas=0, clients={"arrival_rate_per_s": 20.0, "keys": 1, "read_ratio": 1.0})
    assert play(only_reads).summary()["cache_hit_ratio"] > 0.98


def test_a_smaller_cache_keeps_what_was_used_last() -> None:
    run = Run(shop(20.0, clients=CACHED))
    go(run, 10.0)
    set_value(run, "cache", "capacity_keys", 50)
    held = run.advance()["components"]["cache"]["metrics"]["keys"]
    assert held == 50
    set_value(run, "cache", "capacity_keys", 5000)
    assert run.advance()["components"]["cache"]["metrics"]["keys"] >= 50
    go(run)
    assert_conserved(run)


def test_more_keys_while_it_runs() -> None:
    run = Run(shop(10.0, clients={"keys": 100, "arrival_rate_per_s": 300.0}))
    go(run, 5.0)
    set_value(run, "clients", "keys", 50_000)
    go(run)
    assert run.summary()["components"]["cache"]["metrics"]["keys"] > 300
    assert_conserved(run)
