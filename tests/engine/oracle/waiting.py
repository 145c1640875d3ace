"""Waiting for several calls at once."""

from collections.abc import Sequence

import simpy

from tests.engine.oracle.basics import Answer, Steps


def enough_answers(env: simpy.Environment, calls: Sequence[Steps[Answer]], wanted: int) -> Steps[Answer]:
    """The newest version of the first so many good answers; the failure after which so many cannot come any more."""
    pending = [env.process(call) for call in calls]
    good: list[Answer] = []
    bad: list[Answer] = []
    while len(good) < wanted and len(bad) <= len(calls) - wanted:
        yield simpy.AnyOf(env, pending)
        for process in [process for process in pending if process.triggered]:
            pending.remove(process)
            (good if process.value.ok else bad).append(process.value)
    if len(good) < wanted:
        return bad[-1]
    newest = max(good[:wanted], key=lambda answer: answer.version)
    return Answer(version=newest.version, size_kb=newest.size_kb)


def all_answers(env: simpy.Environment, calls: Sequence[Steps[Answer]]) -> Steps[Answer]:
    return (yield from enough_answers(env, calls, len(calls)))
