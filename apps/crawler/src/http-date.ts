const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
const TIME = String.raw`(?<hour>\d\d):(?<minute>\d\d):(?<second>\d\d)`;
/** The three forms of RFC 9110 section 5.6.7; all of them are in GMT. */
const FORMS = [
  new RegExp(String.raw`^[A-Z][a-z]{2}, (?<day>\d\d) (?<month>\w{3}) (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(
    String.raw`^[A-Z][a-z]{5,8}, (?<day>\d\d)-(?<month>\w{3})-(?<short>\d\d) ${TIME} GMT$`,
  ),
  new RegExp(String.raw`^[A-Z][a-z]{2} (?<month>\w{3}) (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];

/**
 * Reads a date in a header. `Date.parse` would take `-1` and `1.5` for years, and asctime's form
 * for local time.
 *
 * @returns ms since the epoch, or null when it is no such date
 */
export function parseHttpDate(text: string, now: number = Date.now()): number | null {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = MONTHS.indexOf(parts.month!);
    const [day, hour, minute, second] = [parts.day, parts.hour, parts.minute, parts.second].map(
      Number,
    ) as [number, number, number, number];
    const year = parts.year === undefined ? fullYear(Number(parts.short), now) : Number(parts.year);
    const time = Date.UTC(year, month, day, hour, minute, Math.min(second, 59));
    // Date.UTC would make 1 March of 30 February.
    const isDate = month >= 0 && hour < 24 && minute < 60 && second <= 60;
    return isDate && new Date(time).getUTCDate() === day ? time : null;
  }
  return null;
}

/** Two digits stand for the year that is at most 50 years in the future. */
function fullYear(short: number, now: number): number {
  const current = new Date(now).getUTCFullYear();
  const year = current - (current % 100) + short;
  return year > current + 50 ? year - 100 : year;
}
