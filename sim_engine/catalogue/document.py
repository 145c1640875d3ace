"""The catalogue as one JSON object: everything that the browser and the command line know about kinds."""

from typing import Any

from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.catalogue.classes import CLASSES
from sim_engine.catalogue.rules import RULES
from sim_engine.causes import CAUSES
from sim_engine.components import GROUPS, KINDS
from sim_engine.components.link import LINK
from sim_engine.limits import LIMITS
from sim_engine.messages import MENDS, MESSAGES, SHORT
from sim_engine.texts import _

GROUP_TITLES = {
    "traffic": _("Traffic"), "edge": _("Edge"), "compute": _("Compute"), "data": _("Data"), "messaging": _("Messaging"),
    "deliver": _("Build and deploy"), "places": _("Places"), "annotate": _("Notes"),
}  # fmt: skip


def catalogue_document() -> dict[str, Any]:
    """The catalogue in English (docs/frames.md gives its shape)."""
    return {
        "version": 1,
        "groups": [{"name": name, "title": GROUP_TITLES[name]} for name in GROUPS],
        "kinds": [kind.document() for kind in KINDS.values()],
        "link": LINK.document(),
        "traffic": {"actions": list(TRAFFIC_ACTIONS)},
        "actions": [action.document() for action in ACTIONS.values()],
        "classes": [known.document() for known in CLASSES],
        "causes": [
            {"name": c.name, "category": c.category, "title": c.title, "help": c.help} for c in CAUSES
        ],
        "messages": MESSAGES,
        "short": SHORT,
        "rules": RULES,
        "mends": MENDS,
        "instances": {title: title for kind in KINDS.values() for title in kind.instance_titles},
        "limits": {name: limit.value for name, limit in LIMITS.items()},
    }  # fmt: skip
