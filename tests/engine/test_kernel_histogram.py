"""Log histograms: what a bin says is within 1 % of what fell into it, and percentiles are those of the sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_engine.kernel import layout
from sim_engine.world.latencies import BIN_MIDDLES_MS, PERCENTILES, percentiles_ms
from tests.engine.kernel_state import bins


def bins_of(durations_s: list[float]) -> np.ndarray:
    out = np.zeros(len(durations_s), np.int64)
    bins(np.array(durations_s), out)
    return out


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.floats(min_value=2e-9, max_value=1e7))
def test_a_bins_middle_is_within_one_percent(duration_s: float) -> None:
    middle_s = BIN_MIDDLES_MS[bins_of([duration_s])[0]] / 1000
    assert abs(middle_s - duration_s) <= 0.01 * duration_s


def test_bins_grow_with_durations() -> None:
    assert (np.diff(bins_of(np.geomspace(1e-9, 1e7, 50_000).tolist())) >= 0).all()


@pytest.mark.parametrize("extreme", [0.0, 5e-324, 1e-12, 1e12, 1e300])
def test_extremes_stay_inside(extreme: float) -> None:
    assert 0 <= bins_of([extreme])[0] < layout.BINS


def test_no_time_is_no_time() -> None:
    assert BIN_MIDDLES_MS[bins_of([0.0])[0]] == 0.0


def test_percentiles_are_those_of_the_sample() -> None:
    sample = np.random.default_rng(5).lognormal(-4, 1.5, 10_001)
    histogram = np.bincount(bins_of(sample.tolist()), minlength=layout.BINS)
    exact_ms = 1000 * np.quantile(sample, list(PERCENTILES.values()), method="inverted_cdf")
    assert list(percentiles_ms(histogram).values()) == pytest.approx(exact_ms.tolist(), rel=0.01)


def test_histograms_merge_by_adding() -> None:
    one, two = ([0.001 * i for i in range(1, 500)], [0.01 * i for i in range(1, 300)])
    together = np.bincount(bins_of(one + two), minlength=layout.BINS)
    added = sum(np.bincount(bins_of(part), minlength=layout.BINS) for part in (one, two))
    assert (together == added).all()


def test_nothing_has_no_percentile() -> None:
    assert set(percentiles_ms(np.zeros(layout.BINS, np.int64)).values()) == {None}
