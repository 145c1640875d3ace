"""Results of queueing and caching theory, in plain functions. Rates per second, times in seconds, unless said otherwise.

Sources: Kleinrock, Queueing Systems vol. 1 (1975); Harchol-Balter, Performance Modeling and Design of Computer Systems (2013);
Che, Tung and Wang, Hierarchical web caching systems (2002), in the form of Fricker, Robert and Roberts (2012).
"""

from math import inf

import numpy as np


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


def che_hit_ratio(keys: int, exponent: float, capacity: int, life_s: float = inf, rate: float = 1.0) -> float:
    """Hit ratio of an LRU cache under independent references with Zipf popularity (Che's approximation).

    life_s: time to live from the put; rate: look-ups a second, which it is compared with.
    """
    popularity = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    popularity /= popularity.sum()
    rates = popularity * rate
    if capacity >= keys:
        return float((popularity * (rates * life_s / (1.0 + rates * life_s))).sum()) if life_s < inf else 1.0
    low, high = 0.0, 1.0
    while float((-np.expm1(-rates * high)).sum()) < capacity:
        high *= 2.0
    for _step in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if float((-np.expm1(-rates * middle)).sum()) < capacity else (low, middle)
    return float((popularity * -np.expm1(-rates * high)).sum())
