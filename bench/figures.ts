/** The few figures that all benchmarks make of their samples. */

/** The value below which `part` of the samples are; 0 without samples. */
export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** As many digits as mean something. */
export function rounded(value: number): number {
  if (!Number.isFinite(value)) return 0;
  return Number(Math.abs(value) >= 100 ? value.toFixed(0) : Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2));
}

/** The median of several runs with the least and the greatest: `12.3 (11.9–13.0)`. */
export function spread(runs: readonly number[]): string {
  if (runs.length < 2) return String(rounded(median(runs)));
  return `${rounded(median(runs))} (${rounded(Math.min(...runs))}–${rounded(Math.max(...runs))})`;
}

/** Of what was measured in pairs, one after the other: the median of the pairs' ratios. */
export function ratio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.flatMap((value, i) => (theirs[i] === undefined || theirs[i] === 0 ? [] : [value / theirs[i]])));
}

/** Of the straight line through these points (least squares). */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spreadOfX = points.reduce((sum, [px]) => sum + (px - x) ** 2, 0);
  return spreadOfX === 0 ? 0 : points.reduce((sum, [px, py]) => sum + (px - x) * (py - y), 0) / spreadOfX;
}

/** A B A B …: what changes on the machine meanwhile changes for all of them. */
export async function interleaved<Side extends string, T>(
  rounds: number,
  sides: readonly Side[],
  measure: (side: Side, round: number) => Promise<T>,
): Promise<Readonly<Record<Side, readonly T[]>>> {
  const results = Object.fromEntries(sides.map((side) => [side, [] as T[]])) as Record<Side, T[]>;
  for (let round = 0; round < rounds; round++) for (const side of sides) results[side].push(await measure(side, round));
  return results;
}
