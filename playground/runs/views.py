"""Starting a run. The answer comes at once; its worker is being prepared while the page opens the socket."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from playground import limits, policy
from playground.designs.check import design_in, findings
from playground.errors import Refused, not_found, too_many
from playground.http import body_of, by_method, spend, whole_number
from playground.policy import Access
from playground.runs import engine, records
from playground.runs.actor import SPEEDS
from playground.runs.hub import current_hub
from playground.visitors import address_of, ensure_visitor


def start_run(request: HttpRequest) -> HttpResponse:
    spend(request, "runs_started_per_minute")
    body = body_of(request)
    design = design_in(body)
    problems, _hints = findings(design)
    if problems:
        raise Refused(422, "design", _("This design cannot run yet: %(text)s") % problems[0], problems=problems)
    visitor = ensure_visitor(request)
    refuse_too_many(visitor)
    record = records.create(
        {
            "controller": visitor,
            "design": design_of(request, body),
            "document": json.dumps(design, separators=(",", ":")),
            "scenario": scenario_of(body, design),
            "seed": whole_number(body, "seed", default_seed(design)),
            "speed": speed_of(body),
            "engine": engine.version(),
        }
    )
    hub = current_hub()
    if hub is not None:
        hub.prepare(record.pk)
    return JsonResponse({"run": record.pk}, status=201)


def refuse_too_many(visitor: str) -> None:
    own, everybody = limits.of("runs_per_visitor"), limits.of("runs_at_once")
    if records.watched(controller=visitor) >= own:
        raise too_many(_("You already have %(count)d runs going. Stop one of them first.") % {"count": own}, 5)
    if records.watched() >= everybody:
        raise too_many(_("All %(count)d places for runs are taken just now. Try again in a minute.") % {"count": everybody}, 60)


def design_of(request: HttpRequest, body: dict[str, Any]) -> Any:
    """The saved design whose viewers may watch, if the request names one."""
    secret = body.get("token")
    if secret is None:
        return None
    if not isinstance(secret, str):
        raise not_found()
    return policy.require(secret, Access.VIEW, address_of(request)).design


def scenario_of(body: dict[str, Any], design: dict[str, Any]) -> str:
    name = body.get("scenario") or design.get("scenario") or ""
    if name and name not in design.get("scenarios", {}):
        raise Refused(422, "scenario", _("The design has no scenario of that name."))
    return str(name)


def default_seed(design: dict[str, Any]) -> int:
    seed = design.get("seed", 1)
    return seed if isinstance(seed, int) else 1


def speed_of(body: dict[str, Any]) -> str:
    speed = str(body.get("speed", 1))
    if speed not in SPEEDS:
        raise Refused(400, "bad_field", _("“speed” must be 1, 10 or “max”."))
    return speed


start = by_method(POST=start_run)
