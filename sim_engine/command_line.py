"""The command line: run, check, catalogue, schema, modelled, warm.

Exit code 0 when it ran, 1 when the design has problems (one a line, with component and field), 2 on wrong usage.
"""

import argparse
import json
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from sim_engine.catalogue.actions import ACTIONS, TRAFFIC_ACTIONS
from sim_engine.catalogue.document import catalogue_document
from sim_engine.catalogue.parameter import Parameter
from sim_engine.components import KINDS
from sim_engine.components.link import LINK
from sim_engine.design.check import check
from sim_engine.design.rules import wiring_rules
from sim_engine.design.schema import schema_document
from sim_engine.messages import DesignError, Problem
from sim_engine.replications import replicate
from sim_engine.report import text_report
from sim_engine.run import Run
from sim_engine.warming import warm

OK, PROBLEMS, USAGE = 0, 1, 2
MOST_REPLICATIONS = 1_000
FRAMES = 400  # that a run without a viewer makes


class _UsageError(Exception):
    """The command line itself is wrong."""


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a label may hold what the terminal cannot show
            stream.reconfigure(errors="backslashreplace")
    parser = _parser()
    try:
        options = parser.parse_args(arguments)
        return int(options.do(options))
    except _UsageError as error:
        print(f"sim_engine: {error}", file=sys.stderr)
        return USAGE
    except BrokenPipeError:
        return OK
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim_engine", description="Simulates designs of distributed systems.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="run a design and print what came of it")
    run.add_argument("design", type=Path, metavar="DESIGN.json")
    run.add_argument("--scenario", metavar="NAME", help="the design's own choice by default")
    run.add_argument("--until", type=float, metavar="SECONDS", help="simulated seconds; by default the scenario's length")
    run.add_argument("--seed", type=int, metavar="N")
    run.add_argument("--replications", type=int, default=1, metavar="N", help="run it with N seeds and give intervals")
    run.add_argument("--set", action="append", default=[], metavar="COMPONENT.PARAMETER=VALUE", dest="settings")
    run.add_argument("--format", choices=("text", "json"), default="text")
    run.set_defaults(do=_run)
    checking = commands.add_parser("check", help="say what is wrong with a design, and what is unwise")
    checking.add_argument("design", type=Path, metavar="DESIGN.json")
    checking.add_argument("--rules", action="store_true", help="also say what each link means")
    checking.add_argument("--format", choices=("text", "json"), default="text")
    checking.set_defaults(do=_check)
    catalogue = commands.add_parser("catalogue", help="list every kind with its parameters")
    catalogue.add_argument("--format", choices=("text", "json"), default="text")
    catalogue.set_defaults(do=_catalogue)
    schema = commands.add_parser("schema", help="print the JSON Schema of the design document")
    schema.set_defaults(do=_schema)
    modelled = commands.add_parser("modelled", help="say what each parameter does to what, as Markdown")
    modelled.add_argument("--format", choices=("text", "json"), default="text")
    modelled.set_defaults(do=_modelled)
    warming = commands.add_parser("warm", help="compile the kernel into its cache")
    warming.set_defaults(do=_warm)
    return parser


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _UsageError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise _UsageError(f"{path} is not JSON: {error}") from error


def _print_problems(problems: list[Problem], stream: TextIO) -> None:
    for problem in problems:
        place = problem.component or problem.where
        field = f".{problem.field}" if problem.field else ""
        print(f"{problem.severity}: {place}{field}: {problem.text}", file=stream)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _with_settings(document: Any, settings: list[str]) -> Any:
    """The document with --set applied. A setting of what does not exist is wrong usage; a wrong value is a problem."""
    for setting in settings:
        path, equals, text = setting.partition("=")
        identifier, dot, name = path.rpartition(".")
        if not (equals and dot and identifier and name):
            raise _UsageError(f"--set {setting}: write it as COMPONENT.PARAMETER=VALUE")
        part = _part(document, identifier)
        if part is None:
            raise _UsageError(f"--set {setting}: the design has no component or link called {identifier}")
        if part.get("parameters") is None:
            part["parameters"] = {}
        if isinstance(part["parameters"], dict):  # if not, that is a problem of the design
            part["parameters"][name] = _value(text)
    return document


def _part(document: Any, identifier: str) -> dict[str, Any] | None:
    for group in ("components", "links"):
        parts = document.get(group) if isinstance(document, dict) else None
        if isinstance(parts, dict) and isinstance(parts.get(identifier), dict):
            found: dict[str, Any] = parts[identifier]
            return found
    return None


def _run(options: argparse.Namespace) -> int:
    if options.until is not None and not 0.0 < options.until <= 1e9:
        raise _UsageError("--until must be a number of seconds above 0")
    if options.seed is not None and not 0 <= options.seed < 2**53:
        raise _UsageError("--seed must be a whole number from 0 to 2^53 - 1")
    if not 1 <= options.replications <= MOST_REPLICATIONS:
        raise _UsageError(f"--replications must be a number from 1 to {MOST_REPLICATIONS}")
    document = _with_settings(_load(options.design), options.settings)
    if options.until is not None:
        _set_durations(document, options.until)
    try:
        run = Run(document, options.scenario, options.seed)
    except DesignError as error:
        _print_problems(error.problems, sys.stderr)
        return PROBLEMS
    _to_the_end(run)
    found = run.summary()
    if options.replications > 1:
        found["replications"] = replicate(found, lambda seed: _summary(document, options.scenario, seed), options.replications)
    print(json.dumps(found, indent=2) if options.format == "json" else text_report(found))
    return OK


def _summary(document: Any, scenario: str | None, seed: int) -> dict[str, Any]:
    run = Run(document, scenario, seed)
    _to_the_end(run)
    return run.summary()


def _set_durations(document: Any, until_s: float) -> None:
    """Lets every scenario last so long."""
    if not isinstance(document, dict):
        return
    scenarios = document.get("scenarios")
    if not scenarios:
        document["scenarios"] = {"steady": {"title": "Steady", "duration_s": until_s}}
    elif isinstance(scenarios, dict):
        for scenario in scenarios.values():
            if isinstance(scenario, dict):
                scenario["duration_s"] = until_s


def _to_the_end(run: Run) -> None:
    """Simulates everything, with a progress line on a terminal."""
    shows = sys.stderr.isatty()
    run.command({"action": "tick", "tick_s": max(0.1, run.duration_s / FRAMES)})
    while not run.finished:
        run.advance()
        if shows:
            print(f"\r{run.t:9.1f} of {run.duration_s:.1f} s simulated", end="", file=sys.stderr, flush=True)
    if shows:
        print("\r" + " " * 50 + "\r", end="", file=sys.stderr, flush=True)


def _check(options: argparse.Namespace) -> int:
    document = _load(options.design)
    found = check(document)
    if options.format == "json":
        listed = [problem.document() for problem in found]
        print(json.dumps({"problems": listed, "rules": wiring_rules(document)} if options.rules else listed, indent=2))
    else:
        _print_problems(found, sys.stdout)
        for link_id, rule in wiring_rules(document).items() if options.rules else ():
            print(f"{link_id}: {rule['text']}")
    return PROBLEMS if any(problem.severity == "problem" for problem in found) else OK


def _parameter_lines(parameter: Parameter) -> list[str]:
    if parameter.type in ("choice", "set"):
        bounds = (" | " if parameter.type == "choice" else ", ").join(choice.value for choice in parameter.choices)
    elif parameter.minimum is not None:
        bounds = f"{parameter.minimum:g} … {parameter.maximum:g} {parameter.unit}".rstrip()
    else:
        bounds = parameter.type
    lines = [f"    {parameter.name} = {parameter.default}   ({bounds})", f"        {parameter.help}"]
    return [*lines, f"        Source: {parameter.source}"] if parameter.source else lines


def _catalogue(options: argparse.Namespace) -> int:
    if options.format == "json":
        print(json.dumps(catalogue_document(), indent=2))
        return OK
    for kind in KINDS.values():
        print(f"{kind.kind}: {kind.title}. {kind.summary}")
        for parameter in kind.parameters:
            print("\n".join(_parameter_lines(parameter)))
        print()
    print("link: what a message between two components takes")
    for parameter in LINK.parameters:
        print("\n".join(_parameter_lines(parameter)))
    print()
    for action in ACTIONS.values():
        takers = [kind.kind for kind in KINDS.values() if action.name in kind.actions]
        takers += ["link"] * (action.name in LINK.actions) + ["traffic"] * (action.name in TRAFFIC_ACTIONS)
        print(f"{action.group} {action.name}: {action.title}. {action.help} Done to: {', '.join(takers) or 'nothing here'}.")
        for parameter in action.parameters:
            print("\n".join(_parameter_lines(parameter)))
    return OK


def _schema(options: argparse.Namespace) -> int:
    print(json.dumps(schema_document(), indent=2))
    return OK


def _modelled(options: argparse.Namespace) -> int:
    from sim_engine.modelled import modelled_document, modelled_text  # what it is made of is not needed for anything else

    print(json.dumps(modelled_document(), indent=2) if options.format == "json" else modelled_text(), end="")
    return OK


def _warm(options: argparse.Namespace) -> int:
    def progress(done: int, of: int, text: str) -> None:
        print(f"\rCompiling the simulation kernel: {done}/{of} {text:<30}", end="", file=sys.stderr, flush=True)

    warm(progress)
    print(file=sys.stderr)
    return OK
