/**
 * The shapes that travel between the page, the server and the engine.
 * docs/design-document.md, docs/frames.md and docs/protocol.md are their description; nothing here runs.
 *
 * @typedef {string | number | boolean} SingleValue
 * @typedef {SingleValue | readonly SingleValue[]} ParameterValue  a list: of a parameter of type `set`
 * @typedef {Record<string, ParameterValue>} Parameters
 *
 * @typedef {object} Component
 * @property {string} kind
 * @property {string} label
 * @property {number} x
 * @property {number} y
 * @property {Parameters} parameters
 * @property {string | null} [inside]  id of the place it stands in
 * @property {number} [width]  of a place, px
 * @property {number} [height]
 *
 * @typedef {{from: string, to: string, parameters: Parameters}} Link
 * @typedef {{at_s: number, multiplier: number}} TrafficPoint
 *
 * @typedef {object} Fault  a fault or an operation on a scenario's time line; of neither component nor link: the traffic's
 * @property {number} at_s
 * @property {string} action
 * @property {string | null} [component]
 * @property {string | null} [link]
 * @property {number | null} [for_s]  null: until something else ends it
 * @property {Parameters} [arguments]  those that are missing have their defaults
 * @property {string} [mode]  of documents before version 2
 *
 * @typedef {{title: string, duration_s: number, traffic: TrafficPoint[], faults: Fault[]}} Scenario
 *
 * @typedef {object} DesignDocument
 * @property {string} format
 * @property {number} version
 * @property {string} name
 * @property {string} [description]
 * @property {string} [try_this]
 * @property {number} seed
 * @property {Record<string, Component>} components
 * @property {Record<string, Link>} links
 * @property {Record<string, Scenario>} scenarios
 * @property {string} scenario
 *
 * @typedef {{value: SingleValue, title: string}} Choice
 *
 * @typedef {object} ParameterSpec
 * @property {string} name
 * @property {string} title
 * @property {string} type  number, integer, boolean, choice, set, text; of an action also component
 * @property {string} unit
 * @property {ParameterValue} default
 * @property {number | null} [minimum]
 * @property {number | null} [maximum]  for a text: its longest length
 * @property {Choice[] | null} [choices]
 * @property {boolean} [advanced]
 * @property {string} [help]
 * @property {string} [source]
 * @property {{parameter: string, is: SingleValue[]} | null} [when]
 * @property {string | null} [section]  heading under which it stands with others
 * @property {boolean} [live]
 *
 * @typedef {{name: string, title: string, unit: string, form: string}} MetricSpec
 * @typedef {{name: string, title: string, accepts: string[], grows?: boolean, style?: string | null}} PortSpec
 *
 * @typedef {object} KindSpec
 * @property {string} kind
 * @property {string} title
 * @property {string} group
 * @property {string} icon
 * @property {string} summary
 * @property {string | null} [provides]
 * @property {PortSpec[]} ports
 * @property {boolean} runs
 * @property {boolean} [place]  an area that others stand in
 * @property {boolean} [grows]  it has instances
 * @property {string[]} actions  names of what one can do to it
 * @property {ParameterSpec[]} parameters
 * @property {MetricSpec[]} metrics
 * @property {string | null} [headline]
 * @property {string | null} [bar]
 * @property {string | null} [queue]
 *
 * @typedef {object} ActionSpec  something one does to a component, a link or the traffic
 * @property {string} name
 * @property {string} title
 * @property {string} [help]
 * @property {"fault" | "operation"} group
 * @property {boolean} lasting  it goes on until its end and is undone then
 * @property {ParameterSpec[]} parameters
 *
 * @typedef {object} CatalogueDocument
 * @property {{name: string, title: string}[]} groups
 * @property {KindSpec[]} kinds
 * @property {{parameters: ParameterSpec[], metrics: MetricSpec[], actions?: string[]}} link
 * @property {{actions: string[]}} [traffic]
 * @property {ActionSpec[]} actions
 * @property {{name: string, title: string}[]} [classes]  of traffic
 * @property {{name: string, category: string, title: string, help: string}[]} causes
 * @property {Record<string, string>} messages
 * @property {Record<string, string>} [short]  words of events for markers
 * @property {Record<string, string>} [instances]  titles of instances that have more than a number: English, and in the visitor's language
 * @property {Record<string, number>} limits
 *
 * @typedef {object} Problem
 * @property {"problem" | "hint"} severity
 * @property {string} code
 * @property {string | null} component
 * @property {string} [where]
 * @property {string | null} [field]
 * @property {string} text
 * @property {Record<string, unknown>} [arguments]
 * @property {Mend} [mend]
 *
 * @typedef {object} Mend  a change that answers a problem or hint, offered as one button
 * @property {string} [title_code]
 * @property {string} text
 * @property {Patch} edit
 *
 * @typedef {{components?: Record<string, Partial<Component> | null>, links?: Record<string, Partial<Link> | null>}} Patch  null takes away
 * @typedef {{code: string, text: string, arguments?: Record<string, unknown>}} Rule  what a link means
 *
 * @typedef {object} RunEvent
 * @property {number} t
 * @property {string} kind
 * @property {string | null} [component]
 * @property {string} severity
 * @property {string} text
 * @property {Record<string, unknown>} [arguments]
 * @property {boolean} [marker]
 * @property {string} [short]
 * @property {number} [incident]  the loss that it belongs to
 *
 * @typedef {object} IncidentCause  what in the design decided how a loss went
 * @property {string} code
 * @property {string | null} component
 * @property {string | null} link
 * @property {string[]} parameters
 * @property {Record<string, unknown>} arguments
 * @property {string} text
 *
 * @typedef {object} Incident  a loss, from when it happened until traffic is as it was
 * @property {number} number
 * @property {string} kind
 * @property {string | null} component
 * @property {string | null} link
 * @property {string} label
 * @property {number} happened_s
 * @property {number} times
 * @property {{t: number, by: string, label: string, after_s: number} | null} noticed
 * @property {number | null} fell_s
 * @property {number | null} recovered_s
 * @property {number | null} over_s
 * @property {boolean} closed
 * @property {boolean} overlaps
 * @property {{failed: number, dropped: number, above: number, retried: number, errors: Record<string, number>}} requests
 * @property {{before: number | null, during: number | null}} latency_ms
 * @property {{without_s: number | null, back: boolean, lost: number, lost_s: number | null}} writes
 * @property {{lost: number, waiting_most: number}} messages
 * @property {number} stale_reads
 * @property {IncidentCause[]} causes
 *
 * @typedef {Record<string, number | string | null>} MetricValues
 *
 * @typedef {object} ComponentFrame
 * @property {string} state
 * @property {string | null} role
 * @property {boolean} noticed
 * @property {number} arrived
 * @property {number} done
 * @property {number} failed
 * @property {number} dropped
 * @property {number} in_flight
 * @property {MetricValues} metrics
 * @property {InstanceFrame[]} [instances]
 * @property {{per_month: number}} [cost]
 *
 * @typedef {{mean: number | null, p50: number | null, p95: number | null, p99: number | null, max: number | null}} Latency
 *
 * @typedef {{number: number, title?: string, zone?: string, state: string, utilisation: number | null, version?: number | string}} InstanceFrame
 * @typedef {{arrived: number, done: number, failed: number, dropped: number, late?: number, latency_ms: Partial<Latency>}} ClassFrame
 * @typedef {{views: number, load_ms: Partial<Latency>}} PagesFrame
 *
 * @typedef {object} ActiveFault
 * @property {number} number
 * @property {string} name
 * @property {string | null} component
 * @property {string | null} link
 * @property {number} since_s
 * @property {number | null} until_s
 * @property {Record<string, ParameterValue>} [arguments]
 *
 * @typedef {object} WindowFrame
 * @property {number} arrived
 * @property {number} done
 * @property {number} failed
 * @property {number} dropped
 * @property {Latency} latency_ms
 * @property {Record<string, number>} errors
 * @property {number | null} cache_hit_ratio
 * @property {Partial<Latency>} [latency_1s_ms]  over the last second instead of the window
 * @property {Record<string, ClassFrame>} [classes]
 * @property {PagesFrame} [pages]
 *
 * @typedef {{sent: number, failed: number, replies: number}} LinkFrame
 *
 * @typedef {{none: string} | {formula: string, metric: string, unit: string, expected: number, measured: number, half_width: number}} Expectation
 *
 * @typedef {object} Frame
 * @property {number} seq
 * @property {number} t
 * @property {number} dt
 * @property {{rate_multiplier: number, active_users: number}} clients
 * @property {{arrived: number, done: number, failed: number, dropped: number, in_flight: number}} totals
 * @property {WindowFrame} window
 * @property {Record<string, ComponentFrame>} components
 * @property {Record<string, LinkFrame>} links
 * @property {RunEvent[]} events
 * @property {Incident[]} [incidents]  those that have changed
 * @property {{text: string}[] | string[]} notices
 * @property {{per_month: number}} [cost]
 * @property {ActiveFault[]} [faults]
 * @property {Record<string, Expectation>} [theory]
 * @property {boolean} [final]
 * @property {Record<string, unknown>} [summary]
 *
 * @typedef {1 | 10 | "max"} Speed
 * @typedef {Record<string, unknown> & {action: string}} RunCommand
 * @typedef {{code: string, text: string, problems?: Problem[]}} ApiError
 *
 * @typedef {object} Boot
 * @property {DesignDocument} design
 * @property {number | null} revision
 * @property {"edit" | "view" | "new"} access
 * @property {string | null} token
 * @property {string} [draft]  under what name the draft of a design that is not saved is kept
 * @property {string} catalogue_url
 * @property {Record<string, ChartFigure>} figures
 * @property {string} language
 * @property {Record<string, string>} [texts]
 *
 * @typedef {object} ChartFigure
 * @property {Record<string, unknown>[]} data
 * @property {Record<string, any>} layout
 */
export {};
