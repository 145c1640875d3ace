"""Results of queueing and caching theory, in plain functions. Rates per second, times in seconds, unless said otherwise.

Sources: Kleinrock, Queueing Systems vol. 1 (1975); Harchol-Balter, Performance Modeling and Design of Computer Systems (2013);
Che, Tung and Wang, Hierarchical web caching systems (2002), in the form of Fricker, Robert and Roberts (2012); Martina, Garetto and
Leonardi, A unified approach to the performance analysis of caching systems (2014); Lazowska et al., Quantitative System Performance (1984).
"""

from collections.abc import Callable
from math import inf

import numpy as np
from numpy.typing import NDArray


def erlang_b(servers: int, load: float) -> float:
    """Share of arrivals that find all servers busy when none may wait. load: arrival rate × service time."""
    blocking = 1.0
    for server in range(1, servers + 1):
        blocking = load * blocking / (server + load * blocking)
    return blocking


def erlang_c(servers: int, load: float) -> float:
    """Share of arrivals that must wait when all may wait; 1 from saturation on."""
    if load >= servers:
        return 1.0
    blocking = erlang_b(servers, load)
    return servers * blocking / (servers - load * (1.0 - blocking))


def mmc_queue(servers: int, rate: float, service_s: float) -> float:
    """Mean number waiting in M/M/c."""
    load = rate * service_s
    if load >= servers:
        return inf
    return erlang_c(servers, load) * load / (servers - load)


def mg1_queue(rate: float, service_s: float, cv: float) -> float:
    """Mean number waiting in M/G/1 (Pollaczek and Khinchine). cv: coefficient of variation of the service times."""
    load = rate * service_s
    if load >= 1.0:
        return inf
    return load * load * (1.0 + cv * cv) / (2.0 * (1.0 - load))


def mg1_sharing_number(rate: float, service_s: float) -> float:
    """Mean number present in M/G/1 with processor sharing; it depends on the service times only through their mean."""
    load = rate * service_s
    return load / (1.0 - load) if load < 1.0 else inf


def users_at_station(users: int, think_s: float, service_s: float, servers: int) -> tuple[float, float]:
    """(mean number at a station, mean number of them in service) when so many users go there after a while elsewhere: M/M/c//N.

    With one server it holds for processor sharing too, whatever the service times; the time elsewhere counts by its mean alone.
    """
    there = np.arange(1, users + 1)
    logarithms = np.concatenate([[0.0], np.cumsum(np.log((users - there + 1) * service_s / think_s / np.minimum(there, servers)))])
    chances = np.exp(logarithms - logarithms.max())
    chances /= chances.sum()
    numbers = np.arange(users + 1)
    return float((chances * numbers).sum()), float((chances * np.minimum(numbers, servers)).sum())


def knee(think_s: float, service_s: float, servers: int) -> float:
    """Users from whom on the station limits: where the bound of its speed meets that of nobody in anybody's way (N*)."""
    return (think_s + service_s) * servers / service_s


def _popularity(keys: int, exponent: float) -> NDArray[np.float64]:
    weights = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    return np.asarray(weights / weights.sum())


def _life(popularity: NDArray[np.float64], capacity: int, kept: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> float:
    """How long a key stays, in look-ups, so that on average `capacity` are there. kept: chance to be there, of look-ups in that time."""
    low, high = 0.0, 1.0
    while float(kept(popularity * high).sum()) < capacity:
        high *= 2.0
    for _step in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float(kept(popularity * middle).sum()) < capacity else (low, middle)
    return high


def lru_hit_ratio(keys: int, exponent: float, capacity: int) -> float:
    """Hit ratio of an LRU cache under independent references with Zipf popularity (Che's approximation)."""
    if capacity >= keys:
        return 1.0
    popularity = _popularity(keys, exponent)
    return float((popularity * -np.expm1(-popularity * _life(popularity, capacity, lambda seen: -np.expm1(-seen)))).sum())


def fifo_hit_ratio(keys: int, exponent: float, capacity: int) -> float:
    """The same of a cache that lets the oldest or any key go: a use does not keep a key."""
    if capacity >= keys:
        return 1.0
    popularity = _popularity(keys, exponent)
    seen = popularity * _life(popularity, capacity, lambda seen: seen / (1.0 + seen))
    return float((popularity * seen / (1.0 + seen)).sum())
