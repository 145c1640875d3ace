"""Rate limiters: token bucket, leaky bucket, fixed and sliding window; one for everybody or one for each client address."""

import math

from sim_engine.kernel.compiling import function
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import FIXED_WINDOW, LEAKY_BUCKET, TOKEN_BUCKET

# Offsets from the instruction's parameter
KIND, RATE, BURST, WINDOW_S, BY_ADDRESS = range(5)
REFUSED = -1.0


@function
def _token_bucket(cell: Row, rate_per_s: float, burst: float, now: float) -> float:
    """level: tokens that are missing from a full bucket, so that a cell of zeros is full."""
    cell.level = max(0.0, cell.level - (now - cell.at_s) * rate_per_s)
    cell.at_s = now
    if cell.level + 1.0 > burst:
        return REFUSED
    cell.level = cell.level + 1.0
    return now


@function
def _leaky_bucket(cell: Row, rate_per_s: float, burst: float, now: float) -> float:
    """Lets one pass each 1/rate seconds; as many as `burst` may wait for their turn."""
    at_s = max(now, cell.at_s)
    if rate_per_s <= 0.0 or (at_s - now) * rate_per_s > burst:
        return REFUSED
    cell.at_s = at_s + 1.0 / rate_per_s
    return at_s


@function
def _window(cell: Row, most: float, window_s: float, slides: bool, now: float) -> float:
    """At most so many in a window of the clock; a sliding one counts the share of the last window that it still covers."""
    window = math.floor(now / window_s)
    had = cell.at_s
    if window != had:
        cell.before = cell.level if window == had + 1.0 else 0.0
        cell.level = 0.0
        cell.at_s = window
    counted = cell.level
    if slides:
        counted += cell.before * (1.0 - (now / window_s - window))
    if counted + 1.0 > most + 1e-9:
        return REFUSED
    cell.level = cell.level + 1.0
    return now


@function
def admit(s: State, limiter_index: int, parameter: int, address: int, now: float) -> float:
    """When a request may go on, at or after now; negative when it is turned away.

    parameter: index of kind, rate (requests/s), burst (requests), window (s), whether each address has its own.
    """
    limiter = s.limiters[limiter_index]
    place = address % limiter.cells if s.parameters[parameter + BY_ADDRESS] > 0.0 else 0
    cell = s.cells[limiter.first + place]
    kind = int(s.parameters[parameter + KIND])
    rate = s.parameters[parameter + RATE]
    burst = s.parameters[parameter + BURST]
    if kind == TOKEN_BUCKET:
        return _token_bucket(cell, rate, burst, now)
    if kind == LEAKY_BUCKET:
        return _leaky_bucket(cell, rate, burst, now)
    window_s = s.parameters[parameter + WINDOW_S]
    return _window(cell, rate * window_s, window_s, kind != FIXED_WINDOW, now)
