"""A viewer's cursor and window, without a socket."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import limits
from playground.runs.ring import Frame, Ring
from playground.runs.viewer import TooSlow, Viewer


class Run:
    """What a viewer needs of a run."""

    def __init__(self, frames: int = 0, most: int = 1000) -> None:
        self.run_id, self.epoch = "run", "e1"
        self.ring = Ring(most, 10**9)
        self.state: dict[str, Any] = {"phase": "running", "text": "", "t": 0}
        self.state_version = 0
        self.more(frames)

    def more(self, count: int) -> None:
        for _ in range(count):
            seq = self.ring.last + 1
            self.ring.append(Frame(seq, json.dumps({"seq": seq})))

    def batch(self, frames: list[Frame], caught_up: bool) -> str:
        body = ",".join(frame.text for frame in frames)
        return f'{{"type":"frames","frames":[{body}],"caught_up":{json.dumps(caught_up)}}}'


def viewer_of(run: Run, epoch: str | None = None, seen: int = -1) -> tuple[Viewer, list[dict[str, Any]]]:
    viewer = Viewer(run, "en", control=True)
    return viewer, [json.loads(text) for text in viewer.hello(epoch, seen)]


def due(viewer: Viewer) -> list[dict[str, Any]]:
    """All that goes out before somebody has to acknowledge."""
    sent: list[dict[str, Any]] = []
    while True:
        texts = viewer._due()
        if not texts:
            return sent
        sent += [json.loads(text) for text in texts]


def seqs(messages: list[dict[str, Any]]) -> list[int]:
    return [frame["seq"] for message in messages if message["type"] == "frames" for frame in message["frames"]]


def test_new_viewer_gets_all_that_is_kept() -> None:
    viewer, answers = viewer_of(Run(250))
    assert [answer["type"] for answer in answers] == ["welcome"]
    assert (answers[0]["first"], answers[0]["last"], answers[0]["control"]) == (0, 249, True)
    messages = due(viewer)
    assert seqs(messages) == list(range(250))
    assert [message["caught_up"] for message in messages] == [False, False, True]


def test_returning_viewer_gets_what_it_missed() -> None:
    viewer, answers = viewer_of(Run(50), "e1", 41)
    assert len(answers) == 1
    assert seqs(due(viewer)) == list(range(42, 50))


@pytest.mark.parametrize(("epoch", "seen", "reason"), [("other", 41, "epoch"), ("e1", 3, "history")])
def test_lost_history_is_said(epoch: str, seen: int, reason: str) -> None:
    viewer, answers = viewer_of(Run(50, most=20), epoch, seen)
    assert [answer["type"] for answer in answers] == ["welcome", "reset"]
    assert answers[1]["reason"] == reason
    assert answers[1]["text"]
    assert seqs(due(viewer)) == list(range(30, 50))


def test_the_edge_of_history_is_no_loss() -> None:
    viewer, answers = viewer_of(Run(50, most=20), "e1", 29)
    assert len(answers) == 1
    assert seqs(due(viewer)) == list(range(30, 50))


def test_window_closes_and_opens_with_acknowledgements() -> None:
    run = Run()
    viewer, _answers = viewer_of(run)
    got: list[int] = []
    for _ in range(20):
        run.more(1)
        got += seqs(due(viewer))
    assert got == list(range(limits.of("window_batches")))
    viewer.acknowledge(3)
    # Four places are free; the backlog goes out in one batch.
    assert seqs(due(viewer)) == list(range(8, 20))


def test_slow_viewer_gets_the_newest_and_is_told() -> None:
    run = Run()
    viewer, _answers = viewer_of(run)
    for _ in range(8):
        run.more(1)
        due(viewer)
    run.more(100)
    viewer.acknowledge(7)
    messages = due(viewer)
    assert [message["type"] for message in messages] == ["skip", "frames"]
    assert (messages[0]["from"], messages[0]["to"]) == (8, 106)
    assert seqs(messages) == [107]


def test_last_frame_comes_before_the_last_word() -> None:
    run = Run()
    viewer, _answers = viewer_of(run)
    for _ in range(8):
        run.more(1)
        due(viewer)
    run.more(1)
    run.state = {"phase": "finished", "text": "", "t": 1}
    run.state_version += 1
    assert due(viewer) == []
    viewer.acknowledge(7)
    assert [message["type"] for message in due(viewer)] == ["frames", "state"]


def test_new_epoch_starts_anew() -> None:
    run = Run(5)
    viewer, _answers = viewer_of(run)
    due(viewer)
    run.epoch = "e1.2"
    run.ring.clear()
    run.more(3)
    messages = due(viewer)
    assert [message["type"] for message in messages] == ["reset", "frames"]
    assert messages[0]["epoch"] == "e1.2"
    assert seqs(messages) == [0, 1, 2]


async def test_silent_viewer_with_a_full_window_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(limits.LIMITS, "ack_within_s", limits.Limit("", 0, "s", ""))
    run = Run()
    viewer, _answers = viewer_of(run)

    async def read() -> None:
        async for _text in viewer.messages():
            run.more(1)
            await asyncio.sleep(0.01)

    run.more(1)
    with pytest.raises(TooSlow):
        await asyncio.wait_for(read(), 5)


steps = st.lists(st.one_of(st.tuples(st.just("more"), st.integers(1, 60)), st.tuples(st.just("ack"), st.integers(0, 3))), max_size=60)


@given(steps, st.integers(5, 200))
def test_no_gap_but_those_told_and_nothing_twice(actions: list[tuple[str, int]], most: int) -> None:
    run = Run(most=most)
    viewer, _answers = viewer_of(run)
    expected = 0
    for action, count in actions:
        if action == "more":
            run.more(count)
        else:
            viewer.acknowledge(expected - 1 - count)
        for message in due(viewer):
            if message["type"] == "skip":
                assert message["from"] == expected
                expected = message["to"] + 1
            else:
                for frame in message["frames"]:
                    assert frame["seq"] == expected
                    expected += 1
    viewer.acknowledge(expected - 1)
    due(viewer)
    # Whatever happened, the newest frame has arrived in the end.
    assert viewer._cursor == run.ring.last + 1


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 10), st.integers(1, 200))
def test_ring_keeps_the_newest_within_its_bounds(sizes: list[int], most: int, most_bytes: int) -> None:
    ring = Ring(most, most_bytes)
    for seq, size in enumerate(sizes):
        ring.append(Frame(seq, "x" * size))
        kept = ring.since(-1, 10**9)
        assert kept[-1].seq == seq
        assert [frame.seq for frame in kept] == list(range(ring.first, seq + 1))
        assert len(kept) <= most
        assert len(kept) == 1 or sum(len(frame.text) for frame in kept) <= most_bytes
        assert ring.get(seq) is kept[-1]
        assert ring.get(ring.first - 1) is None
