"""The sentences that say what a link means, by name; `{names}` are filled from their arguments."""

from typing import Final

from sim_engine.texts import _

RULES: Final[dict[str, str]] = {
    "rule_sends_all": _("All requests go to {target}."),
    "rule_sends_some": _("Each request goes to one of {count} targets, chosen at random; {target} is one of them."),
    "rule_sends_rest": _("All requests but those for scripts and images go to {target}."),
    "rule_sends_by_name": _("Nothing goes this way: requests go to whom the DNS names. Link the DNS to {target} instead."),
    "rule_asks_name": _("Asks {target} whom to call, and remembers the answer for its time to live."),
    "rule_names": _(
        "{label} names one of {count} targets to each client; whoever is told {target} sends its requests there, this way. "
        "Policy: {policy}."
    ),
    "rule_names_one": _("{label} tells all clients to call {target}; their requests go there, this way."),
    "rule_origin": _("{label} fetches from {target} the files that it does not have, and passes everything else on to it."),
    "rule_files": _("Scripts and images come from {target}."),
    "rule_routes_one": _("A request goes to the first service by priority that takes it, to equal ones in turn; {target} is one of them."),
    "rule_routes_all": _("A request calls all services that take it and waits for all their answers; {target} is one of them."),
    "rule_asked_first": _("{target} is asked about every request before it goes on; what it refuses goes no further."),
    "rule_asked_first_reads": _("{target} is asked about every read before it goes on; what it refuses goes no further."),
    "rule_asked_first_writes": _("{target} is asked about every write before it goes on; what it refuses goes no further."),
    "rule_beside": _("{target} gets a copy of every request."),
    "rule_balances": _("{target} gets its part of the requests. Policy: {policy}."),
    "rule_cache_aside": _("Reads ask {target} first. What it does not have is fetched from where the data is and put into it; "
                          "writes remove what they change."),
    "rule_cache_alone": _("Reads ask {target}. What it does not have is fetched from nowhere; writes remove what they change."),
    "rule_cache_always": _("Reads and writes ask {target} first. What reads had to fetch is put into it; writes remove what they change."),
    "rule_cache_reads": _("Reads ask {target} first, and put into it what they had to fetch. Writes leave it as it is: it may be stale."),
    "rule_cache_writes": _("Only writes go to {target}: they remove what they change."),
    "rule_cache_on_miss": _("Reads ask {target} for what the cache before it does not have."),
    "rule_database": _("Reads and writes go to {target}."),
    "rule_database_behind_cache": _("Writes go to {target}, and the reads that the cache could not answer."),
    "rule_database_always": _("All reads and writes go to {target}, also what the cache has answered."),
    "rule_database_reads": _("All reads go to {target}, writes do not."),
    "rule_database_writes": _("Only writes go to {target}."),
    "rule_database_on_miss": _("Only reads that the cache could not answer go to {target}."),
    "rule_shard": _("{target} is one of {count} shards: it has the keys that {label} gives to it."),
    "rule_service": _("Every request calls {target} and waits for its answer."),
    "rule_service_reads": _("Every read calls {target} and waits for its answer."),
    "rule_service_writes": _("Every write calls {target} and waits for its answer."),
    "rule_service_on_miss": _("Reads that the cache could not answer call {target} and wait for its answer."),
    "rule_replicates": _("What is written is sent to {target}."),
    "rule_replicates_later": _("What is written is sent to {target} a little later. {label} does not wait for it; what is not sent yet is "
                                 "lost with it."),
    "rule_replicates_to_most": _("A write is done only when a majority of the members has it; {target} is one of them."),
    "rule_replicates_at_once": _("A write is done only when {target} has it, too."),
    "rule_publishes": _("Puts a message into {target} and goes on; nobody waits for the work."),
    "rule_hands_out": _("{target} gets messages as fast as it can work on them. What it fails at comes again."),
    "rule_copies": _("{target} gets its own copy of every message."),
    "rule_partitions": _("{target} reads its share of the partitions, each in order."),
    "rule_scales_cpu": _("{label} starts and ends instances of {target}, so that their CPU stays near {goal} %. No requests go this way."),
    "rule_scales_requests": _(
        "{label} starts and ends instances of {target}, so that each is sent about {goal} requests a second. No requests go this way."
    ),
    "rule_scales_in_flight": _(
        "{label} starts and ends instances of {target}, so that about {goal} requests or messages wait or are under way for each. "
        "No requests go this way."
    ),
    "rule_ships": _("{label} ships new versions to {target}. Strategy: {strategy}. No requests go this way."),
    "rule_controls": _("{label} controls {target}. No requests go this way."),
    "rule_turns": _("{count} links of this kind take turns."),
    "rule_without_waiting": _("The caller does not wait for it, nor hears when it fails."),
    "rule_share": _("Only {percent} % of the requests do this."),
    "rule_classes": _("Only these classes: {classes}."),
}  # fmt: skip
