"""Note: a text on the canvas. It takes no part in a run."""

from sim_engine.catalogue.component import Component
from sim_engine.catalogue.parameter import Parameter
from sim_engine.texts import _


class Note(Component):
    kind = "note"
    title = _("Note")
    group = "annotate"
    icon = "sticky-note"
    summary = _("A text on the canvas, for whoever reads the design.")
    runs = False
    actions = ()
    parameters = (
        Parameter("text", _("Text"), "text", "", _("What the note says."), maximum=2_000, source=""),
    )  # fmt: skip
