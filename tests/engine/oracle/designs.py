"""Designs for tests, made of bare parts: every cost is zero and every limit out of the way unless a test asks for it.

So a `server` with `cores=1` and a `service_ms` *is* an M/M/1 station, and what a test writes down is all there is.
Every parameter that docs/behaviour.md names is written out, none is left to the catalogue's default.
"""

from typing import Any

Document = dict[str, Any]

AMPLE = 100_000


def bare_tail(prefix: str) -> dict[str, Any]:
    """What shapes distributions with a heavy tail; nothing as long as no such distribution is chosen."""
    return {f"{prefix}_tail": 2.5, f"{prefix}_exponential_share": 0.1, f"{prefix}_exponential_factor": 10.0}


LONG_MS = 600_000.0
CLASSES = ["page", "static", "read", "write", "upload", "expensive", "background"]
BROKER: dict[str, Any] = {
    "cores": 1, "operation_ms": 0.0, "max_connections": AMPLE, "max_messages": AMPLE, "when_full": "refuse", "retention_s": 0.0,
    "prefetch": AMPLE, "visibility_timeout_s": 0.0, "max_deliveries": 0, "redelivery_delay_ms": 0.0, "health_check_interval_s": 300.0,
    "health_check_timeout_ms": 1000.0, "unhealthy_threshold": 2, "healthy_threshold": 1, "storage": "memory", "flush_interval_ms": 0.0,
    "store_ms": 0.0,
}  # fmt: skip
BARE: dict[str, dict[str, Any]] = {
    "clients": {
        "model": "open", "arrival_rate_per_s": 10.0, "arrival_distribution": "exponential", "arrival_cv": 1.0,
        "users": 10, "think_time_s": 1.0,
        "think_distribution": "exponential", "think_cv": 1.0,
        "read_ratio": 1.0, "keys": 1000, "zipf_exponent": 0.0, "client_addresses": 1000, "timeout_ms": LONG_MS,
        "retries": 0, "backoff_ms": 100.0, "backoff_factor": 2.0, "backoff_jitter": False, "request_kb": 0.0,
        "behaviour": "single", "resolvers": 20, "retry_budget": 0.0, "hedge_after_ms": 0.0, "propagate_deadline": False,
        "pages_per_visit": 3.0, "reading_time_s": 1.0, "document": True, "assets_per_page": 0.0, "calls_per_page": 0.0, "connections": 6,
        "access_latency_ms": 0.0, "access_mbit_s": 0.0, "static_objects": 100, "static_change_s": 0.0,
        **{f"{name}_share": 0.0 for name in ("page", "static", "upload", "expensive", "background")},
        **{f"{name}_response_kb": 0.0 for name in ("page", "static", "read", "expensive")},
        **{f"{name}_request_kb": 0.0 for name in ("upload", "background")},
        **{f"{name}_zipf": 0.0 for name in ("page", "static", "upload", "expensive", "background")},
        **{f"{name}_{what}": value for name in CLASSES for what, value in (("size_cv", 0.0), ("cost", 1.0), ("deadline_ms", 0.0))},
    },
    "load_balancer": {
        "policy": "round_robin", "choices": 2, "hash_key": False, "sticky": False, "slow_start_s": 0.0, "ejects_after": 0,
        "ejection_s": 5.0, "takeover_s": 1.0, "max_connections": AMPLE, "cores": 1, "processing_ms": 0.0,
        "health_check_interval_s": 300.0, "health_check_timeout_ms": 5000.0, "unhealthy_threshold": 10,
        "healthy_threshold": 1, "instances": 1,
    },
    "api_gateway": {
        "several": "one", "response_kb": 0.0, "cores": 1, "processing_ms": 0.0, "auth_ms": 0.0, "max_connections": AMPLE,
        "limit": "none", "limit_rate_per_s": 100.0, "limit_burst": 10.0, "limit_window_s": 1.0, "limit_by_address": False,
        "health_check_interval_s": 3600.0, "health_check_timeout_ms": 5000.0, "unhealthy_threshold": 20, "healthy_threshold": 1,
        "instances": 1,
    },
    "server": {
        "cores": 1, "workers": AMPLE, "queue_limit": AMPLE, "service_ms": 10.0, "service_distribution": "exponential",
        "service_cv": 1.0, "discipline": "fifo", "memory_mb": 1e6, "request_memory_mb": 0.0, "network_mbit_s": 0.0, "response_kb": 0.0,
        "health_check_ms": 0.0, "calls": "sequential", "single_flight": False, "instances": 1, "concurrency": "threads", "event_loops": 1,
        "max_connections": AMPLE, "base_memory_mb": 0.0, "memory_full": "waits", "disk_ms": 1.0, "disk_parallel": 1, "disk_reads": 0,
        "disk_writes": 0, "own_database": False, "database_read_ms": 5.0, "database_write_ms": 5.0, "database_disk_share": 0.0,
        "database_memory_mb": 0.0, "warm_up_s": 0.0, "size": "custom", "serves_static": True,
        "static_ms": 0.2, "cold_factor": 3.0, "boot_s": 30.0, "drain_s": 30.0,
    },
    "cache": {
        "threads": 1, "operation_ms": 0.0, "operation_distribution": "constant", "operation_cv": 1.0, "max_connections": AMPLE,
        "capacity_keys": 100, "ttl_s": 0.0, "value_kb": 0.0, "eviction": "lru", "ttl_jitter": 0.0, "ttl_slides": False,
        "writes": "through", "write_back_delay_ms": 500.0, "single_flight": False, "instances": 1,
    },
    "sql_database": {
        "cores": 1, "max_connections": AMPLE, "connection_queue_limit": AMPLE, "read_ms": 5.0, "write_ms": 5.0,
        "service_distribution": "exponential", "service_cv": 1.0, "row_kb": 0.0, "reads_from": "replicas",
        "replication": "asynchronous", "replication_batch_ms": 0.0, "automatic_failover": True, "promotion_s": 5.0,
        "health_check_interval_s": 300.0, "health_check_timeout_ms": 1000.0, "unhealthy_threshold": 3,
        "healthy_threshold": 2, "apply_ms": 1.0,
        "buffer_gb": 16.0, "connection_memory_mb": 0.0, "data_gb": 10.0, "disk_read_ms": 0.5, "disk_queue_depth": 16,
        "lock_rows": False, "semi_synchronous_replicas": 1, "promotion_needs_majority": False, "stops_without_majority": False,
    },
    "document_database": {
        "cores": 1, "max_connections": AMPLE, "connection_queue_limit": AMPLE, "read_ms": 5.0, "write_ms": 5.0,
        "service_distribution": "exponential", "service_cv": 1.0, "document_kb": 0.0, "write_concern": "majority",
        "read_preference": "primary", "replication_batch_ms": 0.0, "health_check_interval_s": 300.0, "health_check_timeout_ms": 1000.0,
        "election_timeout_s": 600.0, "promotion_s": 2.0, "apply_ms": 1.0, "buffer_gb": 16.0, "data_gb": 10.0, "disk_read_ms": 0.5,
        "disk_queue_depth": 16,
    },
    "read_replica": {
        "cores": 1, "max_connections": AMPLE, "connection_queue_limit": AMPLE, "read_ms": 5.0, "write_ms": 5.0,
        "service_distribution": "exponential", "service_cv": 1.0, "row_kb": 0.0, "apply_ms": 1.0,
        "buffer_gb": 16.0, "connection_memory_mb": 0.0, "data_gb": 10.0,
        "disk_read_ms": 0.5, "disk_queue_depth": 16,
    },
    "shard_router": {
        "sharding": "consistent_hash", "shard_key_values": 0, "reads_from": "primary", "scatter_ratio": 0.0, "cores": 1,
        "processing_ms": 0.0, "max_connections": AMPLE, "move_batch": 500, "move_pause_ms": 100.0,
    },
    "wide_column": {
        "replication_factor": 3, "write_consistency": 2, "read_consistency": 1, "writes_to": "all", "hint_window_s": 10800.0,
        "read_repair": 0.0, "detection_s": 18.4, "cores": 1, "max_connections": AMPLE, "connection_queue_limit": AMPLE,
        "coordinate_ms": 0.0, "read_ms": 1.0, "write_ms": 1.0, "service_distribution": "exponential", "service_cv": 1.0, "row_kb": 0.0,
        "instances": 3,
    },
    "key_value": {
        "threads": 1, "operation_ms": 1.0, "operation_distribution": "constant", "operation_cv": 1.0, "max_connections": AMPLE,
        "row_kb": 0.0, "memory_gb": 1.0, "data_gb": 1.0, "persistence": "log_each_second", "snapshot_s": 300.0, "fork_ms_per_gb": 10.0,
        "flush_ms": 1.0, "load_s_per_gb": 0.0, "when_full": "refuse", "reads_from": "primary", "automatic_failover": True,
        "promotion_s": 1.0, "health_check_interval_s": 300.0, "health_check_timeout_ms": 1000.0, "unhealthy_threshold": 10,
        "healthy_threshold": 2,
    },
    "key_value_replica": {
        "threads": 1, "operation_ms": 1.0, "operation_distribution": "constant", "operation_cv": 1.0, "max_connections": AMPLE,
        "row_kb": 0.0, "memory_gb": 1.0, "data_gb": 1.0, "persistence": "log_each_second", "snapshot_s": 300.0, "fork_ms_per_gb": 10.0,
        "flush_ms": 1.0, "load_s_per_gb": 0.0,
    },
    "object_storage": {
        "first_byte_ms": 30.0, "first_byte_distribution": "lognormal", "first_byte_cv": 1.0, "max_connections": AMPLE,
        "network_mbit_s": 0.0, "object_kb": 0.0,
    },
    "message_queue": BROKER | {"urgent_classes": [], "in_order": False},
    "topic": BROKER,
    "event_log": BROKER | {"partitions": 8, "batch": 1},
    "worker": {
        "workers": AMPLE, "queue_limit": AMPLE, "cores": 1, "service_ms": 10.0, "service_distribution": "exponential", "service_cv": 1.0,
        "failure_ratio": 0.0, "health_check_ms": 0.0, "instances": 1,
    },
    "scheduler": {
        "interval_s": 1.0, "jobs": 10, "keys": 100, "zipf_exponent": 0.0, "request_kb": 0.0, "background_cost": 1.0, "timeout_ms": LONG_MS,
    },
    "autoscaler": {
        "metric": "cpu", "target_utilisation": 0.6, "target_requests_per_s": 100.0, "target_in_flight": 30.0, "minimum": 1, "maximum": 10,
        "evaluation_s": 15.0, "cooldown_out_s": 0.0, "cooldown_in_s": 120.0, "tolerance": 0.1, "replaces_dead": True,
        "scheduled": False, "schedule_from_s": 60.0, "schedule_until_s": 120.0, "schedule_instances": 4,
    },
    "pipeline": {
        "strategy": "rolling", "batch": 1, "keep_s": 600.0, "canary_share": 0.1, "observe_s": 120.0, "error_threshold": 0.02,
        "latency_threshold": 0.5, "build_s": 60.0, "test_s": 60.0, "test_catches": 0.5, "startup_s": 5.0, "service_factor": 1.0,
        "bad_service_factor": 3.0, "bad_error_ratio": 0.2,
    },
    "region": {"location": "frankfurt", "path_factor": 1.8, "between_zones_ms": 0.5, "within_zone_ms": 0.0},
    "zone": {},
    "dns": {
        "policy": "simple", "ttl_s": 0.0, "resolution_ms": 0.0, "resolution_distribution": "constant", "resolution_cv": 1.0,
        "servers": AMPLE, "health_checks": False, "health_check_interval_s": 300.0, "health_check_timeout_ms": 1000.0,
        "unhealthy_threshold": 3, "healthy_threshold": 3,
    },
    "cdn": {
        "locations": ["frankfurt"], "capacity_gb": 1e6, "ttl_s": 0.0, "stale_if_error": False, "collapse": True, "shield": False,
        "shield_location": "frankfurt", "origin_policy": "latency", "processing_ms": 0.0, "servers": AMPLE, "object_kb": 0.0,
        "reroute_s": 0.0,
    },
}  # fmt: skip
BARE_LINK: dict[str, Any] = {
    "latency_ms": 0.0, "latency_distribution": "constant", "latency_cv": 1.0, "bandwidth_mbit_s": 0.0,
    "weight": 1.0, "loss_ratio": 0.0, "retransmit_timeout_ms": 200.0, "timeout_ms": LONG_MS,
    "retries": 0, "backoff_ms": 50.0, "backoff_factor": 2.0, "backoff_jitter": False, "retry_budget": 0.0, "hedge_after_ms": 0.0,
    "breaker_failures": 0, "breaker_open_s": 10.0, "breaker_probes": 1, "bulkhead": 0,
    "handshake_round_trips": 0.0, "first_window_kb": 0.0, "window_kb": 0.0,
    "share": 1.0, "classes": CLASSES, "when": "auto", "on_write": "delete", "asynchronous": False, "priority": 1,
    **bare_tail("latency"),
}  # fmt: skip
for _kind in ("server", "sql_database", "read_replica", "document_database", "wide_column"):
    if _kind in BARE:
        BARE[_kind] |= bare_tail("service")
BARE["wide_column"] |= {"network_ms": 0.25, "network_distribution": "lognormal", "network_cv": 0.2, **bare_tail("network")}
INNER_LINK: dict[str, Any] = BARE_LINK | {
    "latency_ms": 0.25, "latency_distribution": "lognormal", "latency_cv": 0.2, "bandwidth_mbit_s": 10_000.0, "timeout_ms": 5000.0,
}  # fmt: skip
"""What connects the nodes of a store that is one component: a link's default values."""


def part(kind: str, **parameters: Any) -> Document:
    unknown = parameters.keys() - BARE[kind].keys()
    assert not unknown, f"{kind} has no {unknown}"
    return {"kind": kind, "label": kind, "x": 0, "y": 0, "parameters": BARE[kind] | parameters}


def link(source: str, target: str, **parameters: Any) -> Document:
    unknown = parameters.keys() - BARE_LINK.keys()
    assert not unknown, f"a link has no {unknown}"
    return {"from": source, "to": target, "parameters": BARE_LINK | parameters}


def kill(component: str, at_s: float, mode: str = "process", for_s: float | None = None, instance: int = 0) -> Document:
    arguments = {"instance": instance}
    return {"at_s": at_s, "component": component, "action": "kill", "mode": mode, "arguments": arguments, "for_s": for_s}


def fault(
    action: str, at_s: float, for_s: float | None = None, component: str | None = None, link: str | None = None, **arguments: Any
) -> Document:
    """Any other fault, of a component or a link."""
    return {"at_s": at_s, "component": component, "link": link, "action": action, "arguments": arguments, "for_s": for_s}


def design(
    parts: dict[str, Document],
    links: list[Document],
    duration_s: float = 60.0,
    faults: list[Document] | None = None,
    traffic: list[tuple[float, float]] | None = None,
) -> Document:
    points = [{"at_s": at_s, "multiplier": multiplier} for at_s, multiplier in traffic or []]
    return {
        "format": "architecture-playground",
        "version": 1,
        "name": "Test",
        "description": "",
        "try_this": "",
        "seed": 1,
        "components": parts,
        "links": {f"{entry['from']}-{entry['to']}": entry for entry in links},
        "scenarios": {
            "steady": {"title": "Steady", "duration_s": duration_s, "traffic": points, "faults": faults or []},
        },
        "scenario": "steady",
    }


def station(rate_per_s: float, requests: int, **server: Any) -> Document:
    """Open clients in front of one bare server."""
    parts = {"clients": part("clients", arrival_rate_per_s=rate_per_s), "server": part("server", **server)}
    return design(parts, [link("clients", "server")], duration_s=requests / rate_per_s)
