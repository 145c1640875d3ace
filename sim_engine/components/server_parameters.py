"""What can be set on a server."""

from dataclasses import replace
from typing import Final

from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import Parameter, When, boolean, choice, heavy_distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_gb_out, price_per_hour
from sim_engine.components.machines import IS_BURSTABLE, OWN_SIZE, size_parameter
from sim_engine.texts import _

BOOT_SOURCE: Final = _("A small virtual machine of a public cloud is reached after 15 to 50 s; the program's own start comes on top.")
CONCURRENCY, MEMORY, DISK = _("Concurrency"), _("Memory"), _("Disk")
OWN_DATABASE, STATIC, START = _("Its own database"), _("Static content"), _("After a start")
THREADS, EVENT_LOOP = When("concurrency", ("threads",)), When("concurrency", ("event_loop",))
STORES, SERVES_STATIC = When("own_database", (True,)), When("serves_static", (True,))

MACHINE: Final = (
    size_parameter(),
    integer("cores", _("Cores"), 4, "cores", 1, 1_024, _("Requests that the CPU works on at the same time."), when=OWN_SIZE),
    number("service_ms", _("Service time"), 5.0, "ms", 0.0, 600_000.0,
           _("Mean CPU time of one request, times the cost of its traffic class.")),
    *heavy_distribution_parameters("service", _("Service time distribution")),
    choice("discipline", _("Queue discipline"), "fifo",
           (("fifo", _("First in, first out")), ("lifo", _("Last in, first out")), ("sharing", _("Processor sharing")),
            ("writes_first", _("Writes first"))),
           _("Who is next when a core is free. With processor sharing all are served at once, each more slowly, "
             "as an operating system does it."),
           advanced=True, live=False),
)  # fmt: skip

WORKERS: Final = (
    choice("concurrency", _("Concurrency"), "threads", (("threads", _("Threads")), ("event_loop", _("Event loop"))),
           _("A thread is held as long as its request is under way, also while that waits for a database. An event loop holds nothing "
             "while it waits, but runs the code of one request at a time."),
           section=CONCURRENCY),
    integer("workers", _("Workers"), 64, "workers", 1, 1_000_000,
            _("Requests that it takes on at the same time, those that wait for a database included."), section=CONCURRENCY, when=THREADS,
            source=_("Tomcat has 200 worker threads by default, Gunicorn advises 2 to 4 for each core.")),
    integer("queue_limit", _("Queue limit"), 256, "requests", 0, 100_000_000,
            _("Requests that may wait for a worker; what is beyond is dropped."), section=CONCURRENCY, when=THREADS,
            source=_("Tomcat's acceptCount is 100, Linux's somaxconn 4096.")),
    integer("event_loops", _("Event loops"), 1, "", 1, 1_024, _("CPU threads that run the code; more cores than that only help others."),
            section=CONCURRENCY, when=EVENT_LOOP, source=_("Node.js runs JavaScript on one thread; nginx has one worker for each core.")),
    integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
            _("Requests under way at the same time; what is beyond is dropped."), section=CONCURRENCY, when=EVENT_LOOP,
            source=_("The C10k problem (Kegel, 1999): ten thousand clients on one machine.")),
    choice("calls", _("Calls to further services"), "sequential",
           (("sequential", _("One after the other")), ("parallel", _("All at once"))),
           _("Several further services are each called for every request that the rule of their link lets through."), section=CONCURRENCY),
    boolean("single_flight", _("Single flight"), False,
            _("Of the requests here that miss the same key in the cache at the same time only the first fetches it; the others wait for "
              "its answer."), section=CONCURRENCY, source=_("Go's singleflight, and the leases of Memcache at Facebook (2013).")),
)  # fmt: skip

STORAGE: Final = (
    number("memory_mb", _("Memory"), 8_192.0, "MB", 1.0, 25_000_000.0, _("All of it; what the program takes for itself comes off."),
           section=MEMORY, when=OWN_SIZE),
    number("base_memory_mb", _("Program and system"), 0.0, "MB", 0.0, 1_000_000.0,
           _("Memory that is taken before the first request comes."), section=MEMORY),
    number("request_memory_mb", _("Memory for each request"), 16.0, "MB", 0.0, 1_000_000.0,
           _("Held as long as the request is under way."), section=MEMORY),
    choice("memory_full", _("When memory runs out"), "waits",
           (("waits", _("Requests wait for it")), ("killed", _("The process is killed and starts again"))),
           _("The operating system kills a process that asks for more memory than there is; whatever it had under way is lost."),
           section=MEMORY, source=_("Linux: the out-of-memory killer.")),
    number("disk_ms", _("Disk operation"), 1.0, "ms", 0.0, 60_000.0, _("Time of one read, or of one write that is really on the disk."),
           section=DISK, source=_("AWS EBS gp3: single-digit milliseconds, 3,000 operations a second.")),
    integer("disk_parallel", _("Disk operations at once"), 3, "", 1, 10_000,
            _("How many the disk works on at the same time: with 1 ms each, three make 3,000 operations a second."), section=DISK),
    integer("disk_reads", _("Disk operations of a read"), 0, "", 0, 10_000, _("One after the other, besides those of its own database."),
            section=DISK),
    integer("disk_writes", _("Disk operations of a write"), 0, "", 0, 10_000,
            _("One after the other, besides those of its own database."), section=DISK),
)  # fmt: skip

DATABASE: Final = (
    boolean("own_database", _("Keeps its own data"), False,
            _("A database on the same machine, which shares its cores, memory and disk. Each instance has its own data: what is written to "
              "one is not there at another."), section=OWN_DATABASE),
    number("database_read_ms", _("Read time"), 3.0, "ms", 0.0, 600_000.0, _("Mean CPU time of one read in its database."),
           section=OWN_DATABASE, when=STORES),
    number("database_write_ms", _("Write time"), 5.0, "ms", 0.0, 600_000.0,
           _("Mean CPU time of one write in its database. Then it waits for the disk."), section=OWN_DATABASE, when=STORES),
    number("database_disk_share", _("Reads from disk"), 0.1, "ratio", 0.0, 1.0,
           _("Share of the reads that its database has to fetch from the disk; the others are in memory."),
           section=OWN_DATABASE, when=STORES),
    number("disk_gb", _("Disk size"), 100.0, "GB", 0.0, 1_000_000.0,
           _("Room for its data. When it is full, writes fail. 0: as large as need be."), section=OWN_DATABASE, when=STORES),
    number("database_memory_mb", _("Memory of the database"), 1_024.0, "MB", 0.0, 25_000_000.0, _("Comes off the memory for requests."),
           section=OWN_DATABASE, when=STORES, source=_("PostgreSQL: shared_buffers, a quarter of the memory.")),
    boolean("serves_static", _("Serves static content itself"), True,
            _("Scripts and images are answered at once. Otherwise they take the same way as every other request."), section=STATIC),
    number("static_ms", _("Static service time"), 0.2, "ms", 0.0, 60_000.0, _("Mean CPU time of one static answer."),
           section=STATIC, when=SERVES_STATIC),
)  # fmt: skip

OPERATION: Final = (
    number("network_mbit_s", _("Network"), 1_000.0, "Mbit/s", 0.0, 1_000_000.0,
           _("What its network card sends, and as much that it receives at the same time; 0 is without limit."), when=OWN_SIZE),
    number("response_kb", _("Response size"), 20.0, "kB", 0.0, 1_000_000.0,
           _("Size of one answer, where the clients do not say how large what they ask for is."),
           source=_("HTTP Archive 2025: the median HTML document has about 30 kB.")),
    number("health_check_ms", _("Health check work"), 0.2, "ms", 0.0, 10_000.0, _("CPU time of one health check."), advanced=True),
    *growth_parameters(30.0, BOOT_SOURCE),
    number("warm_up_s", _("Warm-up"), 0.0, "s", 0.0, 3_600.0,
           _("How long it is slower after it has started, or started again; at the beginning of a run all are warm."), section=START),
    number("cold_factor", _("Slower by"), 3.0, "", 1.0, 100.0, _("How many times longer its work takes while it warms up."), section=START),
    number("cpu_credits", _("CPU credits"), 10.0, "", 0.0, 100_000.0,
           _("What a burstable machine has saved up when it starts: a credit is a minute of one core. It earns as many as its baseline "
             "uses; without any it is throttled to that."), section=START, when=IS_BURSTABLE,
           source=_("AWS: a t3.small earns 24 credits an hour, 20 % of two cores.")),
    replace(price_per_hour(0.17, _("AWS EC2 2025: $0.17 for a c6i.xlarge (4 processors, 8 GB).")), when=OWN_SIZE),
    price_per_gb_out(),
)  # fmt: skip

SERVER_PARAMETERS: Final[tuple[Parameter, ...]] = (*MACHINE, *WORKERS, *OPERATION[:2], *STORAGE, *DATABASE, *OPERATION[2:])
