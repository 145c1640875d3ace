"""What can be set on clients. A class of traffic has a section of its own; all are made by one loop."""

from dataclasses import dataclass, replace
from typing import Any, Final

from sim_engine.catalogue.classes import CLASSES
from sim_engine.catalogue.parameter import UNCALIBRATED, Parameter, When, boolean, choice, distribution_parameters, integer, number
from sim_engine.texts import _

OPEN = When("model", ("open",))
CLOSED = When("model", ("closed",))
SINGLE = When("behaviour", ("single",))
PAGE_VIEWS = When("behaviour", ("page_views",))

VISITS, FAILURES, ACCESS = _("Page views"), _("Retries and hedging"), _("Way to the network")
ALMANAC = _("HTTP Archive, Web Almanac 2024: the median page has 71 requests and 2.6 MB.")


@dataclass(frozen=True, slots=True)
class ClassDefaults:
    """Where a class of traffic differs from reads; sizes in kB. None: it has no such parameter."""

    share: When | bool = True  # False: not drawn by a share of its own; or when it is
    request_kb: float | None = None
    response_kb: float | None = 0.0
    size_cv: float = 0.0
    cost: float = 1.0
    own_popularity: bool = True
    source: str = UNCALIBRATED


CLASS_DEFAULTS: Final = {
    "page": ClassDefaults(SINGLE, response_kb=18.0, size_cv=0.5, source=_("HTTP Archive, Web Almanac 2024: 18 kB of HTML.")),
    "static": ClassDefaults(SINGLE, response_kb=37.0, size_cv=1.5, cost=0.1, source=ALMANAC),
    "read": ClassDefaults(False, own_popularity=False),
    "write": ClassDefaults(False, response_kb=None, own_popularity=False),
    "upload": ClassDefaults(request_kb=2_000.0, response_kb=None, size_cv=1.0),
    "expensive": ClassDefaults(response_kb=50.0, cost=20.0),
    "background": ClassDefaults(request_kb=5.0, response_kb=None, cost=5.0),
}


def _class_parameters(name: str, section: str, of: ClassDefaults) -> list[Parameter]:
    sent = of.response_kb is None
    made = []
    if of.share is not False:
        made.append(
            number(f"{name}_share", _("Share of requests"), 0.0, "ratio", 0.0, 1.0,
                   _("Of the requests that are drawn by chance; reads and writes share the rest."),
                   when=of.share if isinstance(of.share, When) else None)
        )  # fmt: skip
    if of.request_kb is not None:
        made.append(
            number(f"{name}_request_kb", _("Request size"), of.request_kb, "kB", 0.0, 10_000_000.0, _("Mean size of what is sent."))
        )
    if of.response_kb is not None:
        made.append(
            number(f"{name}_response_kb", _("Response size"), of.response_kb, "kB", 0.0, 10_000_000.0,
                   _("Mean size of what is asked for; 0: whatever the component that answers gives."), source=of.source)
        )  # fmt: skip
    made += [
        number(f"{name}_size_cv", _("Spread of sizes"), of.size_cv, "ratio", 0.0, 10.0,
               _("Standard deviation over mean of what is sent. Each key has a size of its own.") if sent else
               _("Standard deviation over mean of what is asked for. Each key has a size of its own.")),
        number(f"{name}_cost", _("Cost"), of.cost, "", 0.0, 10_000.0,
               _("Work that one request makes, in service times of an ordinary one.")),
        number(f"{name}_deadline_ms", _("Deadline"), 0.0, "ms", 0.0, 86_400_000.0,
               _("All attempts together may take so long; then the visitor gives up. 0: for ever.")),
    ]  # fmt: skip
    if of.own_popularity:
        made.append(
            number(f"{name}_zipf", _("Popularity exponent"), 0.9, "", 0.0, 3.0,
                   _("Zipf's exponent: 0 makes all equally popular, 1 makes a few very popular."),
                   source=_("Breslau et al., INFOCOM 1999: 0.64 to 0.83 for web traces; YCSB uses 0.99."))
        )  # fmt: skip
    if name == "static":
        made += [
            integer("static_objects", _("Files"), 2_000, "keys", 1, 1_000_000, _("How many different scripts and images there are.")),
            number("static_change_s", _("Change of a file"), 0.0, "s", 0.0, 100_000_000.0,
                   _("How long each file stays as it is; whoever gets an older one gets it stale. 0: for ever.")),
        ]  # fmt: skip
    return [replace(parameter, section=section) for parameter in made]


ARRIVAL_DISTRIBUTION, ARRIVAL_CV = distribution_parameters("arrival", _("Arrival distribution"))


def in_section(section: str, *parameters: Parameter) -> tuple[Parameter, ...]:
    return tuple(replace(parameter, section=section) for parameter in parameters)


CLIENT_PARAMETERS: Final[tuple[Parameter, ...]] = (
    choice(
        "model", _("Arrivals"), "open", (("open", _("Open: they come at a rate")), ("closed", _("Closed: users who wait and think"))),
        _("Open clients keep coming however slow the system is. Closed users wait for their answer before they ask again."),
    ),
    choice(
        "behaviour", _("What they do"), "single",
        (("single", _("Single requests")), ("page_views", _("Visits: pages with all that belongs to them"))),
        _("A page is a document, then its scripts and images over a few connections at a time, then calls for data, one after the other."),
    ),
    number("arrival_rate_per_s", _("Arrival rate"), 200.0, "requests/s", 0.0, 2_000_000.0,
           _("Requests a second; visits a second where clients view pages."), when=OPEN),
    replace(
        ARRIVAL_DISTRIBUTION, when=OPEN,
        help=_("How the times between arrivals spread around their mean. Exponential: a Poisson process, as of many people who do not know "
               "each other. Constant: like a clock. Hyperexponential: in bursts."),
    ),
    ARRIVAL_CV,
    integer("users", _("Users"), 500, "users", 0, 1_000_000, _("How many users take part."), when=CLOSED),
    number("think_time_s", _("Think time"), 5.0, "s", 0.0, 3_600.0,
           _("Mean time between an answer and the user's next request, or between two visits."), when=CLOSED,
           source=_("TPC-W uses a mean think time of 7 s.")),
    *distribution_parameters("think", _("Think time distribution")),
    number("read_ratio", _("Share of reads"), 0.9, "ratio", 0.0, 1.0, _("The rest are writes."),
           source=_("TPC-W's shopping mix has 80 % browsing, its browsing mix 95 %.")),
    integer("keys", _("Keys"), 100_000, "keys", 1, 1_000_000, _("How many different things the requests are about.")),
    number("zipf_exponent", _("Popularity exponent"), 0.9, "", 0.0, 3.0,
           _("Zipf's exponent: 0 makes all keys equally popular, 1 makes a few very popular."),
           source=_("Breslau et al., INFOCOM 1999: 0.64 to 0.83 for web traces; YCSB uses 0.99.")),
    integer("stale_versions", _("Stale from"), 1, "", 1, 1_000,
            _("A read is stale when it returns a version that is at least so many older than one that was acknowledged before it began."),
            advanced=True, source=_("k-staleness: Bailis et al., Probabilistically Bounded Staleness, VLDB 2012.")),
    number("timeout_ms", _("Timeout"), 3_000.0, "ms", 1.0, 86_400_000.0, _("How long one attempt waits for its answer.")),
    *in_section(
        FAILURES,
        integer("retries", _("Retries"), 1, "", 0, 20, _("How often a failed attempt is repeated.")),
        number("backoff_ms", _("Backoff"), 100.0, "ms", 0.0, 60_000.0, _("Wait before the first retry.")),
        number("backoff_factor", _("Backoff factor"), 2.0, "", 1.0, 10.0, _("Each further wait is longer by this factor, up to 60 s."),
               advanced=True),
        boolean("backoff_jitter", _("Backoff jitter"), True,
                _("Multiplies each wait by a random number from 0 to 1, so that retries do not come in waves."),
                advanced=True, source=_("Brooker, Exponential Backoff and Jitter, 2015 (full jitter).")),
        number("retry_budget", _("Retry budget"), 0.0, "ratio", 0.0, 10.0,
               _("Retries for each request, on average over the last few; 0 is without limit."),
               source=_("Google SRE Book, chapter 21: retries at most 10 % of the requests.")),
        number("hedge_after_ms", _("Hedge after"), 0.0, "ms", 0.0, 600_000.0,
               _("Sends a second copy when no answer has come for so long, and takes whichever comes first; 0: never."),
               source=_("Dean and Barroso, The Tail at Scale, 2013: after the 95th percentile, for 5 % more load.")),
        boolean("propagate_deadline", _("Pass deadlines on"), False,
                _("Whoever works on a request drops it as soon as the visitor has given up. Without it that work is wasted."),
                source=_("Google SRE Book, chapter 22: deadline propagation.")),
    ),
    integer("client_addresses", _("Client addresses"), 10_000, "", 1, 10_000_000,
            _("Different addresses that the requests come from; a balancer may hash them."), advanced=True),
    integer("resolvers", _("DNS resolvers"), 20, "", 1, 10_000,
            _("Where a DNS is linked: how many caches of its answers the clients share, by their address."), advanced=True),
    number("request_kb", _("Request size"), 1.0, "kB", 0.0, 100_000.0,
           _("Size of one request, of a class without a size of its own."), advanced=True),
    *in_section(
        VISITS,
        number("pages_per_visit", _("Pages of a visit"), 3.0, "", 1.0, 10_000.0,
               _("Mean number of pages until the visitor leaves; geometric."), when=PAGE_VIEWS),
        number("reading_time_s", _("Reading time"), 7.0, "s", 0.0, 3_600.0,
               _("Mean time from one page to the next, spread as the think time."), when=PAGE_VIEWS,
               source=_("TPC-W uses a mean think time of 7 s.")),
        boolean("document", _("Document first"), True,
                _("A web page begins with its document. An app has none: it calls for data first, then loads images."), when=PAGE_VIEWS),
        number("assets_per_page", _("Scripts and images"), 25.0, "", 0.0, 1_000.0, _("Mean number on one page."), when=PAGE_VIEWS,
               source=ALMANAC),
        number("calls_per_page", _("Calls for data"), 3.0, "", 0.0, 1_000.0,
               _("Mean number of requests that follow one page, each after the answer to the one before."), when=PAGE_VIEWS),
        integer("connections", _("Connections"), 6, "", 1, 100, _("How many scripts and images are loaded at the same time."),
                when=PAGE_VIEWS, source=_("Browsers open up to six HTTP/1.1 connections to a host.")),
    ),
    *in_section(
        ACCESS,
        number("access_latency_ms", _("Latency of the access"), 0.0, "ms", 0.0, 60_000.0,
               _("What a visitor's own line adds to each message, one way.")),
        number("access_mbit_s", _("Bandwidth of the access"), 0.0, "Mbit/s", 0.0, 1_000_000.0,
               _("What one connection of a visitor carries; nobody else is in its way. 0 is without limit.")),
    ),
    *(parameter for known in CLASSES for parameter in _class_parameters(known.name, known.title, CLASS_DEFAULTS[known.name])),
)  # fmt: skip


def with_defaults(parameters: tuple[Parameter, ...], **changes: dict[str, Any]) -> tuple[Parameter, ...]:
    """The same parameters, some with another default (and where it comes from)."""
    assert changes.keys() <= {parameter.name for parameter in parameters}
    return tuple(replace(parameter, **changes.get(parameter.name, {})) for parameter in parameters)
