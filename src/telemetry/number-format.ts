/** How numbers look to people: the same on the display, in log lines and in the final block. */

/** `12,345`: whole, in groups of three. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : String(value);
}

/** `1 round`, `1,200 rounds`. */
export function formatAmount(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${Math.round(count) === 1 ? one : many}`;
}

/** `1 unit`, `0.25 units`, `1,200 units` of virtual time: what is short is not rounded to nothing. */
export function formatUnits(time: number): string {
  if (!(Math.abs(time) < 10)) return formatAmount(time, 'unit');
  const digits = Number(time.toPrecision(3));
  return `${digits} ${digits === 1 ? 'unit' : 'units'}`;
}

/** `0:42`, `12:05`, `1:02:03`: seconds as minutes or hours. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}

/** `48.2 %` of a fraction 0 … 1; never rounded up to a whole that was not reached. */
export function formatPercent(fraction: number, digits = 1): string {
  if (!Number.isFinite(fraction)) return String(fraction);
  const factor = 10 ** digits;
  // 0.57 * 100 * 10 is 569.9999999999999: the small term undoes such errors before the floor.
  return `${(Math.floor(fraction * 100 * factor + 1e-6) / factor).toFixed(digits)} %`;
}

/** `1.4213`, `0.0312`, `152.1`: four or five significant digits of a loss. */
export function formatLoss(loss: number): string {
  if (!Number.isFinite(loss)) return String(loss);
  const size = Math.abs(loss);
  if (size >= 100_000 || (size > 0 && size < 0.001)) return loss.toExponential(2);
  return loss.toFixed(size >= 100 ? 1 : 4);
}

/** `0.42 s`, `12.3 s`: how long one task takes. */
export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return String(seconds);
  if (seconds >= 100) return formatCount(seconds);
  return seconds.toFixed(seconds >= 10 ? 1 : 2);
}
