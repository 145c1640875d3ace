"""Flavours of SQL databases: what PostgreSQL, MySQL and MariaDB come with, where nothing else was set by hand.

Memory of a connection: what its thread or process may take for sorting, joining and reading by default; the limit of connections counts,
since there must be room for all of them. Buffers are what each guide recommends for a machine of its own with 32 GB.
Left out: the cache of the operating system, on which PostgreSQL relies beside its own buffers; versions before and after these.
"""

from collections.abc import Mapping
from typing import Any, Final

from sim_engine.catalogue.parameter import Parameter, choice, number
from sim_engine.texts import _

GENERIC: Final = "generic"
MB_IN_GB: Final = 1_024.0

# by parameter; what a kind does not have does not count for it
FLAVOURS: Final[Mapping[str, Mapping[str, Any]]] = {
    # max_connections = 100, work_mem = 4 MB; shared_buffers of a quarter of the memory
    "postgresql": {"max_connections": 100, "connection_memory_mb": 4.0, "buffer_gb": 8.0, "lock_rows": True},
    # max_connections = 151; thread_stack 1 MB, sort, join and random read buffers of 256 kB, read buffer 128 kB, binlog cache 32 kB;
    # innodb_dedicated_server: three quarters of the memory
    "mysql": {"max_connections": 151, "connection_memory_mb": 1.9, "buffer_gb": 24.0, "lock_rows": True},
    # max_connections = 151; thread_stack 292 kB, sort buffer 2 MB, the others as MySQL; 70 % of the memory
    "mariadb": {"max_connections": 151, "connection_memory_mb": 2.9, "buffer_gb": 22.4, "lock_rows": True},
}
DEFAULTS: Final[Mapping[str, Any]] = {"max_connections": 100, "connection_memory_mb": 0.0, "buffer_gb": 16.0, "lock_rows": False}

FLAVOUR_PARAMETERS: Final[tuple[Parameter, ...]] = (
    choice("flavour", _("Flavour"), GENERIC,
           ((GENERIC, _("Generic: as set here")),
            ("postgresql", _("PostgreSQL: 100 connections of 4 MB, 8 GB of buffers, row locks")),
            ("mysql", _("MySQL: 151 connections of 1.9 MB, 24 GB of buffers, row locks")),
            ("mariadb", _("MariaDB: 151 connections of 2.9 MB, 22.4 GB of buffers, row locks"))),
           _("Brings the defaults of a real database. They count for what stands at its generic default; what you set otherwise stays."),
           source=_("Manuals of PostgreSQL 17, MySQL 8.4 and MariaDB 11, for a machine of its own with 32 GB.")),
)  # fmt: skip


def connection_memory(section: str) -> Parameter:
    return number(
        "connection_memory_mb", _("Memory of a connection"), DEFAULTS["connection_memory_mb"], "MB", 0.0, 10_000.0,
        _("What each connection may take of the buffer memory; there must be room for all that are allowed."), section=section,
        source=_("PostgreSQL: work_mem = 4 MB. MySQL and MariaDB: the buffers and the stack of a thread, 2 to 3 MB. 0: not counted."),
    )  # fmt: skip


def in_effect(values: Mapping[str, Any], name: str) -> Any:
    """What counts for a parameter: its flavour's value, unless another one than the default was set by hand."""
    brought = FLAVOURS.get(values.get("flavour", GENERIC), {})
    return brought[name] if name in brought and values[name] == DEFAULTS[name] else values[name]


def data_memory_gb(values: Mapping[str, Any]) -> float:
    """Buffer memory, less what the connections may take of it."""
    if "connection_memory_mb" not in values:
        return float(values["buffer_gb"])
    taken_mb = float(in_effect(values, "max_connections")) * float(in_effect(values, "connection_memory_mb"))
    return max(0.0, float(in_effect(values, "buffer_gb")) - taken_mb / MB_IN_GB)
