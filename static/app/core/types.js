/**
 * The shapes that travel between the page, the server and the engine.
 * docs/design-document.md, docs/frames.md and docs/protocol.md are their description; nothing here runs.
 *
 * @typedef {string | number | boolean} ParameterValue
 * @typedef {Record<string, ParameterValue>} Parameters
 * @typedef {{kind: string, label: string, x: number, y: number, parameters: Parameters}} Component
 * @typedef {{from: string, to: string, parameters: Parameters}} Link
 * @typedef {{at_s: number, multiplier: number}} TrafficPoint
 * @typedef {{at_s: number, component: string, action: string, mode?: string, for_s?: number | null}} Fault
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
 * @typedef {{value: ParameterValue, title: string}} Choice
 *
 * @typedef {object} ParameterSpec
 * @property {string} name
 * @property {string} title
 * @property {string} type  number, integer, boolean, choice or text
 * @property {string} unit
 * @property {ParameterValue} default
 * @property {number | null} [minimum]
 * @property {number | null} [maximum]  for a text: its longest length
 * @property {Choice[] | null} [choices]
 * @property {boolean} [advanced]
 * @property {string} [help]
 * @property {string} [source]
 * @property {{parameter: string, is: ParameterValue[]} | null} [when]
 * @property {boolean} [live]
 *
 * @typedef {{name: string, title: string, unit: string, form: string}} MetricSpec
 * @typedef {{name: string, title: string, accepts: string[], style?: string | null}} PortSpec
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
 * @property {string[]} can
 * @property {ParameterSpec[]} parameters
 * @property {MetricSpec[]} metrics
 * @property {string | null} [headline]
 * @property {string | null} [bar]
 * @property {string | null} [queue]
 *
 * @typedef {object} CatalogueDocument
 * @property {{name: string, title: string}[]} groups
 * @property {KindSpec[]} kinds
 * @property {{parameters: ParameterSpec[], metrics: MetricSpec[]}} link
 * @property {{name: string, category: string, title: string, help: string}[]} causes
 * @property {Record<string, string>} messages
 * @property {Record<string, string>} [short]  words of events for markers
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
 *
 * @typedef {{mean: number | null, p50: number | null, p95: number | null, p99: number | null, max: number | null}} Latency
 *
 * @typedef {object} WindowFrame
 * @property {number} arrived
 * @property {number} done
 * @property {number} failed
 * @property {number} dropped
 * @property {Latency} latency_ms
 * @property {Record<string, number>} errors
 * @property {number | null} cache_hit_ratio
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
 * @property {{text: string}[] | string[]} notices
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
