"""A frame holds off Python's search for reference cycles while it is made, and leaves it as the host had it."""

import gc

import pytest

from sim_engine import Run
from tests.engine.support import shop


@pytest.mark.parametrize("collects", [True, False])
def test_left_as_it_was(collects: bool) -> None:
    run = Run(shop(2.0))
    try:
        if not collects:
            gc.disable()
        run.advance()
        assert gc.isenabled() == collects
    finally:
        gc.enable()


def test_none_comes_within_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Run(shop(2.0))
    seen = []

    def watched(*arguments: object) -> dict[str, object]:
        seen.append(gc.isenabled())
        raise ZeroDivisionError

    monkeypatch.setattr("sim_engine.run.frame", watched)
    with pytest.raises(ZeroDivisionError):
        run.advance()
    assert seen == [False] and gc.isenabled()
