/** Cuts `items` into `parts` consecutive runs whose lengths differ by at most 1, the longer ones first. */
export function splitEvenly(items: Uint32Array, parts: number): Uint32Array[] {
  const shorter = Math.floor(items.length / parts);
  const longer = items.length % parts;
  const start = (part: number) => part * shorter + Math.min(part, longer);
  return Array.from({ length: parts }, (_, part) => items.subarray(start(part), start(part + 1)));
}
