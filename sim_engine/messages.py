"""Every sentence that the engine says about a run or a design, by name; `{names}` are filled from its arguments."""

import re
from dataclasses import dataclass
from typing import Any, Final

from sim_engine.texts import _

MESSAGES: Final[dict[str, str]] = {
    # events of a run: label is that of the component concerned
    "run_started": _("The run has started: scenario {scenario}, seed {seed}."),
    "run_finished": _("The scenario is over."),
    "killed_process": _("{label} was killed. It refuses connections at once."),
    "killed_machine": _("The machine of {label} is gone. It answers nothing: callers wait for their timeout."),
    "restored": _("{label} runs again."),
    "cache_emptied": _("{label} lost its {keys} keys: it starts cold."),
    "target_out": _("{label} took {target} out of rotation, {seconds} s after its first failed check."),
    "target_back": _("{label} put {target} back into rotation."),
    "replica_out": _("{label} failed its checks for {seconds} s: it is read from no more."),
    "replica_back": _("{label} has caught up and is read from again."),
    "catching_up": _("{label} copies the {writes} writes that it missed."),
    "primary_lost": _("{label} failed its checks for {seconds} s: the primary is lost."),
    "no_automatic_failover": _("{label} has no automatic failover: writes fail until it is restored."),
    "nobody_to_promote": _("{label} has no replica that could take over: writes fail until one is back."),
    "primary_back": _("{label} is back and goes on as primary."),
    "promoted": _("{label} is the new primary after {seconds} s without one. Acknowledged writes lost: {writes}."),
    "traffic": _("Traffic is now {multiplier} times that of the design."),
    "parameter_set": _("{title} of {label} is now {value} {unit}."),
    "component_added": _("{label} was added."),
    "component_removed": _("{label} was removed."),
    "link_added": _("{label} is now linked to {target}."),
    "link_removed": _("{label} is no longer linked to {target}."),
    "limit_reached": _("The run ended at a limit: {reason} ({limit}: {value} {unit})."),
    "law_broken": _("A check of the numbers failed: {law} is off by {residual}. Please report this run."),
    # what is wrong with a design
    "not_a_design": _("This is not a design document: {detail}."),
    "unknown_version": _("Version {version} of the design document is not known here; the newest known one is {known}."),
    "too_many": _("A design may have {maximum} {what} at most, not {count}."),
    "bad_identifier": _("An id must be 1 to {maximum} letters, digits, hyphens or underscores, not {value}."),
    "wrong_shape": _("{where}: {field} must be {expected}."),
    "unknown_kind": _("{label}: there is no kind of component called {value}."),
    "unknown_parameter": _("{label}: there is no parameter called {field}."),
    "not_a_number": _("{label}: {title} must be a number, not {value}."),
    "not_an_integer": _("{label}: {title} must be a whole number, not {value}."),
    "not_a_boolean": _("{label}: {title} must be true or false, not {value}."),
    "not_a_choice": _("{label}: {title} must be one of {choices}, not {value}."),
    "not_a_text": _("{label}: {title} must be a text."),
    "text_too_long": _("{label}: {title} may have {maximum} characters at most."),
    "out_of_bounds": _("{label}: {title} must be between {minimum} and {maximum} {unit}, not {value}."),
    "link_end_missing": _("The link {label} must start and end at components that exist; {value} does not."),
    "link_to_itself": _("{label} cannot be linked to itself."),
    "no_port": _("{label} has nothing that could use {target}: {kind} cannot be linked to {target_kind}."),
    "doubled_link": _("{label} is linked to {target} twice. Delete one of the links."),
    "nowhere_to_go": _("{label} is linked to nothing. Draw a link from it to where its requests shall go."),
    "two_primaries": _("{label} has {count} primaries. A replica copies one database: delete the other links."),
    "orphan_replica": _("{label} copies nothing. Draw a link from a database to it."),
    "endless_cycle": _("{label} calls itself through {path}: a request would go round for ever. Delete one of these links."),
    "nothing_sends": _("There are no clients, so nothing happens. Add clients and link them to where requests shall go."),
    "store_too_large": _("{keys} keys at {stores} databases and caches need more memory than a run may have. Lower the number of keys."),
    "unknown_scenario": _("There is no scenario called {value}."),
    "fault_target_missing": _("The scenario {label} breaks {value}, which does not exist."),
    "fault_not_possible": _("The scenario {label}: {value} cannot be done to {target}."),
    "memory_for_none": _("{label}: one request needs more memory than the machine has. Raise the memory or lower what a request needs."),
    "single_point": _("{label} is a single point of failure: when it dies, nothing gets through."),
    "not_linked": _("{label} is linked to nothing, so no request reaches it."),
    # why no formula stands beside a measurement
    "theory_closed": _("No formula: its clients wait for their answers before they ask again."),
    "theory_not_random": _("No formula: a balancer that does not choose at random makes the arrivals more even than a Poisson process."),
    "theory_not_poisson": _("No formula: its requests come from other components' work and are no Poisson process."),
    "theory_retried": _("No formula: requests fail and are repeated, so the arrivals are no Poisson process."),
    "theory_changing": _("No formula: the traffic is changing, or there is too little of it to compare yet."),
    "theory_limited": _("No formula: something else than the CPU limits it."),
    "theory_general": _("No formula: several cores with service times that are not exponential, or a discipline without one."),
    "theory_overloaded": _("No formula: it is given more than it can do, so the queue grows without end."),
    "theory_invalidated": _("No formula: writes remove keys from the cache, or its keys expire before they are pushed out."),
    "theory_several_sources": _("No formula: several clients with popularities of their own share it."),
    "theory_nothing": _("No formula is known for this kind of component."),
    # refused commands
    "unknown_command": _("There is no command called {value}."),
    "no_such_part": _("There is no component or link called {value}."),
    "cannot": _("{label} cannot be asked to {value}."),
    "not_live": _("{title} of {label} cannot change under traffic. Stop the run, change it and run again."),
    "already": _("{label} is {value} already."),
    "too_many_commands": _("A run records {maximum} commands at most."),
    "run_over": _("The run is over. Start another one."),
}  # fmt: skip

SHORT: Final[dict[str, str]] = {
    "killed_process": _("killed"), "killed_machine": _("machine lost"), "restored": _("restored"), "target_out": _("target out"),
    "target_back": _("target back"), "replica_out": _("replica out"), "replica_back": _("replica back"),
    "primary_lost": _("primary lost"), "primary_back": _("primary back"), "promoted": _("promoted"), "traffic": _("traffic"),
    "parameter_set": _("changed"), "component_added": _("added"), "component_removed": _("removed"), "link_added": _("linked"),
    "link_removed": _("unlinked"),
}  # fmt: skip


_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a design or a command, and where."""

    code: str
    where: str = "design"  # component, link, scenario or design
    component: str | None = None  # id of that component, link or scenario
    field: str | None = None
    arguments: tuple[tuple[str, Any], ...] = ()
    severity: str = "problem"  # or hint

    @property
    def text(self) -> str:
        return fill(self.code, dict(self.arguments))

    def document(self) -> dict[str, Any]:
        return {
            "severity": self.severity, "code": self.code, "where": self.where, "component": self.component,
            "field": self.field, "text": self.text,
            "arguments": {n: show(v) if isinstance(v, list | dict) else v for n, v in self.arguments},
        }  # fmt: skip


class DesignError(Exception):
    """A design or a command that cannot be run; `problems` say why."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.text for problem in problems))
        self.problems = problems


def show(value: Any) -> str:
    """A value inside a sentence: short, and numbers without needless digits."""
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, list | dict):  # which may be as deep as JSON can be
        return "a list" if isinstance(value, list) else "an object"
    text = str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def fill(code: str, arguments: dict[str, Any]) -> str:
    """The English sentence of a message."""
    text = _NAME.sub(lambda found: show(arguments.get(found.group(1), "")), MESSAGES[code])
    return text.replace("  ", " ").replace(" .", ".").replace(" ,", ",")
