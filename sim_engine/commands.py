"""Live commands: what can be done to a running system, and why not."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from sim_engine.components.link import LINK
from sim_engine.design.check import wiring_problems
from sim_engine.design.document import Design, LinkSpec, parse, value_problem
from sim_engine.messages import DesignError, Problem
from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    from sim_engine.run import Run

Command = Mapping[str, Any]
SHORTEST_TICK_S, LONGEST_TICK_S = 0.1, 100_000.0


def _refuse(code: str, component: str | None = None, name: str | None = None, /, **arguments: Any) -> DesignError:
    where = "component" if component is not None else "design"
    return DesignError([Problem(code, where, component, name, tuple(arguments.items()))])


def _instance(run: "Run", command: Command) -> Instance:
    identifier = command.get("component")
    if not isinstance(identifier, str) or identifier not in run.world.instances:
        raise _refuse("no_such_part", None, "component", value=str(identifier))
    return run.world.instances[identifier]


def _allowed(run: "Run", command: Command) -> Instance:
    me = _instance(run, command)
    if command["action"] not in me.component.can:
        raise _refuse("cannot", me.id, "action", label=me.label, value=command["action"])
    return me


def _kill(run: "Run", command: Command) -> None:
    me = _allowed(run, command)
    mode = command.get("mode", "process")
    if mode not in ("process", "machine"):
        raise _refuse("wrong_shape", me.id, "mode", where="kill", field="mode", expected="process or machine")
    if not run.world.kill(me, mode):
        raise _refuse("already", me.id, "action", label=me.label, value="down")


def _restore(run: "Run", command: Command) -> None:
    me = _allowed(run, command)
    if not run.world.restore(me):
        raise _refuse("already", me.id, "action", label=me.label, value="up")


def _set(run: "Run", command: Command) -> None:
    if command.get("link") is not None:
        _set_link(run, command)
        return
    me = _instance(run, command)
    name = command.get("parameter")
    declared = {parameter.name: parameter for parameter in me.component.parameters}
    if not isinstance(name, str) or name not in declared:
        raise _refuse("unknown_parameter", me.id, str(name), label=me.label, field=str(name))
    problem = value_problem(declared[name], command.get("value"), "component", me.id, me.label)
    if problem is not None:
        raise DesignError([problem])
    if not declared[name].live:
        raise _refuse("not_live", me.id, name, label=me.label, title=declared[name].title)
    run.world.set_parameter(me, name, _typed(declared[name].type, command["value"]))


def _typed(kind: str, value: Any) -> Any:
    if kind == "integer":
        return int(value)
    return float(value) if kind == "number" else value


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
    parameters = {**link.parameters, name: _typed(declared[name].type, command["value"])}
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
        me = run.world.instances.get(identifier)
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


ACTIONS: Final[dict[str, Callable[["Run", Command], None]]] = {
    "kill": _kill, "restore": _restore, "set": _set, "design": _design, "traffic": _traffic, "tick": _tick,
}  # fmt: skip


def apply_command(run: "Run", command: Command) -> None:
    """Carries out a command on a run. Raises DesignError with the reason when it cannot be."""
    action = command.get("action")
    if not isinstance(action, str) or action not in ACTIONS:
        raise _refuse("unknown_command", None, "action", value=str(action))
    ACTIONS[action](run, command)
