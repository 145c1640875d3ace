"""Live commands: what can be done to a running system, and why not."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS, Action
from sim_engine.components.link import LINK
from sim_engine.design.check import actions_of, title_of, wiring_problems
from sim_engine.design.document import Design, Fault, LinkSpec, parse, value_problem
from sim_engine.limits import limit
from sim_engine.messages import DesignError, Problem
from sim_engine.world.faults import can_die
from sim_engine.world.group import Group

if TYPE_CHECKING:
    from sim_engine.run import Run

Command = Mapping[str, Any]
SHORTEST_TICK_S, LONGEST_TICK_S = 0.1, 100_000.0


def _refuse(code: str, component: str | None = None, name: str | None = None, /, **arguments: Any) -> DesignError:
    where = "component" if component is not None else "design"
    return DesignError([Problem(code, where, component, name, tuple(arguments.items()))])


def _group(run: "Run", command: Command) -> Group:
    identifier = command.get("component")
    if not isinstance(identifier, str) or identifier not in run.world.groups:
        raise _refuse("no_such_part", None, "component", value=str(identifier))
    return run.world.groups[identifier]


def _target(run: "Run", command: Command) -> tuple[str | None, str | None]:
    """The ids of the component and of the link that a fault is done to; one of them at most."""
    for field, parts in (("component", run.design.components), ("link", run.world.links)):
        value = command.get(field)
        if value is not None and (not isinstance(value, str) or value not in parts):
            raise _refuse("no_such_part", None, field, value=str(value))
    component, link = command.get("component"), command.get("link")
    if component is not None and link is not None:
        raise _refuse("two_targets", None, "link", label="", component=component, link=link)
    return component, link


def _arguments(run: "Run", action: Action, raw: Any, label: str, target: str | None) -> dict[str, Any]:
    """All arguments of an action, with the defaults of those that are not given."""
    found = action.defaults()
    if raw is not None and not isinstance(raw, dict):
        raise _refuse("wrong_shape", None, "arguments", where=action.name, field="arguments", expected="an object")
    declared = {parameter.name: parameter for parameter in action.parameters}
    for name, value in (raw or {}).items():
        if name not in declared:
            raise _refuse("unknown_parameter", target, str(name), label=label, field=str(name))
        problem = value_problem(declared[name], value, "component", target, label)
        if problem is not None:
            raise DesignError([problem])
        found[name] = declared[name].clean(value)
    for parameter in action.parameters:
        if parameter.type != "component":
            continue
        if found[parameter.name] not in run.design.components:
            raise _refuse("argument_missing", target, parameter.name, label=label, title=action.title, argument=parameter.title)
        if found[parameter.name] == target:
            raise _refuse("argument_itself", target, parameter.name, label=label, title=action.title, target=label)
    return found


def _length(command: Command) -> float | None:
    for_s, most_s = command.get("for_s"), limit("simulated_seconds")
    if for_s is None:
        return None
    if not isinstance(for_s, int | float) or isinstance(for_s, bool) or not 0.0 <= for_s <= most_s:
        raise _refuse("wrong_shape", None, "for_s", where="fault", field="for_s", expected=f"a number from 0 to {most_s:g}")
    return float(for_s)


def _fault(run: "Run", command: Command) -> None:
    """Begins a fault or carries out an operation."""
    name = command.get("name")
    if not isinstance(name, str) or name not in ACTIONS:
        raise _refuse("no_such_action", None, "name", value=str(name))
    component, link = _target(run, command)
    planned = Fault(0.0, name, {}, component, link)
    if component is None and link is None:
        if name not in TRAFFIC_ACTIONS:
            raise _refuse("no_such_part", None, "component", value="None")
        label = "traffic"
    else:
        label = title_of(run.design, planned)
        if name not in actions_of(run.design, planned):
            raise _refuse("cannot", component, "action", label=label, value=ACTIONS[name].title)
    arguments = _arguments(run, ACTIONS[name], command.get("arguments"), label, component)
    for_s = _length(command)
    if name == "kill":
        _refuse_dead(run, str(component), label, arguments["instance"])
    run.world.faults.start(name, component, link, arguments, for_s)


def _refuse_dead(run: "Run", component: str, label: str, number: int) -> None:
    chosen = run.world.faults.members(component, number)
    if chosen and not any(can_die(me) for me in chosen):
        raise _refuse("already", component, "action", label=label, value="down")


def _short(run: "Run", command: Command) -> None:
    """`kill` and `restore`, written without arguments."""
    given = {name: command[name] for name in ("mode", "instance") if name in command}
    if command.get("component") is None:
        raise _refuse("no_such_part", None, "component", value="None")
    _fault(run, {"name": command["action"], "component": command["component"], "arguments": given})


def _end_fault(run: "Run", command: Command) -> None:
    number = command.get("number")
    if not isinstance(number, int) or isinstance(number, bool) or not run.world.faults.end(number):
        raise _refuse("no_such_fault", None, "number", value=str(number))


def _set(run: "Run", command: Command) -> None:
    if command.get("link") is not None:
        _set_link(run, command)
        return
    me = _group(run, command)
    name = command.get("parameter")
    declared = {parameter.name: parameter for parameter in me.component.parameters}
    if not isinstance(name, str) or name not in declared:
        raise _refuse("unknown_parameter", me.id, str(name), label=me.label, field=str(name))
    problem = value_problem(declared[name], command.get("value"), "component", me.id, me.label)
    if problem is not None:
        raise DesignError([problem])
    if not declared[name].live:
        raise _refuse("not_live", me.id, name, label=me.label, title=declared[name].title)
    run.world.set_parameter(me, name, declared[name].clean(command["value"]))
    run.world.bills.follow()


def _set_link(run: "Run", command: Command) -> None:
    link_id, name = command.get("link"), command.get("parameter")
    links = run.world.links
    if not isinstance(link_id, str) or link_id not in links:
        raise _refuse("no_such_part", None, "link", value=str(link_id))
    declared = {parameter.name: parameter for parameter in LINK.parameters}
    if not isinstance(name, str) or name not in declared:
        raise _refuse("unknown_parameter", None, str(name), label=link_id, field=str(name))
    problem = value_problem(declared[name], command.get("value"), "link", link_id, link_id)
    if problem is not None:
        raise DesignError([problem])
    link = links[link_id]
    parameters = {**link.parameters, name: declared[name].clean(command["value"])}
    run.world.set_link(link_id, LinkSpec(link.source, link.target, parameters))


def _design(run: "Run", command: Command) -> None:
    design, problems = parse(command.get("design"))
    if design is not None and not problems:
        problems = wiring_problems(design)
    if design is None or problems:
        raise DesignError(problems)
    _refuse_fixed(run, design)
    run.world.apply(design)
    run.design = design


def _refuse_fixed(run: "Run", design: Design) -> None:
    """Parameters that cannot change under traffic must be those of the run."""
    for identifier, spec in design.components.items():
        me = run.world.groups.get(identifier)
        if me is None or me.component.kind != spec.kind:
            continue
        for parameter in me.component.parameters:
            if not parameter.live and me.values[parameter.name] != spec.parameters[parameter.name]:
                raise _refuse("not_live", identifier, parameter.name, label=spec.label, title=parameter.title)


def _traffic(run: "Run", command: Command) -> None:
    multiplier = command.get("multiplier")
    if not isinstance(multiplier, int | float) or isinstance(multiplier, bool) or not 0.0 <= multiplier <= 10_000.0:
        raise _refuse("wrong_shape", None, "multiplier", where="traffic", field="multiplier", expected="a number from 0 to 10000")
    run.world.traffic.live_multiplier = float(multiplier)
    run.world.traffic.update()
    run.world.story.tell("traffic", None, "", "info", True, {"multiplier": float(multiplier)})


def _tick(run: "Run", command: Command) -> None:
    tick_s = command.get("tick_s")
    good = isinstance(tick_s, int | float) and not isinstance(tick_s, bool) and SHORTEST_TICK_S <= tick_s <= LONGEST_TICK_S
    if not good:
        raise _refuse("wrong_shape", None, "tick_s", where="tick", field="tick_s", expected="a number from 0.1 to 100000")
    run.tick_s = float(tick_s)  # type: ignore[arg-type]


COMMANDS: Final[dict[str, Callable[["Run", Command], None]]] = {
    "fault": _fault, "end_fault": _end_fault, "kill": _short, "restore": _short,
    "set": _set, "design": _design, "traffic": _traffic, "tick": _tick,
}  # fmt: skip


def apply_command(run: "Run", command: Command) -> None:
    """Carries out a command on a run. Raises DesignError with the reason when it cannot be."""
    action = command.get("action")
    if not isinstance(action, str) or action not in COMMANDS:
        raise _refuse("unknown_command", None, "action", value=str(action))
    COMMANDS[action](run, command)
