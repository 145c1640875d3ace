"""Real keys: caches with expiry over flat arrays, with four ways to choose who goes, and versions of keys.

A cache's entries stand in a list: the last used (LRU), the newest (FIFO, random) or the most used (LFU) first.
For LFU those used equally often stand together, in the order of their last use, and share a bucket (Shah, Mitra and Matani 2010).
"""

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.random import keyed, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import ANY, LEAST_FREQUENTLY_USED, LEAST_RECENTLY_USED

MOST_TRIES = 64  # to meet an occupied slot at random


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


@function
def _link_before(s: State, cache: Row, slot: int, after: int) -> None:
    """Puts an entry in front of `after`; -1: at the tail."""
    entry = s.cache_entries[slot]
    before = cache.tail if after < 0 else s.cache_entries[after].previous
    entry.previous = before
    entry.next = after
    if before >= 0:
        s.cache_entries[before].next = slot
    else:
        cache.head = slot
    if after >= 0:
        s.cache_entries[after].previous = slot
    else:
        cache.tail = slot


@function
def _new_bucket(s: State, cache: Row, uses: int) -> int:
    index = cache.spare_bucket
    bucket = s.buckets[index]
    cache.spare_bucket = bucket.next
    bucket.uses = uses
    bucket.first = -1
    bucket.entries = 0
    return index


@function
def _leave_bucket(s: State, cache: Row, slot: int) -> None:
    entry = s.cache_entries[slot]
    index = entry.bucket
    bucket = s.buckets[index]
    bucket.entries = bucket.entries - 1
    if bucket.entries == 0:
        bucket.next = cache.spare_bucket
        cache.spare_bucket = index
    elif bucket.first == slot:
        bucket.first = entry.next


@function
def _enter_bucket(s: State, index: int, slot: int) -> None:
    bucket = s.buckets[index]
    bucket.first = slot
    bucket.entries = bucket.entries + 1
    s.cache_entries[slot].bucket = index


@function
def _use_once_more(s: State, cache: Row, slot: int) -> None:
    """Moves an entry in front of those that were used as often as it is now."""
    entry = s.cache_entries[slot]
    uses = s.buckets[entry.bucket].uses + 1
    first = s.buckets[entry.bucket].first
    ahead = s.cache_entries[first].previous
    after = first if first != slot else entry.next
    _leave_bucket(s, cache, slot)
    _unlink(s, cache, slot)
    if ahead >= 0 and s.buckets[s.cache_entries[ahead].bucket].uses == uses:
        index = s.cache_entries[ahead].bucket
        after = s.buckets[index].first
    else:
        index = _new_bucket(s, cache, uses)
    _link_before(s, cache, slot, after)
    _enter_bucket(s, index, slot)


@function
def _place_new(s: State, cache: Row, slot: int) -> None:
    if cache.eviction != LEAST_FREQUENTLY_USED:
        _link_before(s, cache, slot, cache.head)
        return
    after = -1
    if cache.tail >= 0 and s.buckets[s.cache_entries[cache.tail].bucket].uses == 1:
        index = s.cache_entries[cache.tail].bucket
        after = s.buckets[index].first
    else:
        index = _new_bucket(s, cache, 1)
    _link_before(s, cache, slot, after)
    _enter_bucket(s, index, slot)


@inlined
def _touch(s: State, cache: Row, slot: int) -> None:
    """A use of an entry."""
    if cache.eviction == LEAST_RECENTLY_USED:
        if cache.head != slot:
            _unlink(s, cache, slot)
            _link_before(s, cache, slot, cache.head)
    elif cache.eviction == LEAST_FREQUENTLY_USED:
        _use_once_more(s, cache, slot)


@function
def _forget(s: State, cache: Row, slot: int) -> None:
    """Frees a slot; freed slots wait in a list for the next put."""
    entry = s.cache_entries[slot]
    if cache.eviction == LEAST_FREQUENTLY_USED:
        _leave_bucket(s, cache, slot)
    _unlink(s, cache, slot)
    s.keyed[entry.key, cache.column] = -1
    entry.key = -1
    entry.next = cache.spare
    cache.spare = slot
    cache.size = cache.size - 1
    cache.used_kb = cache.used_kb - entry.size_kb


@function
def _victim(s: State, cache: Row) -> int:
    """Who goes."""
    if cache.eviction == ANY:
        for _ in range(MOST_TRIES):
            cache.draws = cache.draws + 1
            slot = cache.base + int(uniform(keyed(cache.salt, cache.draws)) * cache.capacity)
            if s.cache_entries[slot].key >= 0:
                return slot
    return cache.tail


@function
def look_up(s: State, cache_index: int, key: int, stale_too: bool, now: float) -> tuple[bool, int]:
    """(found, version): a hit is a use; what has expired is no hit, unless `stale_too`."""
    cache = s.caches[cache_index]
    slot = s.keyed[key, cache.column]
    if slot < 0:
        return False, 0
    entry = s.cache_entries[slot]
    if entry.expires_s <= now and not stale_too:
        if cache.keeps_expired == 0:
            _forget(s, cache, slot)
        return False, 0
    _touch(s, cache, slot)
    if cache.slides != 0:
        entry.expires_s = now + entry.life_s
    return True, entry.version


@function
def store(s: State, cache_index: int, key: int, version: int, size_kb: float, life_s: float, now: float) -> int:
    """Puts a key with a value that is good for life_s (infinite: for ever); returns how many others had to go."""
    cache = s.caches[cache_index]
    slot = s.keyed[key, cache.column]
    evicted = 0
    if cache.room_kb > 0.0 and size_kb > cache.room_kb:  # never fits
        if slot >= 0:
            _forget(s, cache, slot)
        return 0
    if slot >= 0:
        _touch(s, cache, slot)
        cache.used_kb = cache.used_kb - s.cache_entries[slot].size_kb
    else:
        if cache.capacity <= 0:
            return 0
        if cache.size >= cache.capacity:
            _forget(s, cache, _victim(s, cache))
            evicted += 1
        slot = cache.spare
        cache.spare = s.cache_entries[slot].next
        s.cache_entries[slot].key = key
        s.keyed[key, cache.column] = slot
        cache.size = cache.size + 1
        _place_new(s, cache, slot)
    entry = s.cache_entries[slot]
    entry.version = version
    entry.size_kb = size_kb
    entry.life_s = life_s
    entry.expires_s = now + life_s
    cache.used_kb = cache.used_kb + size_kb
    while cache.room_kb > 0.0 and cache.used_kb > cache.room_kb:
        out = _victim(s, cache)
        if out == slot:
            out = entry.previous if entry.previous >= 0 else entry.next
        if out < 0:
            break
        _forget(s, cache, out)
        evicted += 1
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
    first_bucket = cache.first_bucket
    for key in range(cache.keys):
        s.keyed[key, cache.column] = -1
    for place in range(cache.capacity):
        entry = s.cache_entries[cache.base + place]
        entry.key = -1
        entry.next = cache.base + place + 1 if place + 1 < cache.capacity else -1
        if cache.eviction == LEAST_FREQUENTLY_USED:
            s.buckets[first_bucket + place].next = first_bucket + place + 1 if place + 1 < cache.capacity else -1
    cache.spare = cache.base if cache.capacity > 0 else -1
    cache.spare_bucket = first_bucket
    cache.head = -1
    cache.tail = -1
    cache.size = 0
    cache.used_kb = 0.0


@function
def give_version(s: State, task: Row) -> None:
    """The next version of a key that several may write: a column of its own counts those that have been given."""
    node = s.nodes[task.node]
    newest = max(s.keyed[task.key, node.issued], s.keyed[task.key, node.dataset])
    if task.given == 0:
        task.version = newest + 1
    s.keyed[task.key, node.issued] = max(newest, task.version)
    task.dataset = node.dataset


@inlined
def apply_version(s: State, store_index: int, key: int, version: int) -> None:
    """A replica never goes back to an older version."""
    if version > s.keyed[key, store_index]:
        s.keyed[key, store_index] = version
