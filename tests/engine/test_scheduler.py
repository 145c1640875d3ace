"""The scheduler: jobs at equal intervals, the first after one interval."""

import pytest

from sim_engine import Run
from tests.engine.support import design, frames, link, part


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_jobs_come_after_each_whole_interval(seed: int) -> None:
    parts = {"cron": part("scheduler", interval_s=0.55, jobs=3), "server": part("server")}
    run = Run(design(parts, [link("cron", "server")], 3.0, seed=seed))
    came = [round(frame["t"], 1) for frame in frames(run) for _job in range(frame["components"]["cron"]["arrived"] // 3)]
    assert came == [0.6, 1.2, 1.7, 2.3, 2.8]
