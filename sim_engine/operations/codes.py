"""Operations and verbs: the kernel's instruction set.

An instruction is (op, a, b, c, salt). `b` mostly is an index into the parameters, `a` a pool, route, cache or jump target.
"""

from typing import Final

(
    END,  # reply with the cause so far, release all that is held
    TAKE,  # a pool, b amount (parameter, -1: one)
    SERVE,  # a station, b distribution
    TRANSMIT,  # one direction of a network card, b whose size: OWN_REQUEST or LAST_REPLY
    CALL,  # a route, b verb (-1: the task's own), c request size
    CALL_ALL,  # a route, b verb: everybody enabled, at once; all must succeed
    SPAWN,  # a route, b verb: one task here for each enabled member
    SEND,  # b verb: to the member that SPAWN chose, nobody waits
    DELAY,  # b distribution
    NEXT_TICK,  # b period (parameter): wait for its next multiple
    JUMP,  # a target. Those up to IF_CHANCE, c UNLESS: jump when it is not so
    IF_VERB,  # b verb: jump to a
    IF_HIT,  # jump to a
    IF_FAILED,  # jump to a
    IF_FLAG,  # jump to a
    IF_CLASS,  # b mask of classes: jump to a
    IF_IN_SET,  # b mask of classes (parameter): jump to a
    IF_CHANCE,  # b probability (parameter): jump to a
    IF_FULL,  # b cache: jump to a
    IF_RESOLVED,  # b resolver, c resolvers (parameter): the name's answer is known and fresh: jump to a
    IF_NONE_LEFT,  # jump to a when nothing is left of the count, else one less; c: whose count, OWN or PARENT
    LEAD,  # b 1 + column: the first for this key goes on; those who come meanwhile go to a with its outcome
    FORK,  # a branch of this task that begins at a; b which of FIRST, FURTHER, DETACHED; c how many (parameter), -1: one
    CLEAR,  # forget the cause; b the cause to go on with instead
    STOP_IF_FAILED,
    STOP,  # b cause
    FLAG_IF_OK,
    SIZE,  # b kB (parameter): of the reply
    ISSUE,  # draw verb and key of a client's next request; b class, -1: by the shares
    RETRY,  # a target, b retries, backoff, factor, jitter (parameters)
    RECORD,  # count a client's request by its outcome
    THINK,  # b distribution; a user who shall leave does so here
    LEAVE,  # the client's task is over
    AGAIN,  # go on at the beginning of what the component's program is now; a user who shall leave does so here
    VISIT,  # a new visitor: an address of its own
    DRAW_COUNT,  # b mean (parameter), c GEOMETRIC or FIXED: what IF_NONE_LEFT counts down
    BEGIN_PAGE,
    END_PAGE,  # count a page view by its outcome
    JOIN,  # wait until every branch has ended
    CALL_CHOSEN,  # the member that an answer has named, b verb, c request size
    ANSWER,  # a route: choose a member by its policy and name it in the reply; b time to live (parameter)
    KEEP_ANSWER,  # b resolver, c resolvers (parameter): remember what the name was answered with
    LIMIT,  # a limiter, b kind, rate, burst, window (parameters)
    LAND,  # those who wait for this one go on
    LOCK,  # b 1 + column: of the key; waits for its turn
    NEW_VERSION,  # of a key for which there is no primary; b: whoever commits the write keeps it
    KEEP_VERSION,  # store a version that somebody else has made
    STORE,  # what the request carries goes to the disk; b share of it (parameter, -1: all), c CHECKS_ROOM: no more than that
    CALL_REPLICAS,  # a route, b verb, c how many copies, how many must answer, how many are asked (parameters)
    PUBLISH_ALL,  # a first queue, b how many: a copy for each
    PUBLISH_BY_KEY,  # a first queue, b how many: into one of them
    ACKNOWLEDGE,  # a queue, b deliveries at most, c rest before another try (parameters): by the outcome of the delivery
    READ_CONTENT,  # the newest version of a static object
    LOOKUP,  # a cache
    FILL,  # a cache, b time to live (parameter)
    REMOVE,  # a cache
    READ_VERSION,
    REQUIRE_PRIMARY,
    COMMIT,
    APPLY,
) = range(60)
LABELLED: Final = frozenset([*range(JUMP, FORK + 1), RETRY])  # `a` is a place in the component's own code

READ, WRITE, CHECK, GET, PUT, DELETE, REPLICATE, APPLY_WRITE, RESOLVE, PUBLISHING, DELIVER, WORK, REPAIR = range(13)
VERBS: Final[tuple[str, ...]] = (
    "read",
    "write",
    "check",
    "get",
    "put",
    "delete",
    "replicate",
    "apply",
    "resolve",
    "publish",
    "deliver",
    "work",
    "repair",
)
VERB_CODE: Final[dict[str, int]] = {name: code for code, name in enumerate(VERBS)}

# Sizes of what is sent: a question, the request's own, that of the last reply, and an answer that brings nothing.
SMALL, OWN_REQUEST, LAST_REPLY, ACKNOWLEDGEMENT = range(4)
SMALL_KB: Final = 0.3
ACKNOWLEDGEMENT_KB: Final = 0.1
MOST_FLAGS: Final = 31  # of a task

# How a route chooses among its members. Weighted, nearest and so on read the members' rows.
(
    ROUND_ROBIN,
    RANDOM,
    LEAST_CONNECTIONS,
    POWER_OF_TWO,  # the best of a few at random; how many is the route's
    ADDRESS_HASH,
    WEIGHTED,  # round robin in proportion to the weights
    LEAST_RESPONSE_TIME,
    CONSISTENT_HASH,
    RANDOM_WEIGHTED,
    NEAREST,  # by distance and latency of the link
    CLOSEST,  # by distance alone
    MODULO,  # hash of the key modulo the members
    RANGE,  # equal ranges of keys
    BY_OWNER,  # by a table with the owner of each key
    BESIDE_OWNER,  # one of those behind the same link as the owner
) = range(15)
LEAST_RECENTLY_USED, LEAST_FREQUENTLY_USED, OLDEST, ANY = range(4)  # who goes first out of a full cache
# Traffic classes (sim_engine.catalogue.classes), and what a fork is
PAGE, STATIC, READING, WRITING, UPLOAD, EXPENSIVE, BACKGROUND = range(7)
CLASSES: Final = 7
CLASS_NAMES: Final[tuple[str, ...]] = ("page", "static", "read", "write", "upload", "expensive", "background")
FIRST_BRANCH, FURTHER_BRANCH, DETACHED = range(3)
OWN, PARENT = range(2)
UNLESS: Final = 1
FIXED, GEOMETRIC = range(2)
KEEPS, CHECKS_ROOM = range(2)
TOKEN_BUCKET, LEAKY_BUCKET, FIXED_WINDOW, SLIDING_WINDOW = range(4)
# What a service time is multiplied with: the cost of the request's class, the slowness of the machine
BY_COST, BY_SLOWNESS = 1, 2
FIRST_IN_FIRST_OUT, LAST_IN_FIRST_OUT, PROCESSOR_SHARING, WRITES_FIRST = range(4)
