"""The event log: what happened, to what, when, in sentences."""

from typing import Any

import simpy

from sim_engine.components.link import LINK
from sim_engine.limits import limit
from sim_engine.messages import SHORT, fill


class Story:
    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._new: list[dict[str, Any]] = []
        self.all: list[dict[str, Any]] = []

    def tell(
        self, code: str, component: str | None, label: str, severity: str, marker: bool = False,
        arguments: dict[str, Any] | None = None, incident: int | None = None,
    ) -> None:  # fmt: skip
        """Adds an event. code: a key of MESSAGES; severity: info, warning, error or good; incident: the loss that it belongs to."""
        known = {"label": label, **{name: _plain(value) for name, value in (arguments or {}).items()}}
        event = {
            "t": round(self._env.now, 6), "kind": code, "component": component, "severity": severity,
            "text": fill(code, known), "arguments": known, "marker": marker, "short": SHORT.get(code, ""),
            **({} if incident is None else {"incident": incident}),
        }  # fmt: skip
        self._new.append(event)
        if len(self.all) < limit("events_kept"):
            self.all.append(event)

    def tell_parameter(self, link_id: str, label: str, name: str, value: Any) -> None:
        parameter = LINK.parameter(name)
        unit = "" if parameter.unit == "ratio" else parameter.unit
        arguments = {"parameter": name, "title": parameter.title, "value": value, "unit": unit}
        self.tell("parameter_set", link_id, label, "info", True, arguments)

    def take_new(self) -> list[dict[str, Any]]:
        """The events since the last call."""
        taken, self._new = self._new, []
        return taken


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value)
    return round(value, 3) if isinstance(value, float) else value
