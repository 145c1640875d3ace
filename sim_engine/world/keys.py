"""What is kept for each key: versions in databases, places in caches, popularity, cells of rate limiters.

Columns of State.keyed and rows of caches are only ever added; a cache that is resized keeps what was used last.
"""

import math
from typing import Any

import numpy as np

from sim_engine.kernel import control, layout
from sim_engine.operations import codes
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory
from sim_engine.world.popularity import Tables, key_mapping
from sim_engine.world.salts import salt

MOST_LIMITER_CELLS = 1_000_000


class Keys:
    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.seed = seed
        self.data_keys = 1  # that clients ask for; static objects come after them
        self._tables = Tables(memory)

    def make_room(self, instances: dict[str, Instance]) -> None:
        """Makes room for the keys that the clients ask for, in every database and cache, and for what limits each client."""
        sources = [i for i in instances.values() if i.source >= 0]
        self.data_keys = max((int(i.values["keys"]) for i in sources), default=1)
        objects = max((int(i.values.get("static_objects", 0)) for i in sources), default=0)
        self._grow_keyed(self.data_keys + objects)
        keys = len(self.memory.state.keyed)
        for instance in instances.values():
            if instance.component.keeps_versions(instance.values) and instance.store < 0:
                instance.store = self.add_column()
                self.memory.state.nodes[instance.node]["store"] = instance.store
        addresses = max((int(i.values.get("client_addresses", 1)) for i in sources), default=1)
        for instance in instances.values():
            if instance.cache >= 0:
                self._size_cache(instance, keys)
            if instance.limiter >= 0:
                self._size_limiter(instance, min(addresses, MOST_LIMITER_CELLS))

    def _size_limiter(self, me: Instance, cells: int) -> None:
        if cells > self.memory.state.limiters[me.limiter]["cells"]:
            first = self.memory.add("cells", cells)
            row = self.memory.state.limiters[me.limiter]
            row["first"], row["cells"] = first, cells

    def add_column(self) -> int:
        """Room for one more number of each key."""
        column = self.memory.used.get("keyed columns", 0)
        self.memory.used["keyed columns"] = column + 1
        if column >= self.memory.state.keyed.shape[1]:
            self._grow_keyed(len(self.memory.state.keyed), 2 * self.memory.state.keyed.shape[1])
        return column

    def _grow_keyed(self, keys: int, columns: int = 0) -> None:
        """Room for so many keys and columns; what is there stays."""
        had = self.memory.state.keyed
        shape = max(keys, had.shape[0]), max(columns, had.shape[1])
        if shape != had.shape:
            grown = np.zeros(shape, np.int32)
            grown[: had.shape[0], : had.shape[1]] = had
            self.memory.state.replace(keyed=grown)

    def _size_cache(self, me: Instance, keys: int) -> None:
        """(Re)allocates a cache for its capacity and the number of keys; it keeps what was used last."""
        row = self.memory.state.caches[me.cache]
        store = me.component.key_store
        assert store is not None
        capacity = keys if store.capacity is None else min(int(me.values[store.capacity]), keys)
        if store.share is not None:
            capacity = min(keys, math.ceil(store.share(me.values) * self.data_keys))
        if store.files_only:
            capacity = keys - self.data_keys
        if capacity == 0 and "cache_room" not in me.memory:
            return
        room_kb = 0.0 if store.room_kb is None else store.room_kb(me.values)
        row["keeps_expired"] = int(store.keeps_expired is not None and bool(me.values[store.keeps_expired]))
        row["slides"] = int(store.slides is not None and bool(me.values[store.slides]))
        eviction = 0 if store.eviction is None else int(me.kernel_value(store.eviction))
        if (row["keys"], row["capacity"], row["room_kb"], row["eviction"]) == (keys, capacity, room_kb, eviction):
            return
        kept = _newest_entries(self.memory.state, row)
        # rows that it has already are used again, so that changes do not pile up
        most_entries = int(me.memory.get("cache_room", 0))
        if capacity > most_entries:
            most_entries = min(keys, max(capacity, 2 * most_entries))
            row["base"] = self.memory.add("cache_entries", most_entries)
        if "cache_room" not in me.memory:
            row["column"], row["salt"] = self.add_column(), salt(self.seed, me.id, "eviction")
        if eviction == codes.LEAST_FREQUENTLY_USED and capacity > int(me.memory.get("bucket_room", 0)):
            row["first_bucket"], me.memory["bucket_room"] = self.memory.add("buckets", most_entries), most_entries
        me.memory["cache_room"] = most_entries
        row["capacity"], row["keys"], row["room_kb"], row["eviction"] = capacity, keys, room_kb, eviction
        state = self.memory.state
        control.empty_cache(state, me.cache)
        for key, version, size_kb, expires_s in reversed(kept[:capacity]):
            control.put(state, me.cache, key, version, size_kb, expires_s - float(state.clock[layout.NOW]))

    def write_popularity(self, me: Instance) -> None:
        """The tables from which the source's clients draw their keys: of each class its own exponent."""
        first = int(self.memory.state.sources[me.source]["first_class"])
        for number, name in enumerate(codes.CLASS_NAMES):
            static = number == codes.STATIC
            keys = int(me.values.get("static_objects", 1)) if static else int(me.values["keys"])
            exponent = float(me.values.get(f"{name}_zipf", me.values["zipf_exponent"]))
            table = self._tables.get((me.source, number), max(1, keys), exponent, 0.0 if static else me.hot_share)
            row = self.memory.state.classes[first + number]
            row["table"], row["guide"], row["guide_cells"] = table.first, table.guide, table.cells
            row["key_factor"], row["key_shift"] = key_mapping(max(1, keys), self.seed)
            row["salt"] = salt(self.seed, "what the keys stand for")
            row["keys"], row["first_key"] = max(1, keys), self.data_keys if static else 0


def _newest_entries(state: Any, row: Any) -> list[tuple[int, int, float, float]]:
    """(key, version, size, expiry) of what a cache holds, the last used first."""
    found = []
    slot = int(row["head"]) if row["keys"] > 0 else -1
    while slot >= 0:
        entry = state.cache_entries[slot]
        found.append((int(entry["key"]), int(entry["version"]), float(entry["size_kb"]), float(entry["expires_s"])))
        slot = int(entry["next"])
    return found
