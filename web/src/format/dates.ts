import { locale } from "./locale";

const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const dayAndMonth = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
const instant = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

/** A civil day as people write it: `30 Nov 2013`. What is no day stays as it is. */
export function dayText(on: string): string {
  const at = Date.parse(`${on}T00:00:00Z`);
  return Number.isNaN(at) ? on : day.format(at);
}

/** `1 Sep to 30 Nov 2013`. */
export function spanText(startsOn: string, endsOn: string): string {
  const [from, to] = [Date.parse(`${startsOn}T00:00:00Z`), Date.parse(`${endsOn}T00:00:00Z`)];
  if (Number.isNaN(from) || Number.isNaN(to)) {
    return `${startsOn} – ${endsOn}`;
  }
  const isOneYear = startsOn.slice(0, 4) === endsOn.slice(0, 4);
  return `${isOneYear ? dayAndMonth.format(from) : day.format(from)} – ${day.format(to)}`;
}

/** Words of the API with their days as people write them. */
export function withDays(words: string): string {
  return words.replaceAll(/\b\d{4}-\d{2}-\d{2}\b/g, dayText);
}

/** Day and month on one line each, for a leaf of a calendar. */
export function leafOf(on: string): { day: string; month: string; year: string } {
  const at = Date.parse(`${on}T00:00:00Z`);
  if (Number.isNaN(at)) {
    return { day: on, month: "", year: "" };
  }
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { ...options, timeZone: "UTC" }).format(at);
  return { day: part({ day: "numeric" }), month: part({ month: "short" }), year: part({ year: "numeric" }) };
}

/** A day or an instant, whichever it is. */
export function whenText(when: string): string {
  return when.includes("T") ? instantText(when) : dayText(when);
}

/** An instant in the reader's own zone. */
export function instantText(at: string): string {
  const read = Date.parse(at);
  return Number.isNaN(read) ? at : instant.format(read);
}
