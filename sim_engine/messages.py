"""Every sentence that the engine says about a run or a design, by name; `{names}` are filled from its arguments."""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from sim_engine.texts import _

MESSAGES: Final[dict[str, str]] = {
    # events of a run: label is that of the component concerned
    "run_started": _("The run has started: scenario {scenario}, seed {seed}."),
    "run_finished": _("The scenario is over."),
    "killed_process": _("{label} was killed. It refuses connections at once."),
    "killed_machine": _("The machine of {label} is gone. It answers nothing: callers wait for their timeout."),
    "killed_out_of_memory": _("{label} has leaked its memory away in {seconds} s and was killed. It starts again in {boot} s."),
    "killed_for_memory": _("{label} needed more memory than there is and was killed. It starts again in {boot} s."),
    "restored": _("{label} runs again."),
    "target_ejected": _("{label} ejected {target} for {seconds} s: {count} requests in a row had failed there."),
    "target_readmitted": _("{label} sends requests to {target} again; its ejection is over."),
    "address_taken": _("{target} has taken over the address of {label}, {seconds} s after its death."),
    "warmed_up": _("{label} has warmed up and works at its full speed."),
    "credits_spent": _("{label} has spent its CPU credits: from now on it gets {percent} % of its cores, until it has saved some."),
    "instance_starting": _("{label} starts. It takes requests in {seconds} s."),
    "instance_up": _("{label} is up and takes requests."),
    "instance_ready": _("{label} is up and stands by: it is sent nothing yet."),
    "instance_restarts": _("{label} ends and starts again with version {version}. Requests cut off: {cut}. It is back in {seconds} s."),
    "deploy_builds": _("{label} builds version {version}. That takes {seconds} s."),
    "deploy_tests": _("{label} has built version {version} and tests it for {seconds} s."),
    "tests_failed": _("{label}: the tests of version {version} fail. It is not shipped; version {before} stays."),
    "deploy_cancelled": _("{label} does not ship version {version} after all."),
    "deploy_abandoned": _("{label} leaves version {version} half shipped: what it is linked to has changed."),
    "ships_at_once": _(
        "{label} ships version {version} to all {count} instances at the same time. Nobody answers until it has started: {seconds} s."
    ),
    "ships_rolling": _("{label} ships version {version} to {count} instances, {batch} at a time."),
    "ships_canary": _("{label} ships version {version} to {count} of {total} instances first, and watches them for {seconds} s."),
    "ships_second_set": _("{label} starts a second set of {count} instances with version {version}. It is ready in {seconds} s."),
    "ships_back": _("{label} takes version {before} back: whoever has it gets version {version} again."),
    "batch_shipped": _("{label}: {done} of {total} instances have version {version}."),
    "canary_good": _(
        "{label}: {percent} % of the answers of version {version} were errors, {others} % of the others'; "
        "it took {ms} ms, the others {others_ms} ms. The rest gets it now."
    ),
    "canary_bad": _(
        "{label}: {percent} % of the answers of version {version} were errors in {seconds} s, {others} % of the others'. It is taken back."
    ),
    "canary_slow": _("{label}: version {version} took {ms} ms on average in {seconds} s, the others {others_ms} ms. It is taken back."),
    "canary_unseen": _("{label}: version {version} has died or was sent nothing, so nobody knows whether it is good. It is taken back."),
    "deployed": _("{label}: version {version} runs everywhere, {seconds} s after the deployment began."),
    "rolled_back": _("{label}: version {version} runs everywhere again, {seconds} s after the way back began."),
    "switched": _("{label} sends all traffic to version {version}. The instances with version {before} stand by for {seconds} s."),
    "switched_back": _("{label} sends all traffic to version {version} again, all at once. Those with version {before} end."),
    "old_set_ends": _("{label} ends the instances with version {before}. The way back from version {version} is a deployment now."),
    "second_set_fails": _("{label}: only {done} of {total} new instances came up with version {version}."),
    "no_room_for_two_sets": _("{label} needs {count} more instances for a second set; a run may have {maximum} in all."),
    "instance_draining": _("{label} takes no new requests and has {seconds} s to finish those that it has."),
    "instance_removed": _("{label} has ended. Requests cut off: {cut}."),
    "dead_already": _("{label} is dead already; now it stays so until this fault is over, too."),
    "place_lost": _("{label} is lost, and with it the {count} components inside."),
    "place_back": _("{label} is back; {count} components inside run again."),
    "slow_begins": _("{label} works {factor} times slower. It still answers its health checks."),
    "errors_begin": _("{label} answers {percent} % of its requests with an error."),
    "leak_begins": _("{label} loses {mb_per_s} MB of memory a second."),
    "delay_begins": _("Messages over {label} take {extra_ms} ms longer, with {jitter_ms} ms of jitter."),
    "loss_begins": _("{percent} % of the messages over {label} are lost."),
    "cut_begins": _("{label} is cut: nothing gets through."),
    "cut_there_begins": _("{label} is cut one way: requests do not arrive."),
    "cut_back_begins": _("{label} is cut one way: answers do not return."),
    "partition_begins": _("{label} and {other} are cut off from each other."),
    "isolation_begins": _("{label} is cut off from everything outside."),
    "disk_full_begins": _("The disk of {label} is full: nothing more can be stored there. It still reads, and passes its health checks."),
    "disk_has_room": _("There is room on the disk of {label} again, after {seconds} s."),
    "disk_fills": _("The disk of {label} is {percent} % full. At the pace of the last seconds it has no room left in {seconds} s."),
    "disk_freed": _("{label} deletes {percent} % of what is on its disk."),
    "snapshot_failed": _("{label} could not write its snapshot, since its disk is full. It takes no writes until there is room."),
    "disk_too_small": _("{label}: what is stored there within the run may not fit on the disk. Writes fail when it is full."),
    "pool_leak_begins": _("{percent} % of the connections or workers of {label} are taken and not given back."),
    "hot_key_begins": _("{percent} % of the requests of {label} are for one and the same key."),
    "spike_begins": _("A spike: the traffic is {multiplier} times what it would be."),
    "spike_of_begins": _("A spike: the traffic of {label} is {multiplier} times what it would be."),
    "spike_over": _("The traffic spike is over after {seconds} s."),
    "fault_over": _("{label}: {title} is over after {seconds} s."),
    "asked": _("{label}: {title}."),
    "fault_begins": _("{label}: {title} begins."),
    "resized": _("{label} shall be {instances} instances now."),
    "planned_in_vain": _("The scenario wanted: {title}. What it meant is no longer there."),
    "scaled_out_cpu": _(
        "{label} raises the instances of {target} from {before} to {after}: their CPU was at {measured} % over the last {seconds} s, "
        "the target is {goal} %. What is new takes requests in {boot} s."
    ),
    "scaled_out_requests": _(
        "{label} raises the instances of {target} from {before} to {after}: each was sent {measured} requests a second over the last "
        "{seconds} s, the target is {goal}. What is new takes requests in {boot} s."
    ),
    "scaled_out_in_flight": _(
        "{label} raises the instances of {target} from {before} to {after}: each had {measured} requests over the last {seconds} s, "
        "the target is {goal}. What is new takes requests in {boot} s."
    ),
    "scaled_in_cpu": _(
        "{label} lowers the instances of {target} from {before} to {after}: their CPU was at {measured} % over the last {seconds} s, "
        "the target is {goal} %. Who goes has {drain} s to finish."
    ),
    "scaled_in_requests": _(
        "{label} lowers the instances of {target} from {before} to {after}: each was sent {measured} requests a second over the last "
        "{seconds} s, the target is {goal}. Who goes has {drain} s to finish."
    ),
    "scaled_in_in_flight": _(
        "{label} lowers the instances of {target} from {before} to {after}: each had {measured} requests over the last {seconds} s, "
        "the target is {goal}. Who goes has {drain} s to finish."
    ),
    "scaled_to_fewest": _(
        "{label} raises the instances of {target} from {before} to {after}, the fewest that it allows. They take requests in {boot} s."
    ),
    "scaled_to_most": _("{label} lowers the instances of {target} from {before} to {after}, the most that it allows."),
    "scaled_on_schedule": _(
        "{label} raises the instances of {target} from {before} to {after}: its schedule wants so many until {until} s. "
        "They take requests in {boot} s."
    ),
    "needs_more": _("{label} needs {count} instances of {target} to reach its target, but may have {maximum} at most."),
    "replaces_dead": _("{label} found {target} dead and starts another instance in its place. It takes requests in {boot} s."),
    "cache_emptied": _("{label} lost its {keys} keys: it starts cold."),
    "target_out": _("{label} took {target} out of rotation, {seconds} s after its first failed check."),
    "target_back": _("{label} put {target} back into rotation."),
    "writes_lost_with_cache": _("{label} lost {writes} writes that it had acknowledged and not yet written to its database."),
    "loading": _("{label} loads {gb} GB from its disk, which takes {seconds} s. Until then it refuses requests."),
    "loaded": _("{label} has loaded its data. Acknowledged writes lost: {writes}."),
    "data_does_not_fit": _("{label}: not all data fits into memory. Writes of new keys are refused, or others are dropped for them."),
    "node_out": _("The other nodes of {label} know that it is down, {seconds} s after it died: they ask it no more."),
    "node_back": _("The other nodes of {label} know that it is back."),
    "hints_expired": _("{label} was away for {seconds} s, longer than hints are kept: it is not handed what it missed."),
    "more_copies_than_nodes": _("{label}: more copies of a key than nodes. Lower the copies or add instances."),
    "more_than_copies": _("{label}: more copies are waited for than there are. Lower it to the number of copies, or raise that."),
    "resharding": _("{label} moves {keys} keys to where the shards of now want them."),
    "resharded": _("{label} has moved all keys: every shard has its own."),
    "consumer_lost": _("{label} lost {target}, {seconds} s after its first missed heartbeat: it gets no messages for now."),
    "consumer_back": _("{label} hears from {target} again: it gets messages."),
    "messages_lost": _("{label} lost {count} messages that had not reached the disk."),
    "point_out": _("{label} is routed around: its clients are led to the next nearest."),
    "point_back": _("Clients are led to {label} again."),
    "target_unnamed": _("{label} names {target} no more, {seconds} s after its first failed check. Those who remember it go on calling it "
                        "for up to {ttl} s."),
    "target_named": _("{label} names {target} again."),
    "breaker_opened": _("{label} opened its circuit breaker to {target}: too many calls in a row have failed. It calls no more for now."),
    "breaker_closed": _("{label} closed its circuit breaker to {target}: a probe went well."),
    "replica_out": _("{label} failed the checks of {by} for {seconds} s: it is read from no more."),
    "replica_back": _("{label} has caught up and is read from again."),
    "catching_up": _("{label} copies the {writes} writes that it missed."),
    "primary_lost": _("{label} failed the checks of {by} for {seconds} s: the primary is lost."),
    "no_automatic_failover": _("{label} has no automatic failover: writes fail until it is restored."),
    "nobody_to_promote": _("{label} has no replica that could take over: writes fail until one is back."),
    "primary_back": _("{label} is back and goes on as primary."),
    "no_majority": _("{label} reaches {votes} of {count} members, itself included: too few to be promoted."),
    "primary_stops": _("{label} sees {seen} of {count} members, itself included, and takes no more writes."),
    "primary_goes_on": _("{label} sees {seen} of {count} members again, itself included, and takes writes."),
    "split_brain": _("{label} was promoted while {other} goes on out of its sight: there are two primaries, and both take writes."),
    "stepped_down": _("{label} has heard of {other} and steps down. Writes discarded that it took meanwhile: {writes}."),
    "promoted": _("{label} is the new primary after {seconds} s without one. Acknowledged writes lost: {writes}."),
    "traffic": _("Traffic is now {multiplier} times that of the design."),
    "parameter_set": _("{title} of {label} is now {value} {unit}."),
    "component_added": _("{label} was added."),
    "component_removed": _("{label} was removed."),
    "moved": _("{label} is in {place} now."),
    "moved_out": _("{label} is in no place any more."),
    "link_added": _("{label} is now linked to {target}."),
    "link_removed": _("{label} is no longer linked to {target}."),
    "traffic_back": _(
        "{label}: traffic was back to what it was {seconds} s after the loss. Lost: {requests} requests, {writes} writes, "
        "{messages} messages."
    ),
    "loss_without_effect": _(
        "{label}: traffic went on through the loss. Lost: {requests} requests, {writes} writes, {messages} messages."
    ),
    # what in a design decided how a loss went: label is that of the component or link concerned
    "decided_alone": _("Nothing stands in for {label}: it is the only one."),
    "decided_all": _("All {count} instances of {label} were lost at once: nothing stands in for them."),
    "decided_by_key": _("Only {label} has its keys: nobody else can answer for them."),
    "decided_others_remain": _("{label} has {count} instances more, which take over its requests."),
    "decided_others_answer": _("{others} can answer in place of {label}."),
    "decided_timeout": _("{label}: a caller waits up to {timeout_ms} ms for an answer that does not come."),
    "decided_retries": _("{label}: what fails is tried again up to {times} times; in all there were {count} tries more."),
    "decided_no_retries": _("{label}: what fails is not tried again, so every failure counts."),
    "decided_unnoticed": _("Nobody's checks noticed: those who called {label} found out by their own calls."),
    "decided_checks": _("{by} checks it every {interval_s} s and gives it up after {count} failed checks."),
    "decided_ejection": _("{label} gives up whoever fails {count} requests in a row."),
    "decided_breaker": _("{label} opens its circuit breaker after {count} calls in a row that failed."),
    "decided_takeover": _("Another instance of {label} takes over a dead one's address after {seconds} s."),
    "decided_reroute": _("{label} leads clients to another point after {seconds} s."),
    "decided_ttl": _("{label}: clients that remember the answer go on calling the dead one for up to {ttl} s."),
    "decided_remembered": _("{label}: clients that remember an answer do not ask for up to {ttl} s; the others get none."),
    "decided_replacement": _("{label} looks every {seconds} s for dead instances and replaces them."),
    "decided_boot": _("{label} takes {seconds} s to start."),
    "decided_no_failover": _("{label} has no automatic failover: somebody must restore the primary."),
    "decided_no_replica": _("{label} has no replica that could take over."),
    "decided_nobody": _("{label} had no replica in rotation that could take over."),
    "decided_promotion": _("{label} takes {seconds} s to promote a replica once the loss is noticed."),
    "decided_asynchronous": _("{label} replicates asynchronously, every {batch_ms} ms: {writes} acknowledged writes had not arrived."),
    "decided_waits_for_replicas": _("{label} waits for replicas before it acknowledges a write: {writes} were lost."),
    "decided_load": _(
        "{label} needs {seconds} s to load its data again, and comes back with what it had stored: {writes} writes were lost."
    ),
    "decided_detection": _("The nodes of {label} leave a dead one out after {seconds} s."),
    "decided_majority": _("{label} is promoted by a majority only: {votes} of {count} could be reached."),
    "decided_stops": _("A primary of {label} takes no writes without a majority: it saw {seen} of {count}."),
    "decided_two_primaries": _(
        "Nothing keeps {label} from two primaries: {first} and {second} both took writes, and one of them loses its own."
    ),
    "decided_quorum": _(
        "{label} keeps {copies} copies; {write} must answer a write and {read} a read, so {count} may be lost without anybody noticing."
    ),
    "decided_write_back": _("{label} writes back to the database after {seconds} s: what had not got there is gone."),
    "decided_in_memory": _("{label} keeps messages in memory only: {count} are gone."),
    "decided_flush": _("{label} stores messages every {seconds} s: {count} had not reached the disk."),
    "decided_stored": _("{label} stores each message before it acknowledges it: none is lost."),
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
    "not_a_set": _("{label}: {title} must be a list of some of {choices}, each once at most, not {value}."),
    "not_a_component": _("{label}: {title} must be the id of a component, not {value}."),
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
    "inside_missing": _("{label} is inside {value}, which does not exist. Move it into another place or out of all."),
    "inside_no_place": _("{label} cannot be inside {target}: {target_kind} holds nothing. Move it into a place or out of all."),
    "inside_wrong_place": _("{label} cannot be inside {target}: {kind} does not fit into {target_kind}. Move it out."),
    "unknown_action": _("The scenario {label}: there is no action called {value}. It must be one of {known}."),
    "two_targets": _("The scenario {label}: a fault is done to a component or to a link, not to {component} and {link} at once."),
    "fault_target_missing": _("The scenario {label}: {title} is done to {value}, which does not exist. Choose another target."),
    "fault_not_possible": _("The scenario {label}: {title} cannot be done to {target}. Choose another action or another target."),
    "fault_not_for_traffic": _("The scenario {label}: {title} needs a target. Choose a component or a link."),
    "argument_missing": _("{label}: {title} needs to know {argument}. Choose a component."),
    "argument_itself": _("{label}: {title} needs two different ends, not {target} twice."),
    "no_points": _("{label} has no point of presence, so nobody can reach it. Choose at least one."),
    "memory_for_none": _("{label}: one request needs more memory than the machine has. Raise the memory or lower what a request needs."),
    "shares_above_one": _("{label}: the shares of its classes of traffic add up to more than 1. Lower some of them."),
    "fewest_above_most": _("{label}: the fewest instances are more than the most. Lower one or raise the other."),
    "schedule_backwards": _("{label}: its schedule ends before it begins. Make it end later."),
    "two_controllers": _("{target} is controlled by two of the kind {kind}, which would undo each other's work. Delete one of the links."),
    "controls_nothing": _("{label} is linked to nothing. Draw a link from it to what it shall take care of."),
    "data_apart": _("{label} keeps data of its own, as one of {count} servers: what is written to one of them is missing at the others."),
    "largest_size": _("There is no bigger machine of this family. If {label} is still too small, it takes more machines."),
    "dead_pipeline": _("{label} is dead and can do nothing."),
    "deploys_already": _("{label} is still at work on a version. Wait until it is done, or roll it back."),
    "nothing_to_roll_back": _("{label} has shipped nothing yet that could be rolled back."),
    "single_point": _("{label} is a single point of failure: when it dies, nothing gets through."),
    "no_balancer": _("{label} choose among {count} machines themselves and go on sending to one that is dead."),
    "in_no_zone": _("The instances of {label} stand in {place}, and in none of its zones: losing one would not touch them, as it would in "
                    "the real world."),
    "no_cache": _("{label} answers every read itself. A cache in front would take most of them away."),
    "retries_multiply": _("{path} all repeat what fails: in trouble one request of {label} becomes up to {count}. Let only one of them "
                          "repeat."),
    "link_bypassed": _("Nothing goes from {label} straight to {target}: requests go to whom {name} names."),
    "not_linked": _("{label} is linked to nothing, so no request reaches it."),
    # why no formula stands beside a measurement
    "theory_closed": _("No formula: its clients wait for their answers before they ask again."),
    "theory_not_random": _("No formula: a balancer that does not choose at random makes the arrivals more even than a Poisson process."),
    "theory_not_poisson": _("No formula: its requests come from other components' work and are no Poisson process."),
    "theory_not_exponential": _("No formula: the intervals between arrivals are not exponential."),
    "theory_retried": _("No formula: requests fail and are repeated, so the arrivals are no Poisson process."),
    "theory_changing": _("No formula: the traffic is changing, or there is too little of it to compare yet."),
    "theory_limited": _("No formula: something else than the CPU limits it."),
    "theory_general": _("No formula: several cores with service times that are not exponential, or a discipline without one."),
    "theory_mixed": _("No formula: requests of several kinds, with work of their own, share its CPU."),
    "theory_overloaded": _("No formula: it is given more than it can do, so the queue grows without end."),
    "theory_invalidated": _("No formula: writes remove keys from the cache, or its keys expire before they are pushed out."),
    "theory_several_sources": _("No formula: several clients, or classes of traffic, with popularities of their own share it."),
    "theory_several_nodes": _("No formula: several nodes share the keys, and each holds a part of them."),
    "theory_frequently": _("No formula: which keys are used most often since they were put depends on what happened before."),
    "theory_nothing": _("No formula is known for this kind of component."),
    # refused commands
    "no_such_action": _("There is no action called {value}."),
    "no_such_fault": _("There is no fault with the number {value} on now."),
    "place_is_lost": _("{label} is in {place}, which is lost. Restore {place}."),
    "too_many_faults": _("There may be {maximum} faults of this kind at the same time at most. End one first."),
    "unknown_command": _("There is no command called {value}."),
    "no_such_part": _("There is no component or link called {value}."),
    "cannot": _("{label} cannot be asked to {value}."),
    "not_live": _("{title} of {label} cannot change under traffic. Stop the run, change it and run again."),
    "no_such_instance": _("{label} has no instance {value}."),
    "already": _("{label} is {value} already."),
    "too_many_commands": _("A run records {maximum} commands at most."),
    "run_over": _("The run is over. Start another one."),
}  # fmt: skip

SHORT: Final[dict[str, str]] = {
    "killed_process": _("killed"), "killed_machine": _("machine lost"), "killed_out_of_memory": _("out of memory"),
    "target_ejected": _("ejected"), "target_readmitted": _("readmitted"), "address_taken": _("taken over"),
    "killed_for_memory": _("out of memory"), "warmed_up": _("warm"), "credits_spent": _("throttled"),
    "restored": _("restored"), "place_lost": _("lost"), "place_back": _("back"), "slow_begins": _("slow"), "errors_begin": _("errors"),
    "leak_begins": _("leaks"), "delay_begins": _("delay"), "loss_begins": _("loss"), "cut_begins": _("cut"), "cut_there_begins": _("cut"),
    "cut_back_begins": _("cut"), "partition_begins": _("partition"), "isolation_begins": _("cut off"), "spike_begins": _("spike"),
    "disk_full_begins": _("disk full"), "disk_has_room": _("room again"), "disk_freed": _("data deleted"),
    "pool_leak_begins": _("connections leak"), "hot_key_begins": _("hot key"),
    "spike_of_begins": _("spike"), "spike_over": _("spike over"), "fault_begins": _("fault"), "fault_over": _("over"),
    "asked": _("operation"), "resized": _("resized"), "dead_already": _("still dead"), "target_out": _("target out"),
    "target_back": _("target back"), "consumer_lost": _("consumer lost"), "resharding": _("resharding"), "resharded": _("resharded"),
    "writes_lost_with_cache": _("writes lost"), "consumer_back": _("consumer back"),
    "messages_lost": _("messages lost"), "point_out": _("routed around"),
    "point_back": _("routed to"), "target_unnamed": _("not named"), "target_named": _("named"),
    "breaker_opened": _("breaker open"), "breaker_closed": _("breaker closed"),
    "loading": _("loads"), "loaded": _("loaded"), "node_out": _("node out"), "node_back": _("node back"),
    "replica_out": _("replica out"), "replica_back": _("replica back"),
    "primary_lost": _("primary lost"), "primary_back": _("primary back"), "promoted": _("promoted"),
    "no_majority": _("no majority"), "primary_stops": _("fenced"), "primary_goes_on": _("takes writes"),
    "split_brain": _("two primaries"), "stepped_down": _("stepped down"), "traffic": _("traffic"),
    "parameter_set": _("changed"), "component_added": _("added"), "component_removed": _("removed"), "link_added": _("linked"),
    "link_removed": _("unlinked"), "instance_up": _("instance up"), "instance_draining": _("draining"),
    "instance_removed": _("instance gone"),
    "moved": _("moved"), "moved_out": _("moved"), "scaled_out_cpu": _("scaled out"), "scaled_out_requests": _("scaled out"),
    "scaled_out_in_flight": _("scaled out"), "scaled_in_cpu": _("scaled in"), "scaled_in_requests": _("scaled in"),
    "scaled_in_in_flight": _("scaled in"), "scaled_to_fewest": _("scaled out"), "scaled_to_most": _("scaled in"),
    "scaled_on_schedule": _("scheduled"), "deploy_builds": _("build"), "deploy_tests": _("tests"), "tests_failed": _("tests fail"),
    "deploy_cancelled": _("cancelled"), "deploy_abandoned": _("abandoned"), "ships_at_once": _("ships"), "ships_rolling": _("ships"),
    "ships_canary": _("canary"), "ships_second_set": _("second set"), "ships_back": _("rolls back"), "batch_shipped": _("batch"),
    "canary_good": _("canary good"), "canary_bad": _("canary bad"), "canary_slow": _("canary slow"),
    "canary_unseen": _("canary unseen"), "deployed": _("deployed"),
    "rolled_back": _("rolled back"), "switched": _("switched"), "switched_back": _("switched back"), "old_set_ends": _("old set ends"),
    "traffic_back": _("traffic back"),
    "no_room_for_two_sets": _("no room"), "second_set_fails": _("second set fails"),
}  # fmt: skip


# words on the buttons that change the design so that a problem or a hint goes away
MENDS: Final[dict[str, str]] = {
    "mend_delete_link": _("Delete the link"), "mend_delete_link_of": _("Delete the link from {label} to {target}"),
    "mend_delete_component": _("Delete it"), "mend_keep_one": _("Keep the link from {label} only"),
    "mend_connect": _("Link {label} to {target}"), "mend_put_between": _("Put something between them: {kind}"),
    "mend_add_target": _("Add something to call: {kind}"), "mend_add_source": _("Add {kind}"), "mend_move_out": _("Take it out of there"),
    "mend_set": _("Set it to {value} {unit}"), "mend_set_default": _("Set it to its default"),
    "mend_two_instances": _("Run two of them"), "mend_add_replica": _("Add a replica"),
    "mend_add_balancer": _("Put a load balancer in front"), "mend_add_cache": _("Add a cache"),
    "mend_retry_once": _("Repeat only at the beginning"), "mend_spread": _("Spread them over the zones"),
    "mend_name": _("Let {label} lead to {target}"),
}  # fmt: skip


_NAME = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Mend:
    """A change of the design that would help. edit: a part of a design document, to be laid over it; null removes."""

    code: str  # a key of MENDS
    edit: dict[str, dict[str, Any]]
    arguments: tuple[tuple[str, Any], ...] = ()

    def document(self) -> dict[str, Any]:
        arguments = dict(self.arguments)
        text = filled(MENDS[self.code], arguments).rstrip()
        return {"title_code": self.code, "arguments": arguments, "text": text, "edit": self.edit}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a design or a command, and where."""

    code: str
    where: str = "design"  # component, link, scenario or design
    component: str | None = None  # id of that component, link or scenario
    field: str | None = None
    arguments: tuple[tuple[str, Any], ...] = ()
    severity: str = "problem"  # or hint
    mend: Mend | None = None

    def with_mend(self, mend: Mend | None) -> "Problem":
        return replace(self, mend=mend)

    @property
    def text(self) -> str:
        return fill(self.code, dict(self.arguments))

    def document(self) -> dict[str, Any]:
        return {
            "severity": self.severity, "code": self.code, "where": self.where, "component": self.component,
            "field": self.field, "text": self.text,
            "arguments": {n: show(v) if isinstance(v, list | dict) else v for n, v in self.arguments},
            **({} if self.mend is None else {"mend": self.mend.document()}),
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
    text = ", ".join(str(part) for part in value) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


def fill(code: str, arguments: dict[str, Any]) -> str:
    """The English sentence of a message."""
    return filled(MESSAGES[code], arguments)


def filled(template: str, arguments: dict[str, Any]) -> str:
    """A template with its blanks filled."""
    text = _NAME.sub(lambda found: show(arguments.get(found.group(1), "")), template)
    return text.replace("  ", " ").replace(" .", ".").replace(" ,", ",")
