"""What intervals are made of: batches, warm-up, skewness, percentiles from histograms. Whether they hold the truth is tested elsewhere."""

import numpy as np
import pytest
from numpy.typing import NDArray

from sim_engine import Run
from sim_engine.kernel import layout
from sim_engine.statistics.intervals import MOST_BATCHES, batch_sums, of_batches, of_ratio, of_replications, student, warm_up
from sim_engine.statistics.quantiles import EDGES_MS, half_bin_ms, of_quantile, quantile_ms
from sim_engine.statistics.record import FEWEST_KEPT, MOST_BYTES, MOST_MOMENTS, Record
from sim_engine.world.latencies import BIN_MIDDLES_MS
from tests.engine.kernel_state import bins
from tests.engine.support import go, shop


def luck(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def histogram(durations_s: NDArray[np.float64]) -> NDArray[np.float64]:
    places = np.zeros(len(durations_s), np.int64)
    bins(durations_s, places)
    return np.bincount(places, minlength=layout.BINS).astype(np.float64)


def test_batches_use_nearly_every_window() -> None:
    for windows in range(10, 402):
        sums = batch_sums(np.ones(windows))
        assert 5 <= len(sums) <= MOST_BATCHES and len(set(sums)) == 1, windows
        assert sums.sum() > windows - sums[0], f"of {windows} less than a batch is left out"
        assert sums.sum() >= 0.8 * windows, windows


def test_batches_end_with_the_last_window() -> None:
    assert batch_sums(np.arange(33.0), 16)[-1] == 32.0 + 31.0 + 30.0


def test_a_steady_series_is_hardly_ever_cut() -> None:
    cuts = [warm_up(luck(seed).exponential(1.0, 400), np.ones(400)) for seed in range(200)]
    assert sum(cut > 0 for cut in cuts) <= 6


@pytest.mark.parametrize("start", [10.0, 0.0])
def test_a_warm_up_is_cut(start: float) -> None:
    series = 5.0 + luck().normal(0.0, 0.5, 400)
    series[:100] += (start - 5.0) * np.exp(-np.arange(100) / 25)
    assert 50 <= warm_up(series, np.ones(400)) <= 130


def test_windows_in_which_nothing_ended_do_no_harm() -> None:
    done = np.ones(100)
    done[[3, 50, 99]] = 0.0
    assert warm_up(np.where(done, 5.0, 0.0), done) == 0
    assert warm_up(np.zeros(100), np.zeros(100)) == 0
    assert of_ratio(np.zeros(100), np.zeros(100)) is None


def test_a_figure_that_warms_up_alone_loses_its_own_beginning() -> None:
    hits = np.full(200, 90.0) + luck().normal(0.0, 3.0, 200)
    hits[:40] = 10.0
    found = of_ratio(hits, np.full(200, 100.0))
    assert found is not None and abs(found.value - 0.9) <= found.half_width < 0.02


def test_without_skewness_it_is_students_interval() -> None:
    batches = np.array([1.0, 3.0] * 8)
    error = batches.std(ddof=1) / 4
    assert of_batches(2.0, batches).half_width == pytest.approx(student(15) * error)


def test_skewness_on_either_side_widens() -> None:
    skew = np.array([0.0] * 7 + [10.0] + [0.0] * 8)
    student_alone = student(15) * skew.std(ddof=1) / 4
    right, left = of_batches(float(skew.mean()), skew), of_batches(float(-skew.mean()), -skew)
    assert right.half_width == pytest.approx(left.half_width) and right.half_width > 1.3 * student_alone


def test_neighbours_that_hang_together_widen() -> None:
    apart = np.array([1.0, -1.0] * 8)
    together = np.sort(apart)
    assert of_batches(0.0, together).half_width > 2 * of_batches(0.0, apart).half_width


def test_too_few_windows_give_none() -> None:
    assert of_ratio(np.ones(9), np.ones(9)) is None
    assert of_ratio(np.ones(10), np.ones(10)) is not None


def test_replications() -> None:
    found = of_replications([1.0, 2.0, 3.0])
    assert (found.value, found.half_width) == (2.0, pytest.approx(4.303 / 3**0.5))


@pytest.mark.parametrize("share", [0.5, 0.95, 0.99])
def test_percentiles_lie_between_the_middles_of_bins(share: float) -> None:
    """A smooth distribution's percentile is read to a small part of a bin."""
    smooth = histogram(-0.01 * np.log1p(-(np.arange(1_000_000) + 0.5) / 1_000_000))
    assert quantile_ms(smooth, share) == pytest.approx(-10 * np.log(1 - share), rel=5e-4)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_constant_time_is_the_middle_of_its_bin(share: float) -> None:
    windows = np.stack([histogram(np.full(50, 0.0123))] * 100)
    found = of_quantile(windows, share)
    assert found is not None and found.value in BIN_MIDDLES_MS
    assert abs(found.value - 12.3) <= found.half_width <= 0.01 * 12.3


def test_no_time_at_all() -> None:
    found = of_quantile(np.stack([histogram(np.zeros(5))] * 20), 0.95)
    assert found is not None and found.value == 0.0


def test_a_percentile_needs_something_in_every_batch() -> None:
    windows = np.stack([histogram(np.full(5, 0.01))] * 40)
    windows[20:] = 0.0
    assert of_quantile(windows, 0.5) is None


def test_edges_hold_their_middles() -> None:
    assert (EDGES_MS[1:-1] <= BIN_MIDDLES_MS[1:]).all() and (EDGES_MS[1:] > BIN_MIDDLES_MS).all()
    assert all(abs(half_bin_ms(middle) / middle) < 0.0079 for middle in BIN_MIDDLES_MS[2:])


def test_what_is_kept_goes_on_when_rows_are_added() -> None:
    """Lines of before an instance came have zeros in its place, and those of the others keep what they said."""
    run = Run(shop(40.0, server={"instances": 2, "boot_s": 0.5}))
    run.command({"action": "tick", "tick_s": 0.5})
    go(run, 5.0)
    server = run.world.groups["server_1"]
    first, _last = run.moments()
    kept = Record(first)
    for _frame in range(15):
        run.advance()
        kept.add(run.moments()[1])
    before = kept.steady()
    assert before is not None
    server.add_member()
    run.advance()
    kept.add(run.moments()[1])
    after = kept.steady()
    assert after is not None
    old, new = (steady.node(server.first, "done") for steady in (before, after))
    assert len(server.everyone) == 3 and old.sum() > 0.0
    assert (new[: len(old)] == old).all(), "what was counted before the third instance came"


def test_what_is_kept_is_no_more_than_there_is_room_for() -> None:
    run = Run(shop(60.0))
    go(run, 45.0)
    assert FEWEST_KEPT // 2 <= len(run.record) <= MOST_MOMENTS and run.record.spacing > 1
    assert run.record.nbytes < MOST_BYTES
