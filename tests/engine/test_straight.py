"""A straightened program does what the written one does, with fewer jumps."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sim_engine.operations import codes as op
from sim_engine.operations.straight import PLAIN, Row, straighten

STEPS = 200
ACTIONS = (op.TAKE, op.SERVE, op.CALL, op.CLEAR)


def happened(rows: list[Row], place: int, answers: tuple[bool, ...]) -> list[tuple[int, int]]:
    """What a program does from a place on: every operation but the jumps. answers: by the question's number (`b`), for ever."""
    done = []
    for _ in range(STEPS):
        if place >= len(rows):
            return done
        row = rows[place]
        place += 1
        if row.op == op.JUMP:
            place = row.a
        elif row.op in PLAIN:
            if answers[row.b] != (row.c == op.UNLESS):
                place = row.a
        else:
            done.append((row.op, row.b))
            if row.op == op.END:
                return done
            if row.op == op.LEAD and answers[row.b]:
                place = row.a
    return done


@st.composite
def programs(draw: st.DrawFn) -> list[Row]:
    """Jumps among operations, with the builder's jumps over jumps well represented."""
    size = draw(st.integers(1, 12))
    rows = []
    for place in range(size):
        kind = draw(st.sampled_from(["act", "jump", "if", "only", "lead", "end"]))
        target, question = draw(st.integers(0, size)), draw(st.integers(0, 2))
        if kind == "jump":
            rows.append(Row(op.JUMP, draw(st.integers(place + 1, size))))  # no path jumps round for ever
        elif kind == "if":
            rows.append(Row(draw(st.sampled_from(sorted(PLAIN))), target, question))
        elif kind == "only":
            rows.append(Row(op.IF_VERB, min(place + 2, size), question))
        elif kind == "lead":
            rows.append(Row(op.LEAD, target, question))
        else:
            rows.append(Row(op.END if kind == "end" else draw(st.sampled_from(ACTIONS)), 0, place))
    return [*rows, Row(op.END)]


@settings(derandomize=True, max_examples=1500, deadline=None)
@given(programs(), st.integers(0, 12), st.tuples(st.booleans(), st.booleans(), st.booleans()))
def test_the_same_happens(rows: list[Row], entry: int, answers: tuple[bool, ...]) -> None:
    begins = min(entry, len(rows) - 1)
    before = happened(rows, begins, answers)
    entries = {op.READ: begins}
    straighten(rows, entries)
    after = happened(rows, entries[op.READ], answers)
    # a program that goes round for ever does more in so many steps when it is straight
    assert after[: len(before)] == before
    assert len(after) == len(before) or before[-1][0] != op.END


def test_only_if_costs_one_jump() -> None:
    rows = [Row(op.IF_VERB, 2, op.READ), Row(op.JUMP, 3), Row(op.CALL), Row(op.IF_VERB, 5, op.WRITE), Row(op.JUMP, 5), Row(op.END)]
    straighten(rows, {})
    assert [(row.op, row.a, row.c) for row in rows] == [(op.IF_VERB, 2, op.UNLESS), (op.CALL, 0, 0), (op.END, 0, 0)]
