"""What can be done to a running system: faults that begin and end, and operations that people carry out.

A kind lists the names of those that it takes (`Component.actions`); so do links (`LinkKind.actions`) and the traffic.
"""

from dataclasses import dataclass
from typing import Any, Final, Literal

from sim_engine.catalogue.growth import MOST_INSTANCES
from sim_engine.catalogue.parameter import Parameter, choice, integer, number
from sim_engine.texts import _


@dataclass(frozen=True, slots=True)
class Action:
    """lasting: it goes on until its end (after `for_s`, or ended by hand) and is undone then."""

    name: str
    title: str
    help: str
    group: Literal["fault", "operation"]
    lasting: bool
    parameters: tuple[Parameter, ...] = ()

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name, "title": self.title, "help": self.help, "group": self.group, "lasting": self.lasting,
            "parameters": [parameter.document() for parameter in self.parameters],
        }  # fmt: skip

    def defaults(self) -> dict[str, Any]:
        return {parameter.name: parameter.default for parameter in self.parameters}


_DECLARED: Final = (
    Action(
        "kill", _("Kill"), _("It dies, and whatever it has under way dies with it."), "fault", True,
        (
            choice("mode", _("How it dies"), "process",
                   (("process", _("Process dies: refuses at once")), ("machine", _("Machine lost: no answer at all"))),
                   _("A dead process refuses at once; a lost machine answers nothing until the caller's timeout.")),
            integer("instance", _("Instance"), 0, "", 0, 10_000, _("The number of the instance that dies; 0 kills all of them.")),
        ),
    ),
    Action(
        "restore", _("Restore"), _("Starts what was killed again."), "operation", False,
        (integer("instance", _("Instance"), 0, "", 0, 10_000, _("The number of the instance that starts again; 0: all of them.")),),
    ),
    Action(
        "slow", _("Slow down"), _("Its work takes longer, while it still answers its health checks."), "fault", True,
        (number("factor", _("Factor"), 4.0, "", 1.0, 1_000.0, _("How many times longer its work takes.")),),
    ),
    Action(
        "errors", _("Answer with errors"), _("A share of its answers are errors. It still passes its health checks."),
        "fault", True,
        (number("ratio", _("Share of errors"), 0.2, "ratio", 0.0, 1.0, _("Share of requests that it answers with an error.")),),
    ),
    Action(
        "memory_leak", _("Leak memory"), _("Memory is lost until none is left; then it is killed, starts again and leaks again."),
        "fault", True,
        (number("mb_per_s", _("Leak"), 50.0, "MB/s", 0.1, 1_000_000.0, _("Memory lost a second.")),),
    ),
    Action(
        "delay", _("Delay"), _("Messages take longer, both ways."), "fault", True,
        (
            number("extra_ms", _("Extra latency"), 200.0, "ms", 0.0, 60_000.0, _("Added to each message.")),
            number("jitter_ms", _("Jitter"), 0.0, "ms", 0.0, 60_000.0,
                   _("Mean of a random, exponential time that is added to each message as well.")),
        ),
    ),
    Action(
        "loss", _("Lose messages"), _("Messages are lost and must be sent again after the retransmission timeout."), "fault", True,
        (number("ratio", _("Share of messages lost"), 0.1, "ratio", 0.0, 1.0, _("Comes on top of the link's own loss.")),),
    ),
    Action(
        "cut", _("Cut"), _("Nothing gets through: callers wait until their timeout."), "fault", True,
        (
            choice("direction", _("Direction"), "both",
                   (("both", _("Both ways")), ("there", _("Requests do not arrive")), ("back", _("Answers do not return"))),
                   _("Cut one way, the work is done and nobody hears of it.")),
        ),
    ),
    Action(
        "partition", _("Partition"), _("Nothing gets through between the two, whichever way it is linked."), "fault", True,
        (Parameter("other", _("Cut off from"), "component", "", _("The component or place on the other side."), source=""),),
    ),
    Action("isolate", _("Cut off"), _("Nothing gets into this place or out of it; inside, everything goes on."), "fault", True),
    Action(
        "spike", _("Traffic spike"), _("Multiplies the traffic, on top of what the scenario does."), "fault", True,
        (number("multiplier", _("Multiplier"), 4.0, "", 0.0, 10_000.0, _("How many times the traffic it would be otherwise.")),),
    ),
    Action(
        "deploy", _("Deploy"), _("Builds, tests and ships a new version."), "operation", False,
        (
            choice("quality", _("Version"), "good", (("good", _("Good")), ("bad", _("Bad: slower, with errors"))),
                   _("Whether the new version is a good one.")),
        ),
    ),
    Action("stop_consumers", _("Stop handing out"), _("No consumer gets a message any more; producers notice nothing."), "fault", True),
    Action(
        "poison", _("Poison messages"), _("Whoever works on such a message fails, however often it is tried."), "fault", True,
        (number("ratio", _("Share of messages"), 0.01, "ratio", 0.0, 1.0, _("Share of the messages published meanwhile.")),),
    ),
    Action(
        "stop_replication", _("Stop replication"), _("Writes reach the replicas no more; they go on answering with what they have."),
        "fault", True,
    ),
    Action(
        "disk_full", _("Fill the disk"), _("No room is left on its disk: what shall be stored fails, reads and health checks go on."),
        "fault", True,
    ),
    Action(
        "free_disk", _("Delete old data"), _("Deletes some of what is on its disk, so that there is room again."), "operation", False,
        (number("ratio", _("Share that is deleted"), 0.5, "ratio", 0.0, 1.0, _("Share of what is on the disk.")),),
    ),
    Action(
        "pool_exhausted", _("Leak connections"),
        _("A share of its connections or workers is taken and not given back, so fewer are left for everybody else."), "fault", True,
        (number("ratio", _("Share that is taken"), 0.9, "ratio", 0.0, 1.0, _("Share of them that is gone; one is always left.")),),
    ),
    Action(
        "hot_key", _("Make a key hot"), _("A share of the requests is for one and the same key, that hardly anybody asked for before."),
        "fault", True,
        (
            number("ratio", _("Share of requests"), 0.5, "ratio", 0.0, 1.0,
                   _("Share of the requests that are for that key; files do not count.")),
        ),
    ),
    Action("rollback", _("Roll back"), _("Ships the version before this one again."), "operation", False),
    Action("purge", _("Purge"), _("Drops everything that is held: what comes next goes to the origin."), "operation", False),
    Action(
        "resize", _("Resize"), _("Starts or stops instances until there are so many."), "operation", False,
        (integer("instances", _("Instances"), 2, "", 1, MOST_INSTANCES, _("How many instances there shall be.")),),
    ),
)  # fmt: skip

ACTIONS: Final[dict[str, Action]] = {action.name: action for action in _DECLARED}
TRAFFIC_ACTIONS: Final = ("spike",)
