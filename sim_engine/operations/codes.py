"""Operations and verbs: the kernel's instruction set.

An instruction is (op, a, b, c, salt). `b` mostly is an index into the parameters, `a` a pool, route, cache or jump target.
"""

from typing import Final

(
    END,  # reply with the cause so far, release all that is held
    TAKE,  # a pool, b amount (parameter, -1: one)
    SERVE,  # a station, b distribution
    TRANSMIT,  # a network card; sends the reply's size
    CALL,  # a route, b verb (-1: the task's own), c request size
    CALL_ALL,  # a route, b verb: everybody enabled, at once; all must succeed
    SPAWN,  # a route, b verb: one task here for each enabled member
    SEND,  # b verb: to the member that SPAWN chose, nobody waits
    DELAY,  # b distribution
    NEXT_TICK,  # b period (parameter): wait for its next multiple
    JUMP,  # a target
    IF_VERB,  # b verb: jump to a
    IF_HIT,  # jump to a
    IF_FAILED,  # jump to a
    IF_FLAG,  # jump to a
    CLEAR,  # forget the cause
    STOP_IF_FAILED,
    STOP,  # b cause
    FLAG_IF_OK,
    SIZE,  # b kB (parameter): of the reply
    ISSUE,  # draw verb and key of a client's next request
    RETRY,  # a target, b retries, backoff, factor, jitter (parameters)
    RECORD,  # count a client's request by its outcome
    THINK,  # b distribution; a user who shall leave does so here
    LEAVE,  # the client's task is over
    LOOKUP,  # a cache
    FILL,  # a cache, b time to live (parameter)
    REMOVE,  # a cache
    READ_VERSION,
    REQUIRE_PRIMARY,
    COMMIT,
    APPLY,
) = range(32)

READ, WRITE, CHECK, GET, PUT, DELETE, REPLICATE, APPLY_WRITE = range(8)
VERBS: Final[tuple[str, ...]] = ("read", "write", "check", "get", "put", "delete", "replicate", "apply")
VERB_CODE: Final[dict[str, int]] = {name: code for code, name in enumerate(VERBS)}

# Sizes of a call's request: a constant, the request's own, or that of the last reply.
SMALL, OWN_REQUEST, LAST_REPLY = range(3)
SMALL_KB: Final = 0.3

ROUND_ROBIN, RANDOM, LEAST_CONNECTIONS, POWER_OF_TWO, ADDRESS_HASH = range(5)
FIRST_IN_FIRST_OUT, LAST_IN_FIRST_OUT, PROCESSOR_SHARING, WRITES_FIRST = range(4)
