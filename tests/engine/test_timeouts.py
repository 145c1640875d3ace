"""Timer lists: every wait ends at its own deadline, whatever was set before, and stops nothing but the waiting."""

import pytest

from sim_engine import Run
from tests.engine.support import assert_conserved, design, go, kill, link, part, play, set_value, summary


def dead_end(link_timeout_ms: float, rate: float = 20.0, duration_s: float = 10.0, **clients: float) -> dict:
    """Clients in front of a machine that answers nothing."""
    parts = {"clients": part("clients", arrival_rate_per_s=rate, retries=0, **clients), "server": part("server")}
    links = [link("clients", "server", timeout_ms=link_timeout_ms)]
    return design(parts, links, duration_s, [kill("server", 0.0, "machine")])


def test_silence_ends_at_the_timeout_exactly() -> None:
    found = summary(dead_end(700.0))
    requests = found["requests"]
    assert found["errors"] == {"timeout": requests["failed"]}
    # who came in the last 0.7 s still waits
    assert requests["in_flight"] == pytest.approx(20 * 0.7, abs=12)
    assert found["components"]["clients"]["latency_ms"]["mean"] == pytest.approx(700.0)


def test_the_shorter_of_the_links_and_the_callers_timeout_counts() -> None:
    for of_link, of_clients in ((300.0, 900.0), (900.0, 300.0)):
        found = summary(dead_end(of_link, timeout_ms=of_clients))
        assert found["components"]["clients"]["latency_ms"]["mean"] == pytest.approx(300.0)


def test_a_shortened_timeout_holds_for_the_next_request() -> None:
    """A call that ended long ago must not keep the timer from going off earlier."""
    document = dead_end(60_000.0, rate=1.0, duration_s=30.0)
    document["scenarios"]["only"]["faults"] = []
    run = Run(document)
    go(run, 5.0)
    run.command({"action": "kill", "component": "server", "mode": "machine"})
    values = {"action": "set", "link": "clients-server", "parameter": "timeout_ms", "value": 100.0}
    run.command(values)
    go(run)
    found = run.summary()
    assert found["errors"]["timeout"] > 10
    assert found["requests"]["in_flight"] <= 1


def test_a_shortened_check_timeout_holds_for_the_next_check() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=5, retries=0),
        "balancer": part("load_balancer", health_check_interval_s=1.0, health_check_timeout_ms=60_000.0),
        "server": part("server"),
    }
    run = Run(design(parts, [link("clients", "balancer"), link("balancer", "server")], 20.0))
    go(run, 5.0)
    set_value(run, "balancer", "health_check_timeout_ms", 100.0)
    run.command({"action": "kill", "component": "server", "mode": "machine"})
    go(run)
    assert [e["t"] for e in run.world.story.all if e["kind"] == "target_out"] == [pytest.approx(7.6, abs=1.0)]


def test_a_lengthened_timeout_lets_those_wait_longer_who_come_now() -> None:
    run = Run(dead_end(200.0, rate=50.0))
    go(run, 2.0)
    run.command({"action": "set", "link": "clients-server", "parameter": "timeout_ms", "value": 2500.0})
    ended_before = run.summary()["errors"]["timeout"]
    go(run, 4.4)
    ended = run.summary()["errors"]["timeout"]
    assert ended - ended_before <= 20, "only those who had come before still end after 200 ms"
    go(run)
    assert run.summary()["errors"]["timeout"] > ended + 50


def test_many_deadlines_on_one_link_conserve() -> None:
    parts = {"clients": part("clients", arrival_rate_per_s=600, retries=2, backoff_ms=1.0), "server": part("server")}
    run = play(design(parts, [link("clients", "server", timeout_ms=6.0)], 3.0))
    found = run.summary()
    assert found["errors"]["timeout"] > 100 and found["requests"]["done"] > 10
    assert_conserved(run)


def test_a_timeout_stops_the_waiting_and_not_the_work() -> None:
    """The server does everything, although nobody waits for it any more: all its work is wasted."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=50, retries=0, timeout_ms=20.0),
        "server": part("server", service_ms=50.0, service_distribution="constant", cores=64),
    }
    found = summary(design(parts, [link("clients", "server")], 10.0))
    server = found["components"]["server"]
    assert found["errors"]["timeout"] == found["requests"]["failed"] > 400
    assert server["done"] == server["wasted"] == pytest.approx(found["requests"]["failed"], abs=10)
    assert server["utilisation"] == pytest.approx(50 * 0.05 / 64, rel=0.15)
