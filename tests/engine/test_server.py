"""The server as a machine: sizes, threads and event loops, memory that runs out, disk, its own data, slow starts."""

from itertools import pairwise
from typing import Any

import pytest

from sim_engine import Run, check
from sim_engine.components.machines import MACHINES
from sim_engine.components.server import Server
from sim_engine.world.laws import worst_residuals
from tests.engine.support import Document, Frame, assert_conserved, design, go, kill, link, part, play, set_value, time_of, times_of

QUIET: Document = {"retries": 0, "keys": 200}


def alone(rate: float = 100.0, duration_s: float = 10.0, clients: Document | None = None, **server: Any) -> Document:
    """Clients and a server with room for whatever comes, unless a test says otherwise."""
    calling = part("clients", arrival_rate_per_s=rate, **(QUIET | (clients or {})))
    machine = {"workers": 10_000, "queue_limit": 10_000, "service_distribution": "constant", "network_mbit_s": 0.0} | server
    return design({"clients": calling, "server": part("server", **machine)}, [link("clients", "server")], duration_s)


def played(document: Document) -> dict[str, Any]:
    run = play(document)
    assert_conserved(run)
    return run.summary()


def done_per_s(document: Document) -> float:
    summary = played(document)
    return float(summary["requests"]["done"]) / float(summary["simulated_s"])


def metrics(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = played(document)["components"]["server"]["metrics"]
    return found


# -- sizes
@pytest.mark.parametrize("machine", MACHINES.values(), ids=lambda machine: machine.name)
def test_a_size_is_its_cores_memory_and_network(machine: Any) -> None:
    run = Run(alone(size=machine.name, cores=1, memory_mb=1.0, request_memory_mb=1.0, network_mbit_s=1.0))
    me = run.world.instances["server"]
    capacities = {name: me.capacity(name) for name in ("cpu", "memory", "network")}
    assert capacities == {"cpu": machine.cores, "memory": 1024.0 * machine.memory_gb, "network": machine.network_mbit_s}
    pools = run.world.memory.state.pools
    assert {name: pools[me.pools[name]]["capacity"] for name in capacities} == capacities
    assert Server.price_per_hour(me.values) == machine.price_per_hour


def test_a_family_grows_to_a_largest() -> None:
    family = [machine for machine in MACHINES.values() if machine.name.startswith("m7i")]
    for one, next_one in pairwise(family):
        assert one.cores < next_one.cores and one.memory_gb < next_one.memory_gb and one.price_per_hour < next_one.price_per_hour
    assert (family[-1].name, family[-1].cores, family[-1].memory_gb) == ("m7i.48xlarge", 192, 768.0)
    assert [choice.value for choice in Server.parameter("size").choices][-1] == "m7i.48xlarge"


def test_a_size_behaves_like_a_machine_of_its_own_with_the_same_figures() -> None:
    load: Document = {"rate": 900.0, "service_ms": 8.0, "response_kb": 100.0}
    rented = played(alone(size="m7i.2xlarge", **load))
    own = played(alone(cores=8, memory_mb=32_768.0, network_mbit_s=3_125.0, **load))
    assert rented["latency_ms"] == own["latency_ms"]
    assert rented["components"]["server"]["metrics"] == own["components"]["server"]["metrics"]


def test_a_bigger_machine_does_more_until_there_is_no_bigger_one() -> None:
    """At 60,000 requests a second of 4 ms each, 240 cores would be needed."""
    rates = [done_per_s(alone(20_000.0, 0.6, size=size, service_ms=12.0, queue_limit=0, workers=400)) for size in MACHINES]
    assert rates == sorted(rates)
    assert rates[-1] < 192 / 0.012 * 1.05


def test_a_machine_is_made_bigger_under_traffic() -> None:
    run = Run(alone(300.0, 20.0, size="m7i.large", service_ms=10.0))
    before = go(run, 8.0)[-1]["components"]["server"]
    assert before["metrics"]["cpu"] > 0.95
    set_value(run, "server", "size", "m7i.2xlarge")
    after = go(run)[-1]
    assert after["components"]["server"]["metrics"]["cpu"] == pytest.approx(3.0 / 8.0, abs=0.15)
    assert after["components"]["server"]["in_flight"] < 20
    assert_conserved(run)


def test_what_a_size_costs_is_its_price() -> None:
    cost = played(alone(size="m7i.48xlarge"))["cost"]["components"]["server"]
    assert cost["instances"] == pytest.approx(730.0 * 9.6768, rel=1e-6)


def test_memory_that_no_request_fits_into_is_a_problem() -> None:
    fits = dict(Server.defaults(), size="t3.small", request_memory_mb=2_000.0)
    assert Server.problems(fits) == []
    assert Server.problems(fits | {"base_memory_mb": 100.0}) == [("request_memory_mb", "memory_for_none")]
    assert Server.problems(fits | {"own_database": True}) == [("request_memory_mb", "memory_for_none")]
    assert Server.problems(fits | {"size": "m7i.large", "own_database": True}) == []


def burstable(credits: float, rate: float = 120.0, duration_s: float = 40.0) -> Run:
    run = Run(alone(rate, duration_s, size="t3.small", service_ms=10.0, cpu_credits=credits, queue_limit=50, workers=50))
    run.command({"action": "tick", "tick_s": 0.5})
    return run


def test_a_burstable_machine_is_throttled_to_its_baseline_when_its_credits_are_spent() -> None:
    """It uses 1.2 of its cores and earns 0.4: 0.2 credits (12 core seconds) last 15 s."""
    run = burstable(0.2)
    go(run)
    assert time_of(run, "credits_spent") == pytest.approx(15.0, abs=2.5)
    last = run.summary()
    assert last["requests"]["dropped"] > 500  # 40 a second are what the baseline does
    run = burstable(10.0)
    go(run)
    assert times_of(run, "credits_spent") == []
    assert run.summary()["requests"]["dropped"] == 0


def test_a_burstable_machine_below_its_baseline_saves_up() -> None:
    run = burstable(0.01, rate=30.0)
    go(run)
    assert times_of(run, "credits_spent") == []


def test_a_throttled_machine_does_what_its_baseline_does() -> None:
    run = burstable(0.0, rate=200.0, duration_s=60.0)
    made = go(run)
    done = sum(frame["components"]["server"]["done"] for frame in made[40:]) / (len(made[40:]) * 0.5)
    assert done == pytest.approx(0.4 / 0.010, rel=0.15)


# -- threads and event loops
def with_slow_database(concurrency: str, **server: Any) -> Document:
    document = alone(60.0, clients={"timeout_ms": 60_000.0}, concurrency=concurrency, service_ms=1.0, **server)
    document["components"]["database"] = part("sql_database", read_ms=200.0, write_ms=200.0, cores=100)
    document["links"]["server-database"] = link("server", "database")
    return document


def test_a_slow_database_exhausts_threads_but_not_an_event_loop() -> None:
    """12 are under way on average: four threads do 20 a second, one loop does them all."""
    threads = played(with_slow_database("threads", workers=4, queue_limit=5))
    loop = played(with_slow_database("event_loop", workers=4, queue_limit=5))
    assert threads["requests"]["done"] == pytest.approx(200, rel=0.2)
    assert threads["requests"]["dropped"] > 300
    assert loop["requests"]["dropped"] == 0
    assert loop["components"]["server"]["metrics"]["event_loops"] == pytest.approx(0.06, abs=0.02)


@pytest.mark.parametrize(("loops", "expected"), [(1, 100.0), (3, 300.0), (8, 400.0)])
def test_an_event_loop_runs_code_on_one_core(loops: int, expected: float) -> None:
    """10 ms each on a machine with four cores."""
    machine = {"concurrency": "event_loop", "event_loops": loops, "cores": 4, "service_ms": 10.0, "max_connections": 20}
    assert done_per_s(alone(700.0, **machine)) == pytest.approx(expected, rel=0.03)
    assert metrics(alone(700.0, **machine))["cpu"] == pytest.approx(expected / 400.0, rel=0.03)


def test_an_event_loop_has_a_limit_of_connections() -> None:
    document = with_slow_database("event_loop", max_connections=6)
    summary = played(document)
    assert summary["errors"]["connection_limit"] > 100
    assert summary["requests"]["done"] == pytest.approx(0.46 * summary["requests"]["arrived"], rel=0.1)  # Erlang B: six for 12 erlangs


def test_threads_and_a_loop_take_the_same_time_when_nothing_is_scarce() -> None:
    threads, loop = (
        played(alone(20.0, concurrency=concurrency, service_distribution="exponential", service_ms=2.0, cores=8, event_loops=8))
        for concurrency in ("threads", "event_loop")
    )
    assert threads["latency_ms"] == loop["latency_ms"]


def test_a_blocked_event_loop_fails_its_health_checks() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=30.0, **QUIET),
        "balancer": part("load_balancer", health_check_interval_s=0.5, health_check_timeout_ms=100.0),
        "server": part("server", concurrency="event_loop", service_ms=200.0, cores=16),
    }
    run = play(design(parts, [link("clients", "balancer"), link("balancer", "server")], 10.0))
    assert times_of(run, "target_out")


def test_concurrency_changes_under_traffic() -> None:
    run = Run(with_slow_database("threads", workers=4, queue_limit=5))
    run.command({"action": "tick", "tick_s": 0.5})
    go(run, 4.0)
    set_value(run, "server", "concurrency", "event_loop")
    assert sum(frame["window"]["dropped"] for frame in go(run)[1:]) == 0
    assert_conserved(run)


# -- memory
def test_the_program_takes_its_memory_first() -> None:
    """Requests hold 100 MB for 0.1 s, ten of them on average: 1,000 MB."""
    load: Document = {"service_ms": 100.0, "cores": 100, "request_memory_mb": 100.0}
    plenty = metrics(alone(**load, memory_mb=10_000.0))
    assert plenty["memory"] == pytest.approx(0.1, abs=0.01)
    taken = metrics(alone(**load, memory_mb=10_000.0, base_memory_mb=5_000.0))
    assert taken["memory"] == pytest.approx(0.6, abs=0.01)
    scarce = played(alone(**load, memory_mb=1_500.0, base_memory_mb=1_000.0))
    assert scarce["components"]["server"]["metrics"]["memory"] == pytest.approx(1.0, abs=0.02)
    assert scarce["latency_ms"]["mean"] > 1_000.0


def runs_out(faults: list[Document] | None = None, **server: Any) -> Run:
    """A burst of slow requests that hold much memory."""
    machine = {"service_ms": 1000.0, "cores": 100, "request_memory_mb": 100.0, "memory_mb": 4_000.0, "memory_full": "killed", "boot_s": 2.0}
    document = alone(30.0, 12.0, **(machine | server))
    points = [(0.0, 1.0), (3.0, 1.0), (3.0, 3.0), (5.0, 3.0), (5.0, 0.5)]
    document["scenarios"]["only"]["traffic"] = [{"at_s": at_s, "multiplier": multiplier} for at_s, multiplier in points]
    document["scenarios"]["only"]["faults"] = faults or []
    run = Run(document)
    run.command({"action": "tick", "tick_s": 0.1})
    return run


def test_a_process_that_needs_too_much_memory_is_killed_and_starts_again() -> None:
    run = runs_out()
    made = go(run)
    killed = times_of(run, "killed_for_memory")
    assert 3.0 < killed[0] < 4.0
    back = times_of(run, "restored")
    assert back[0] == pytest.approx(killed[0] + 2.0, abs=1e-6)
    down = [frame["t"] for frame in made if frame["components"]["server"]["state"] == "down"]
    assert min(down) == pytest.approx(killed[0], abs=0.2) and len(down) >= 19
    errors = run.summary()["errors"]
    assert errors["out_of_memory"] >= 40 * len(killed)  # all that was under way
    assert errors["refused"] > 50  # what came while it was down
    assert made[-1]["components"]["server"]["state"] != "down"
    assert_conserved(run)


def test_without_the_killer_requests_wait_for_memory() -> None:
    run = runs_out(memory_full="waits")
    go(run)
    assert times_of(run, "killed_for_memory") == []
    assert "out_of_memory" not in run.summary()["errors"]
    run = runs_out(memory_full="waits")
    go(run, 1.0)
    set_value(run, "server", "memory_full", "killed")
    go(run)
    assert times_of(run, "killed_for_memory")


def test_a_kill_outlasts_the_start_after_running_out_of_memory() -> None:
    run = runs_out(boot_s=1.0)
    go(run, 4.0)
    killed = times_of(run, "killed_for_memory")[0]
    run = runs_out([kill("server", killed + 0.5, for_s=3.0)], boot_s=1.0)
    go(run)
    assert min(times_of(run, "restored")) == pytest.approx(killed + 3.5)


# -- disk
def test_the_disk_does_so_many_operations_a_second() -> None:
    """1 ms each, three at a time: 3,000 a second; ten for each read leave 300 requests a second."""
    load: Document = {"service_ms": 0.1, "disk_reads": 10, "disk_writes": 1, "workers": 30, "queue_limit": 30}
    reads = alone(500.0, clients={"read_ratio": 1.0}, **load)
    assert done_per_s(reads) == pytest.approx(300.0, rel=0.03)
    found = metrics(reads)
    assert found["disk"] > 0.98 and found["cpu"] < 0.05
    writes = alone(500.0, clients={"read_ratio": 0.0}, **load)
    assert metrics(writes)["disk"] == pytest.approx(500.0 / 3_000.0, rel=0.1)
    wider = alone(500.0, clients={"read_ratio": 1.0}, **(load | {"disk_parallel": 30}))
    assert done_per_s(wider) == pytest.approx(500.0, rel=0.05)


def test_the_time_of_disk_operations_is_added() -> None:
    def mean_ms(**server: Any) -> float:
        return float(played(alone(5.0, clients={"read_ratio": 1.0}, service_ms=1.0, **server))["latency_ms"]["mean"])

    assert mean_ms(disk_reads=5, disk_ms=4.0) - mean_ms() == pytest.approx(20.0, abs=0.2)


def test_an_event_loop_is_not_held_by_the_disk() -> None:
    document = alone(100.0, clients={"read_ratio": 1.0}, concurrency="event_loop", service_ms=1.0, disk_reads=20, disk_parallel=100)
    found = metrics(document)
    assert found["event_loops"] == pytest.approx(0.1, abs=0.03)
    assert played(document)["latency_ms"]["mean"] == pytest.approx(21.5, abs=1.0)


# -- its own data
def everything(rate: float = 50.0, clients: Document | None = None, **server: Any) -> Document:
    machine = {"own_database": True, "service_ms": 1.0, "database_read_ms": 2.0, "database_write_ms": 4.0, "database_disk_share": 0.5}
    return alone(rate, clients=clients, **(machine | server))


def test_its_own_database_uses_the_same_cores_and_the_disk() -> None:
    reads = metrics(everything(100.0, {"read_ratio": 1.0}, cores=1))
    assert reads["cpu"] == pytest.approx(0.1 * (1.0 + 2.0), rel=0.12)
    assert reads["disk"] == pytest.approx(0.5 * 100.0 / 3_000.0, rel=0.2)
    writes = metrics(everything(100.0, {"read_ratio": 0.0}, cores=1))
    assert writes["cpu"] == pytest.approx(0.1 * (1.0 + 4.0), rel=0.12)
    assert writes["disk"] == pytest.approx(100.0 / 3_000.0, rel=0.12)  # each waits until it is on the disk


def test_its_own_database_takes_memory() -> None:
    assert Run(everything()).world.instances["server"].capacity("memory") == 8_192.0 - 1_024.0
    run = Run(alone(duration_s=6.0))
    assert run.world.instances["server"].capacity("memory") == 8_192.0
    set_value(run, "server", "own_database", True)
    me = run.world.instances["server"]
    assert run.world.memory.state.pools[me.pools["memory"]]["capacity"] == 8_192.0 - 1_024.0


def test_one_server_never_answers_with_old_data() -> None:
    summary = played(everything(200.0, {"read_ratio": 0.5, "keys": 5}))
    assert summary["reads_checked"] > 800
    assert summary["stale_reads"] == 0


def balanced_pair(**server: Any) -> Document:
    document = everything(200.0, {"read_ratio": 0.5, "keys": 5}, **server)
    parts = document["components"] | {"balancer": part("load_balancer"), "other": document["components"]["server"]}
    links = [link("clients", "balancer"), link("balancer", "server"), link("balancer", "other")]
    return design(parts, links, 10.0)


def test_two_servers_that_each_keep_their_own_data_answer_with_old_data() -> None:
    """Every other write is missing at each: about half of the reads miss the newest."""
    summary = played(balanced_pair())
    assert summary["stale_reads"] > 0.3 * summary["reads_checked"]
    grown = played(everything(200.0, {"read_ratio": 0.5, "keys": 5}, instances=2))
    assert grown["stale_reads"] > 0.3 * grown["reads_checked"]


def test_a_killed_server_keeps_its_data_and_a_new_one_has_none() -> None:
    document = everything(200.0, {"read_ratio": 0.5, "keys": 5})
    document["scenarios"]["only"]["faults"] = [kill("server", 5.0, for_s=1.0)]
    assert played(document)["stale_reads"] == 0

    run = Run(everything(200.0, {"read_ratio": 0.5}, instances=2, boot_s=0.5, drain_s=0.1, duration_s=10.0))
    go(run, 3.0)
    second = run.world.instances["server#2"]
    before = (run.world.memory.state.keyed[:, second.store] > 0).sum()
    set_value(run, "server", "instances", 1)
    go(run, 4.0)
    set_value(run, "server", "instances", 2)
    go(run, 4.6)
    assert 0 < (run.world.memory.state.keyed[:, second.store] > 0).sum() < 0.5 * before
    assert_conserved(run)


def test_a_server_begins_to_keep_data_under_traffic_and_stops() -> None:
    run = Run(alone(200.0, 15.0, {"read_ratio": 0.5, "keys": 5}, service_ms=1.0))
    go(run, 5.0)
    assert run.summary()["reads_checked"] == 0
    set_value(run, "server", "own_database", True)
    go(run, 10.0)
    checked = run.summary()["reads_checked"]
    assert checked > 300
    set_value(run, "server", "own_database", False)
    go(run)
    summary = run.summary()
    assert summary["reads_checked"] < checked + 20
    assert summary["stale_reads"] == 0 and summary["requests"]["failed"] == 0
    assert_conserved(run)


def test_a_cache_in_front_of_its_own_data_spares_it_reads() -> None:
    document = everything(100.0, {"read_ratio": 1.0, "keys": 20})
    document["components"]["cache"] = part("cache")
    document["links"]["server-cache"] = link("server", "cache")
    summary = played(document)
    assert summary["cache_hit_ratio"] > 0.9
    assert summary["components"]["server"]["metrics"]["cpu"] < 0.1 * (1.0 + 0.2 * 2.0) / 4.0 * 1.2


# -- static content, and classes of traffic
STATIC: Document = {"static_share": 1.0, "static_response_kb": 0.0, "static_cost": 1.0, "read_ratio": 1.0}


def test_static_content_is_answered_at_once() -> None:
    document = alone(100.0, clients=STATIC, service_ms=20.0, static_ms=0.5, cores=1)
    document["components"]["database"] = part("sql_database")
    document["links"]["server-database"] = link("server", "database")
    summary = played(document)
    assert summary["components"]["server"]["metrics"]["cpu"] == pytest.approx(0.05, rel=0.1)
    assert summary["components"]["database"]["arrived"] == 0
    document["components"]["server"]["parameters"] |= {"serves_static": False, "cores": 4}
    summary = played(document)
    assert summary["components"]["server"]["metrics"]["cpu"] == pytest.approx(0.5, rel=0.1)
    assert summary["components"]["database"]["arrived"] == pytest.approx(summary["requests"]["arrived"], abs=5)


def test_static_content_goes_through_the_network_card() -> None:
    document = alone(50.0, clients=STATIC | {"static_response_kb": 100.0, "static_size_cv": 0.0}, network_mbit_s=100.0)
    assert metrics(document)["network"] == pytest.approx(50.0 * 0.8 / 100.0, rel=0.1)


def loaded_card(response_kb: float) -> dict[str, Any]:
    """Half of what a card of 8 Mbit/s can receive: fifty times 10 kB a second. No other time passes at the server."""
    asking: Document = {"read_ratio": 0.0, "request_kb": 10.0}
    return metrics(alone(50.0, 200.0, asking, network_mbit_s=8.0, response_kb=response_kb, service_ms=0.0))


def test_what_comes_in_queues_for_the_card() -> None:
    """M/D/1 at a utilisation of a half: 10 ms to receive, and half of that to wait."""
    one_way = loaded_card(response_kb=0.0)
    assert one_way["network"] == pytest.approx(0.5, rel=0.03)
    assert one_way["latency_ms"] == pytest.approx(10.0 + 5.0, rel=0.06)


def test_both_directions_of_the_card_have_room_of_their_own() -> None:
    """What goes out finds 10 ms between two messages at least, as they have come in, and never waits."""
    both = loaded_card(response_kb=10.0)
    assert both["network"] == pytest.approx(0.5, rel=0.03)
    assert both["latency_ms"] == pytest.approx(10.0 + 5.0 + 10.0, rel=0.06)


def test_what_a_server_asks_for_comes_in_through_its_card_and_what_it_hands_on_goes_out() -> None:
    """Reads fetch 10 kB from the database; writes bring 10 kB, which go on to it."""
    found = {}
    for name, read_ratio, request_kb, row_kb in (("reads", 1.0, 0.0, 10.0), ("writes", 0.0, 10.0, 0.0)):
        document = alone(20.0, 40.0, {"read_ratio": read_ratio, "request_kb": request_kb}, network_mbit_s=8.0, response_kb=0.0)
        document["components"]["database"] = part("sql_database", row_kb=row_kb)
        document["links"]["server-database"] = link("server", "database")
        run = play(document)
        pools, me = run.world.memory.state.pools, run.world.instances["server"]
        found[name] = {way: float(pools[me.pools[way]]["work_sum_s"]) / 40.0 for way in ("network", "network_in")}
    assert found["reads"]["network_in"] == pytest.approx(0.2, rel=0.1) and found["reads"]["network"] == 0.0
    assert found["writes"]["network_in"] == pytest.approx(0.2, rel=0.1) and found["writes"]["network"] == pytest.approx(0.2, rel=0.1)


def test_static_content_of_its_own_is_never_stale() -> None:
    assert played(alone(100.0, clients=STATIC | {"static_objects": 10, "static_change_s": 0.5}))["stale_reads"] == 0


def test_a_class_costs_what_it_costs() -> None:
    """A tenth are ten times as expensive: 0.9 + 1.0 of the service time each, on average, at the server and in its own data."""
    mixed: Document = {"expensive_share": 0.1, "expensive_cost": 10.0, "expensive_response_kb": 0.0, "read_ratio": 1.0}
    plain, dear = (metrics(alone(50.0, clients=clients, cores=8, service_ms=10.0))["cpu"] for clients in ({}, mixed))
    assert dear == pytest.approx(1.9 * plain, rel=0.12)
    plain, dear = (metrics(everything(50.0, clients, cores=8))["cpu"] for clients in ({"read_ratio": 1.0}, mixed))
    assert dear == pytest.approx(1.9 * plain, rel=0.12)


def test_each_class_has_an_answer_of_its_own_size() -> None:
    clients: Document = {
        "page_share": 1.0, "page_response_kb": 200.0, "page_size_cv": 0.0, "page_cost": 1.0, "read_ratio": 1.0
    }  # fmt: skip
    asked = alone(20.0, clients=clients, network_mbit_s=100.0, response_kb=1.0)
    assert metrics(asked)["network"] == pytest.approx(20.0 * 1.6 / 100.0, rel=0.2)
    own = alone(20.0, clients=clients | {"page_response_kb": 0.0}, network_mbit_s=100.0, response_kb=50.0)
    assert metrics(own)["network"] == pytest.approx(20.0 * 0.4 / 100.0, rel=0.2)


# -- what is said about a design
def codes(document: Document) -> list[tuple[str | None, str]]:
    return [(problem.component, problem.code) for problem in check(document)]


def test_the_largest_size_says_that_it_is() -> None:
    assert ("server", "largest_size") in codes(alone(size="m7i.48xlarge"))
    assert ("server", "largest_size") not in codes(alone(size="m7i.24xlarge"))


def test_data_apart_is_worth_a_hint() -> None:
    assert ("server", "data_apart") not in codes(everything())
    assert ("server", "data_apart") in codes(everything(instances=2))
    assert {("server", "data_apart"), ("other", "data_apart")} <= set(codes(balanced_pair()))


# -- after a start
def window_ms(frames: list[Frame], from_s: float, to_s: float) -> float:
    chosen = [frame["window"] for frame in frames if from_s < frame["t"] <= to_s and frame["window"]["done"]]
    return float(sum(w["latency_ms"]["mean"] * w["done"] for w in chosen) / sum(w["done"] for w in chosen))


def test_it_is_slow_for_a_while_after_it_starts_again() -> None:
    document = alone(50.0, 20.0, service_ms=10.0, cores=50, warm_up_s=4.0, cold_factor=3.0)
    document["scenarios"]["only"]["faults"] = [kill("server", 5.0, for_s=2.0)]
    run = Run(document)
    made = go(run)
    before, cold, warm = window_ms(made, 0.0, 5.0), window_ms(made, 7.2, 11.0), window_ms(made, 11.2, 20.0)
    assert before == pytest.approx(warm, abs=0.5)  # at the beginning of a run all are warm
    assert cold - warm == pytest.approx(20.0, abs=1.0)
    assert time_of(run, "warmed_up") == pytest.approx(11.0)


def test_a_second_start_begins_the_warm_up_anew() -> None:
    document = alone(50.0, 20.0, service_ms=10.0, cores=50, warm_up_s=4.0)
    document["scenarios"]["only"]["faults"] = [kill("server", 5.0, for_s=1.0), kill("server", 8.0, for_s=1.0)]
    run = Run(document)
    go(run)
    assert time_of(run, "warmed_up") == pytest.approx(13.0)


def test_a_new_instance_warms_up_too() -> None:
    run = Run(alone(50.0, 15.0, service_ms=10.0, cores=50, warm_up_s=4.0, boot_s=1.0))
    go(run, 3.0)
    set_value(run, "server", "instances", 2)
    go(run, 4.5)
    slowness = [float(run.world.memory.state.pools[run.world.instances[name].pools["cpu"]]["slowness"]) for name in ("server", "server#2")]
    assert slowness == [1.0, 3.0]
    go(run)
    assert time_of(run, "warmed_up") == pytest.approx(8.0)


def test_reasons_to_be_slow_add_up_and_end_one_by_one() -> None:
    document = alone(50.0, 20.0, service_ms=10.0, cores=50, warm_up_s=4.0, cold_factor=3.0)
    document["scenarios"]["only"]["faults"] = [
        kill("server", 2.0, for_s=1.0), {"at_s": 5.0, "action": "slow", "component": "server", "for_s": 5.0, "arguments": {"factor": 2.0}}
    ]  # fmt: skip
    run = Run(document)

    def slowness() -> float:
        return float(run.world.memory.state.pools[run.world.instances["server"].pools["cpu"]]["slowness"])

    found = []
    for until_s in (1.0, 4.0, 6.0, 8.0, 12.0):
        go(run, until_s)
        found.append(slowness())
    assert found == [1.0, 3.0, 6.0, 2.0, 1.0]


def test_a_slow_server_still_passes_its_health_checks() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=20.0, **QUIET),
        "balancer": part("load_balancer", health_check_timeout_ms=50.0, health_check_interval_s=0.5),
        "server": part("server", service_ms=2.0, health_check_ms=10.0),
    }
    slow = {"at_s": 1.0, "action": "slow", "component": "server", "arguments": {"factor": 20.0}}
    run = play(design(parts, [link("clients", "balancer"), link("balancer", "server")], 10.0, [slow]))
    assert times_of(run, "target_out") == []


def theory(document: Document) -> Document:
    found: Document = played(document)["components"]["server"]["theory"]
    return found


def test_the_formula_beside_it_knows_how_slow_it_is() -> None:
    """100 a second of 4 ms each on one core, twice as slow: 0.8 of it is used, and 3.2 wait on average."""
    document = alone(100.0, 400.0, service_ms=4.0, service_distribution="exponential", cores=1, request_memory_mb=0.0)
    document["scenarios"]["only"]["faults"] = [{"at_s": 0.1, "action": "slow", "component": "server", "arguments": {"factor": 2.0}}]
    found = theory(document)
    assert found["expected"] == pytest.approx(3.2, rel=0.05)
    assert found["measured"] == pytest.approx(found["expected"], abs=2.0 * found["half_width"])


def test_no_formula_is_claimed_where_none_holds() -> None:
    one_core: Document = {"cores": 1, "service_ms": 2.0, "service_distribution": "exponential"}
    assert "expected" in theory(alone(**one_core))
    assert theory(alone(**one_core, own_database=True))["none"] == "theory_mixed"
    assert theory(alone(clients={"static_share": 0.5}, **one_core))["none"] == "theory_mixed"
    assert theory(alone(clients={"expensive_share": 0.1, "expensive_cost": 9.0}, **one_core))["none"] == "theory_mixed"
    assert theory(alone(concurrency="event_loop", **(one_core | {"cores": 4})))["none"] == "theory_limited"
    slow = {"at_s": 1.0, "action": "kill", "component": "server", "for_s": 0.5, "arguments": {"mode": "process", "instance": 2}}
    document = alone(instances=2, warm_up_s=100.0, duration_s=20.0, **one_core)
    document["scenarios"]["only"]["faults"] = [slow]
    assert theory(document)["none"] == "theory_general"


def test_the_laws_hold_with_everything_on() -> None:
    document = everything(
        150.0, {"read_ratio": 0.6}, size="t3.small", concurrency="event_loop", warm_up_s=1.0, disk_reads=1, disk_writes=2,
        memory_full="killed", request_memory_mb=20.0, database_memory_mb=1_000.0, cpu_credits=0.05, boot_s=1.0, calls="parallel",
    )  # fmt: skip
    document["scenarios"]["only"]["faults"] = [kill("server", 4.0, for_s=1.0)]
    run = play(document)
    assert_conserved(run)
    assert max(worst_residuals(run.world.memory, run.world.instances).values()) < 1e-9
