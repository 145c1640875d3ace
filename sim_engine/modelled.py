"""What is modelled: what each parameter of each kind does to what, as the experiments show it, with its source and what is left out."""

from typing import Any, Final

from sim_engine.catalogue.actions import ACTIONS
from sim_engine.catalogue.document import GROUP_TITLES
from sim_engine.catalogue.parameter import Parameter
from sim_engine.components import GROUPS, KINDS
from sim_engine.components.link import LINK
from sim_engine.experiments import EXPERIMENTS
from sim_engine.experiments.experiment import UP, Experiment
from sim_engine.texts import _

LINKS: Final = _("Links")
ARROWS: Final = {"rises": "↑", "falls": "↓"}
SWITCH: Final = {False: _("off"), True: _("on")}
NOTHING: Final = _("none")


def modelled_document() -> dict[str, Any]:
    """Texts are in English, each by itself, so that they can be translated."""
    groups = [{"title": GROUP_TITLES[name], "kinds": [_kind(kind) for kind in KINDS.values() if kind.group == name]} for name in GROUPS]
    return {"groups": [group for group in groups if group["kinds"]], "link": _link()}


def _kind(kind: Any) -> dict[str, Any]:
    return {
        "kind": kind.kind, "title": kind.title, "icon": kind.icon, "summary": kind.summary, "left_out": kind.left_out,
        "parameters": [_parameter(kind.kind, parameter) for parameter in kind.parameters if parameter.in_kernel],
        "actions": [{"title": ACTIONS[name].title} for name in kind.actions],
    }  # fmt: skip


def _link() -> dict[str, Any]:
    return {
        "title": LINKS, "left_out": LINK.left_out,
        "parameters": [_parameter("link", parameter) for parameter in LINK.parameters],
        "actions": [{"title": ACTIONS[name].title} for name in LINK.actions],
    }  # fmt: skip


def _parameter(kind: str, parameter: Parameter) -> dict[str, Any]:
    tried = next((each for each in EXPERIMENTS if (each.kind, each.parameter) == (kind, parameter.name)), None)
    return {
        "name": parameter.name, "section": parameter.section, "title": parameter.title, "help": parameter.help,
        "unit": parameter.unit, "source": parameter.source,
        "default": _value(parameter, parameter.default), "effect": None if tried is None else _effect(parameter, tried),
    }  # fmt: skip


def _effect(parameter: Parameter, tried: Experiment) -> dict[str, Any]:
    """From one value to the other, what goes which way; `at` is the kind whose figure it is."""
    figure = tried.figure
    kind = None if figure.component is None else KINDS[tried.design["components"][figure.component]["kind"]]
    title = figure.title
    if figure.metric is not None and kind is not None:
        title = next(metric.title for metric in kind.metrics if metric.name == figure.metric)
    return {
        "from": _value(parameter, tried.one, with_unit=False), "to": _value(parameter, tried.other),
        "figure": {"title": title, "words": dict(figure.words), "at": None if kind is None else kind.title},
        "direction": "rises" if tried.direction == UP else "falls",
    }  # fmt: skip


def _value(parameter: Parameter, value: Any, with_unit: bool = True) -> list[str]:
    """A value as texts that can be translated: a number with its unit, the titles of what is chosen."""
    if parameter.type == "boolean":
        return [SWITCH[bool(value)]]
    if parameter.type in ("choice", "set"):
        chosen = [value] if isinstance(value, str) else value
        return [choice.title for choice in parameter.choices if choice.value in chosen] or [NOTHING]
    number = f"{value:,.10g}" if isinstance(value, float | int) else str(value)
    return [number if parameter.unit in ("", "ratio") or not with_unit else f"{number} {parameter.unit}"]


def figure_text(figure: dict[str, Any]) -> str:
    """What a figure is called, in English."""
    text = str(figure["title"]).format(**figure["words"])
    return text if figure["at"] is None else f"{text} ({figure['at']})"


def modelled_text() -> str:
    """The page as Markdown: docs/what-is-modelled.md."""
    document = modelled_document()
    lines = [
        "# What is modelled",
        "",
        "Written by `python -m sim_engine modelled` out of experiments. For each parameter a small design is run with two values on the",
        "same luck, and the figure must rise (↑) or fall (↓) as it says here: a test runs them all, and a parameter without one fails it.",
    ]
    for group in document["groups"]:
        lines += ["", f"## {group['title']}"]
        for kind in group["kinds"]:
            lines += _section(kind)
    return "\n".join([*lines, *_section(document["link"])]) + "\n"


def _section(part: dict[str, Any]) -> list[str]:
    lines = ["", f"### {part['title']}" if "kind" in part else f"## {part['title']}"]
    lines += ["", part["summary"]] if part.get("summary") else []
    lines += ["", f"Left out: {part['left_out']}"] if part["left_out"] else []
    if part["actions"]:
        lines += ["", f"Can be done to it: {', '.join(action['title'] for action in part['actions'])}."]
    if part["parameters"]:
        lines += ["", "| Parameter | Default | From … to … | What happens | Source of the default |", "|---|---|---|---|---|"]
        lines += [_row(parameter) for parameter in part["parameters"]]
    return lines


def _row(parameter: dict[str, Any]) -> str:
    effect = parameter["effect"]
    change = what = ""
    if effect is not None:
        change = f"{', '.join(effect['from'])} → {', '.join(effect['to'])}"
        what = f"{ARROWS[effect['direction']]} {figure_text(effect['figure'])}"
    section = f"{parameter['section']}: " if parameter["section"] else ""
    cells = (f"**{section}{parameter['title']}**. {parameter['help']}", ", ".join(parameter["default"]), change, what, parameter["source"])
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
