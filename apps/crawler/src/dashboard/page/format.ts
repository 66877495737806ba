const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const SHORT = new Intl.NumberFormat("en", { maximumSignificantDigits: 3, notation: "compact" });

/** `12,345` */
export function number(value: number): string {
  return WHOLE.format(value);
}

/** `12.3K`, `0.42` */
export function short(value: number): string {
  return SHORT.format(value);
}

/** `1.5 MB`: decimal units. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000;
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `7 ms`, `1.25 s`, `3:05` */
export function duration(ms: number): string {
  if (ms < 0.95) return ms === 0 ? "0 ms" : `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s` : clock(ms);
}

/** `0:07`, `1:02:03` */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `4.2 %` of all; empty when there is nothing. */
export function percent(part: number, all: number): string {
  if (all === 0) return "";
  const share = (100 * part) / all;
  return `${share > 0 && share < 10 ? share.toFixed(1) : share.toFixed(0)} %`;
}

/** The next of 1, 2, 5, 10, 20 ... that is not below the value. */
export function roundUp(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value * 0.999)!;
}
