"""Losses as stories: when they happened, who noticed, when traffic was back, what was lost and what decided it.

Times follow from the parameters, what was lost is counted a second time from the whole run, in which nothing else fails.
"""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.catalogue.document import catalogue_document as catalogue
from sim_engine.limits import LIMITS, Limit
from sim_engine.world.readings import Level, Reading
from tests.engine import support
from tests.engine.support import Document, design, go, kill, link, part, shop, time_of, times_of
from tests.engine.test_split_brain import sites

INTERVAL_S, THRESHOLD, PROMOTION_S = 2.0, 3, 3.0
DATABASE: Document = {
    "health_check_interval_s": INTERVAL_S, "unhealthy_threshold": THRESHOLD, "health_check_timeout_ms": 200.0,
    "promotion_s": PROMOTION_S, "replication_batch_ms": 200.0,
}  # fmt: skip
CLIENTS: Document = {"arrival_rate_per_s": 300.0, "read_ratio": 0.5, "retries": 0, "keys": 500}
WRITES_PER_S = 150.0


def cluster(duration_s: float = 60.0, faults: list[Document] | None = None, **database: Any) -> Document:
    """The shop without its cache; every request is a read or a write of the database."""
    document = shop(duration_s, faults, 2, clients=CLIENTS, database=DATABASE | database)
    del document["components"]["cache"]
    document["links"] = {i: entry for i, entry in document["links"].items() if entry["to"] != "cache"}
    return document


def play(document: Document, tick_s: float = 5.0) -> Run:
    return support.play(document, tick_s=tick_s)


def incidents(run: Run) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run.summary()["incidents"]
    for incident in found:
        for cause in incident["causes"]:
            assert_names_parameters(run, cause)
    return found


def only(run: Run) -> dict[str, Any]:
    (incident,) = incidents(run)
    return incident


def assert_names_parameters(run: Run, cause: dict[str, Any]) -> None:
    """The page can select what a sentence names."""
    declared = catalogue()
    if cause["link"] is not None:
        assert cause["link"] in run.design.links
        known = declared["link"]["parameters"]
    else:
        kind = run.design.components[cause["component"]].kind
        known = next(each["parameters"] for each in declared["kinds"] if each["kind"] == kind)
    assert set(cause["parameters"]) <= {parameter["name"] for parameter in known}
    assert "{" not in cause["text"]


def codes(incident: dict[str, Any]) -> set[str]:
    return {cause["code"] for cause in incident["causes"]}


def missed(run: Run) -> int:
    """Requests of the whole run that were not done."""
    requests = run.summary()["requests"]
    return int(requests["failed"] + requests["dropped"])


def test_a_failover_from_the_death_to_the_new_primary() -> None:
    run = play(cluster(faults=[kill("database", 30.0)]))
    incident = only(run)
    assert incident["happened_s"] == incident["fell_s"] == 30.0
    # the first check that fails is sent within an interval of the death, the third two intervals later
    assert 30.0 + (THRESHOLD - 1) * INTERVAL_S <= incident["noticed"]["t"] <= 30.0 + THRESHOLD * INTERVAL_S + 0.01
    assert incident["noticed"]["t"] == time_of(run, "primary_lost") and incident["noticed"]["by"].startswith("replica")
    promoted_s = time_of(run, "promoted")
    assert incident["writes"]["without_s"] == pytest.approx(promoted_s - 30.0) and incident["writes"]["back"]
    assert promoted_s == pytest.approx(incident["noticed"]["t"] + PROMOTION_S, abs=0.5)
    assert promoted_s - 1.0 <= incident["recovered_s"] <= promoted_s + 1.0
    assert incident["requests"]["above"] == incident["requests"]["failed"] == missed(run)
    assert incident["requests"]["above"] == pytest.approx(WRITES_PER_S * (promoted_s - 30.0), rel=0.15)
    assert incident["writes"]["lost"] == run.summary()["components"]["database"]["metrics"]["writes_lost"]
    assert incident["writes"]["lost_s"] == pytest.approx(incident["writes"]["lost"] / WRITES_PER_S, rel=0.15)
    assert {"decided_checks", "decided_promotion", "decided_asynchronous", "decided_no_retries"} <= codes(incident)
    assert "decided_others_answer" in codes(incident) and "decided_alone" not in codes(incident)
    assert incident["closed"] and incident["over_s"] is None


def test_writes_lost_are_as_many_seconds_as_were_not_shipped() -> None:
    """Shipped at whole seconds, so that a death at 30.9 loses what was written in 0.9 s."""
    writes = only(play(cluster(faults=[kill("database", 30.9)], replication_batch_ms=1000.0)))["writes"]
    assert writes["lost_s"] == pytest.approx(0.9, rel=0.2)


def test_synchronous_replication_loses_no_write_and_says_why() -> None:
    incident = only(play(cluster(faults=[kill("database", 30.0)], replication="synchronous")))
    assert incident["writes"]["lost"] == 0 and incident["writes"]["without_s"] > PROMOTION_S
    assert "decided_waits_for_replicas" in codes(incident) and "decided_asynchronous" not in codes(incident)


def test_without_failover_there_are_no_writes_until_somebody_restores_it() -> None:
    run = play(cluster(faults=[kill("database", 10.0, for_s=20.0)], automatic_failover=False))
    incident = only(run)
    assert incident["writes"]["without_s"] == pytest.approx(20.0) and incident["over_s"] == pytest.approx(30.0)
    assert incident["recovered_s"] == pytest.approx(30.0, abs=1.0)
    cause = next(cause for cause in incident["causes"] if cause["code"] == "decided_no_failover")
    assert (cause["component"], cause["parameters"]) == ("database", ["automatic_failover"])


def test_what_never_comes_back_stays_open() -> None:
    incident = only(play(cluster(40.0, [kill("database", 10.0)], automatic_failover=False)))
    assert incident["recovered_s"] is None and not incident["closed"] and not incident["writes"]["back"]
    assert incident["writes"]["without_s"] == pytest.approx(30.0)


def test_a_loss_that_nobody_feels_says_so() -> None:
    run = play(cluster(40.0, [kill("replica_1", 10.0)], reads_from="primary"))
    incident = only(run)
    assert incident["fell_s"] is None and incident["recovered_s"] is None and incident["closed"]
    assert incident["requests"]["above"] == missed(run) == 0
    assert incident["noticed"]["by"] == "database"
    assert times_of(run, "loss_without_effect") == [20.0] and not times_of(run, "traffic_back")


def test_retries_hide_a_dead_replica() -> None:
    """Reads of the dead one fail and are tried again at the other: many tries more, hardly a request lost."""
    document = cluster(40.0, [kill("replica_1", 10.0)])
    plain = only(play(document))
    document["components"]["clients"]["parameters"] |= {"retries": 5, "backoff_ms": 10.0}
    hidden = only(play(document))
    assert plain["requests"]["above"] > 100 and plain["fell_s"] == 10.0 and plain["requests"]["retried"] == 0
    assert hidden["requests"]["above"] < 20 and hidden["fell_s"] is None
    assert hidden["requests"]["retried"] >= plain["requests"]["above"]
    assert "decided_retries" in codes(hidden) and "decided_no_retries" in codes(plain)


def test_a_cut_link_is_a_loss_with_two_ends() -> None:
    clients_link = next(i for i, entry in cluster()["links"].items() if entry["from"] == "clients")
    document = cluster(40.0, [{"at_s": 10.0, "action": "cut", "link": clients_link, "for_s": 6.0}])
    document["components"]["clients"]["parameters"]["timeout_ms"] = 1000.0
    run = play(document)
    incident = only(run)
    assert incident["link"] == clients_link and incident["component"] is None
    assert incident["over_s"] == 16.0
    # who sent last before the end of the cut waits for a second more
    assert 16.0 <= incident["recovered_s"] <= 18.0
    assert incident["requests"]["above"] == missed(run) == pytest.approx(300 * 6.0, rel=0.1)
    cause = next(cause for cause in incident["causes"] if cause["code"] == "decided_timeout")
    assert (cause["component"], cause["parameters"]) == ("clients", ["timeout_ms"])
    assert "decided_unnoticed" in codes(incident)


def broker(**values: Any) -> Document:
    return design(
        {
            "clients": part("clients", arrival_rate_per_s=100.0, read_ratio=0.0, retries=0),
            "server": part("server"),
            "queue": part("message_queue", **values),
            "worker": part("worker", workers=1, service_ms=50.0),
        },
        [link("clients", "server"), link("server", "queue"), link("queue", "worker")],
        40.0, [kill("queue", 10.3, for_s=2.0)],
    )  # fmt: skip


def test_messages_lost_are_those_of_the_broker() -> None:
    run = play(broker(storage="memory"))
    incident = only(run)
    assert incident["messages"]["lost"] == run.summary()["components"]["queue"]["metrics"]["messages_lost"] > 100
    assert incident["messages"]["lost"] == arguments_of(run, "messages_lost")["count"]
    assert "decided_in_memory" in codes(incident)
    kept = only(play(broker(storage="disk", flush_interval_ms=0.0)))
    assert kept["messages"]["lost"] == 0 and "decided_stored" in codes(kept)


def arguments_of(run: Run, kind: str) -> dict[str, Any]:
    (event,) = [event for event in run.world.story.all if event["kind"] == kind]
    found: dict[str, Any] = event["arguments"]
    return found


def test_the_log_leads_to_the_story_and_frames_carry_it_when_it_changes() -> None:
    run = Run(cluster(50.0, [kill("database", 20.0)]))
    frames = go(run)
    told = {event["kind"] for event in run.world.story.all if event.get("incident") == 1}
    assert told == {"killed_process", "primary_lost", "promoted", "traffic_back"} | ({"catching_up"} & told)
    newest: dict[int, dict[str, Any]] = {}
    for frame in frames:
        assert not frame["incidents"] or frame["t"] >= 20.0
        newest |= {incident["number"]: incident for incident in frame["incidents"]}
    assert list(newest.values()) == run.summary()["incidents"]
    quiet = [frame for frame in frames if frame["t"] > newest[1]["recovered_s"] + 15.0]
    assert quiet and not any(frame["incidents"] for frame in quiet)


def test_stories_do_not_depend_on_how_often_one_looks() -> None:
    document = cluster(50.0, [kill("database", 20.4)])
    one, other = (play(document, tick_s=tick_s).summary()["incidents"] for tick_s in (0.1, 7.0))
    assert one == other


def test_two_losses_at_a_time_say_that_they_share_what_was_lost() -> None:
    run = play(cluster(40.0, [kill("replica_1", 10.0), kill("replica_2", 12.0)]))
    first, second = incidents(run)
    assert first["overlaps"] and second["overlaps"]
    # what is usual is what was before the first one, not the trouble after it
    assert second["requests"]["above"] == second["requests"]["failed"] > 100


def test_who_dies_again_and_again_is_one_story() -> None:
    document = design(
        {"clients": part("clients", arrival_rate_per_s=50.0), "server": part("server", boot_s=1.0)},
        [link("clients", "server")], 30.0,
        [{"at_s": 5.0, "action": "memory_leak", "component": "server", "arguments": {"mb_per_s": 5000.0}, "for_s": 12.0}],
    )  # fmt: skip
    run = play(document)
    incident = only(run)
    assert incident["times"] == len(times_of(run, "killed_out_of_memory")) > 1
    assert "decided_boot" in codes(incident)


def test_there_is_a_limit_to_the_stories_of_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LIMITS, "incidents", Limit(1, "incidents", ""))
    assert len(incidents(play(cluster(20.0, [kill("replica_1", 5.0), kill("replica_2", 6.0)])))) == 1


def reading(at_s: float, done: int, bad: int = 0, arrived: int | None = None, asked: float = 100.0) -> Reading:
    nothing = np.zeros(1, np.int64)
    return Reading(at_s, asked, done + bad if arrived is None else arrived, done, bad, 0, 0, 0, 0, 0, 0.0, nothing, nothing)


LEVEL = Level(reading(0.0, 0), reading(10.0, 1000))  # 100 a second, none of them bad


@pytest.mark.parametrize(("done", "bad", "arrived", "asked", "back"), [
    (300, 0, 300, 100.0, True),
    (300, 4, 304, 100.0, True),  # 1 % of 304, and one
    (300, 5, 305, 100.0, False),
    (218, 0, 218, 100.0, False),  # 0.9 × 300 less three times √300 is 218.04
    (219, 0, 219, 100.0, True),
    (218, 0, 218, 50.0, True),  # other traffic: as many as there were arrivals
    (218, 0, 300, 50.0, False),  # which are not answered
])  # fmt: skip
def test_traffic_is_back_when_as_much_is_done_as_before(done: int, bad: int, arrived: int, asked: float, back: bool) -> None:
    first = reading(10.0, 1000, asked=asked)
    last = reading(13.0, 1000 + done, bad, 1000 + arrived, asked)
    assert LEVEL.is_back(first, [last]) is back


def test_two_primaries_lose_the_writes_of_one_and_say_what_would_have_kept_them() -> None:
    run = play(sites())
    incident = only(run)
    assert incident["writes"]["lost"] == run.summary()["components"]["database"]["metrics"]["writes_lost"] > 100
    cause = next(cause for cause in incident["causes"] if cause["code"] == "decided_two_primaries")
    assert cause["parameters"] == ["promotion_needs_majority", "stops_without_majority"]
    fenced_run = play(sites(stops_without_majority=True))
    fenced = only(fenced_run)
    assert "decided_stops" in codes(fenced) and "decided_two_primaries" not in codes(fenced)
    assert fenced["writes"]["lost"] < incident["writes"]["lost"] / 4, "only those of the time until it stopped"
    assert fenced["writes"]["without_s"] == pytest.approx(time_of(fenced_run, "promoted") - time_of(fenced_run, "primary_stops"), abs=1e-5)
