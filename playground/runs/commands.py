"""Which commands viewers may send, before the engine sees them."""

from typing import Any

from playground.runs.actor import SPEEDS

WORLD = frozenset({"fault", "end_fault", "kill", "restore", "set", "design", "traffic"})
CONTROL = frozenset({"pause", "resume", "speed", "stop"})


def acceptable(command: Any) -> bool:
    """Shape only: whether it makes sense in this design is for the engine to say."""
    if not isinstance(command, dict) or command.get("action") not in WORLD | CONTROL:
        return False
    return command["action"] != "speed" or str(command.get("speed")) in SPEEDS
