/**
 * Numbers as people read them: three figures, a unit, nothing that is not known.
 */
import { currentLanguage, t } from "./i18n.js";

export const MISSING = "–";

/** @type {Map<string, Intl.NumberFormat>} */
const formats = new Map();

/**
 * @param {number} value
 * @param {number} digits after the point, at most
 * @param {boolean} [fixed] keep trailing zeros
 */
function decimal(value, digits, fixed = false) {
  const key = `${currentLanguage()} ${digits} ${fixed}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(currentLanguage(), {
      maximumFractionDigits: digits,
      minimumFractionDigits: fixed ? digits : 0,
      useGrouping: false,
    });
    formats.set(key, format);
  }
  return format.format(value);
}

/**
 * About three figures: 0.42, 7.3, 38, 412. Above a thousand see `compact`.
 *
 * @param {number} value
 */
function figures(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 0.1) return decimal(value, 3);
  if (size < 1) return decimal(value, 2);
  if (size < 10) return decimal(value, 1);
  return decimal(value, 0);
}

/**
 * 1234 → "1.2k", 45678 → "46k", 3400000 → "3.4M".
 *
 * @param {number} value
 */
export function compact(value) {
  const size = Math.abs(value);
  if (size < 999.5) return figures(value);
  const [divisor, suffix] = size < 999_500 ? [1e3, "k"] : size < 999_500_000 ? [1e6, "M"] : [1e9, "G"];
  return figures(value / divisor) + suffix;
}

/** @param {number} value milliseconds */
function milliseconds(value) {
  if (value >= 9_950) return `${decimal(value / 1000, 0)} s`;
  if (value >= 995) return `${decimal(value / 1000, 1, true)} s`;
  return `${figures(value)} ms`;
}

/**
 * @param {number} value
 * @param {string} unit "USD", "USD/month"
 */
function money(value, unit) {
  const shown = Math.abs(value) < 100 && !Number.isInteger(value) ? decimal(value, 2, true) : compact(value);
  return `$${shown}${priceFor(unit)}`;
}

/**
 * "/month" of "USD/month".
 *
 * @param {string} unit
 */
function priceFor(unit) {
  return unit.slice("USD".length).replace("million requests", t("million requests")).replace("month", t("month"));
}

/** @param {number} value part of one */
function percent(value) {
  const hundred = value * 100;
  // Near a hundred the nines are what matters: 99.95 % must not read 100 %.
  if (hundred > 99 && hundred < 100) return `${decimal(Math.floor(hundred * 100) / 100, 2)} %`;
  return `${hundred > 0 && hundred < 10 ? decimal(hundred, 1) : decimal(hundred, 0)} %`;
}

/**
 * A metric's value with its unit, rounded to what one can read at a glance.
 *
 * @param {unknown} value
 * @param {string} [unit] a name out of docs/frames.md
 */
export function formatValue(value, unit = "") {
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "string") return value;
  if (typeof value !== "number" || !Number.isFinite(value)) return MISSING;
  if (unit === "ms") return milliseconds(value);
  if (unit === "ratio") return percent(value);
  if (unit.endsWith("/s") && unit !== "Mbit/s") return `${compact(value)}/s`;
  if (unit.startsWith("USD")) return money(value, unit);
  return unit ? `${compact(value)} ${unitWord(unit, value)}` : compact(value);
}

/**
 * The same value as it is, for a tooltip.
 *
 * @param {unknown} value
 * @param {string} [unit]
 */
export function formatExact(value, unit = "") {
  if (typeof value !== "number" || !Number.isFinite(value)) return formatValue(value, unit);
  const shown = unit === "ratio" ? decimal(value * 100, 4) : decimal(value, 4);
  return `${shown} ${unit === "ratio" ? "%" : unitWord(unit)}`.trim();
}

/**
 * A parameter's value in a sentence or beside its field: as typed, no rounding.
 *
 * @param {unknown} value
 * @param {string} [unit]
 */
export function formatParameter(value, unit = "") {
  const shown = typeof value === "number" ? decimal(value, 6) : formatValue(value);
  return unit && typeof value === "number" ? `${shown} ${unitWord(unit, value)}`.trim() : shown;
}

/**
 * @param {string} unit
 * @param {number} [value] that it stands beside
 */
export function unitWord(unit, value) {
  if (value === 1 && ONE[unit]) return ONE[unit]();
  switch (unit) {
    case "requests": return t("requests");
    case "requests/s": return t("requests/s");
    case "pages/s": return t("pages/s");
    case "users": return t("users");
    case "cores": return t("cores");
    case "keys": return t("keys");
    case "connections": return t("connections");
    case "workers": return t("workers");
    case "instances": return t("instances");
    case "messages": return t("messages");
    case "messages/s": return t("messages/s");
    case "ratio": return "";
    default: return unit.startsWith("USD") ? `$${priceFor(unit)}` : unit;
  }
}

/** What stands beside a single one. @type {Record<string, () => string>} */
const ONE = {
  requests: () => t("request"), users: () => t("user"), cores: () => t("core"), keys: () => t("key"), connections: () => t("connection"),
  workers: () => t("worker"), instances: () => t("instance"), messages: () => t("message"),
};

/**
 * Simulated time as a clock: 62.4 → "1:02", 3725 → "1:02:05".
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds + 1e-9));
  const pad = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  const rest = pad(whole % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${rest}`;
}

/**
 * With tenths, where order within a second matters: 31.24 → "0:31.2".
 *
 * @param {number} seconds
 */
export function clockTenths(seconds) {
  const tenths = Math.max(0, Math.floor(seconds * 10 + 1e-6));
  return `${clock(Math.floor(tenths / 10))}.${tenths % 10}`;
}
