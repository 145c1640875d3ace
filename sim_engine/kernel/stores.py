"""Real keys: an LRU cache with expiry over flat arrays, and versions of keys."""

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Row


@inlined
def _unlink(s: State, cache: Row, slot: int) -> None:
    entry = s.cache_entries[slot]
    if entry.previous >= 0:
        s.cache_entries[entry.previous].next = entry.next
    else:
        cache.head = entry.next
    if entry.next >= 0:
        s.cache_entries[entry.next].previous = entry.previous
    else:
        cache.tail = entry.previous


@inlined
def _link_first(s: State, cache: Row, slot: int) -> None:
    entry = s.cache_entries[slot]
    entry.previous = -1
    entry.next = cache.head
    if cache.head >= 0:
        s.cache_entries[cache.head].previous = slot
    cache.head = slot
    if cache.tail < 0:
        cache.tail = slot


@function
def _forget(s: State, cache: Row, slot: int) -> None:
    """Frees a slot; freed slots wait in a list for the next put."""
    entry = s.cache_entries[slot]
    _unlink(s, cache, slot)
    s.keyed[entry.key, cache.column] = -1
    entry.key = -1
    entry.next = cache.spare
    cache.spare = slot
    cache.size = cache.size - 1


@function
def look_up(s: State, cache_index: int, key: int, now: float) -> tuple[bool, int]:
    """(found, version): a hit moves the key to the front; what has expired is removed."""
    cache = s.caches[cache_index]
    slot = s.keyed[key, cache.column]
    if slot < 0:
        return False, 0
    entry = s.cache_entries[slot]
    if entry.expires_s <= now:
        _forget(s, cache, slot)
        return False, 0
    if cache.head != slot:
        _unlink(s, cache, slot)
        _link_first(s, cache, slot)
    return True, entry.version


@function
def store(s: State, cache_index: int, key: int, version: int, expires_s: float) -> bool:
    """Puts a key in front; returns whether another one had to go."""
    cache = s.caches[cache_index]
    slot = s.keyed[key, cache.column]
    evicted = False
    if slot >= 0:
        _unlink(s, cache, slot)
    else:
        if cache.capacity <= 0:
            return False
        if cache.size >= cache.capacity:
            _forget(s, cache, cache.tail)
            evicted = True
        slot = cache.spare
        cache.spare = s.cache_entries[slot].next
        s.cache_entries[slot].key = key
        s.keyed[key, cache.column] = slot
        cache.size = cache.size + 1
    entry = s.cache_entries[slot]
    entry.version = version
    entry.expires_s = expires_s
    _link_first(s, cache, slot)
    return evicted


@function
def remove(s: State, cache_index: int, key: int) -> None:
    cache = s.caches[cache_index]
    slot = s.keyed[key, cache.column]
    if slot >= 0:
        _forget(s, cache, slot)


@function
def empty(s: State, cache_index: int) -> None:
    """Forgets everything: a cold start."""
    cache = s.caches[cache_index]
    for key in range(cache.keys):
        s.keyed[key, cache.column] = -1
    for place in range(cache.capacity):
        entry = s.cache_entries[cache.base + place]
        entry.key = -1
        entry.next = cache.base + place + 1 if place + 1 < cache.capacity else -1
    cache.spare = cache.base if cache.capacity > 0 else -1
    cache.head = -1
    cache.tail = -1
    cache.size = 0


@inlined
def apply_version(s: State, store_index: int, key: int, version: int) -> None:
    """A replica never goes back to an older version."""
    if version > s.keyed[key, store_index]:
        s.keyed[key, store_index] = version
