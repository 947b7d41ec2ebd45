/** "Did you mean": the known word nearest to a misspelt one. */

/** Levenshtein distance, two rows. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The nearest of `known` when it is near enough to be a slip of the fingers. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  // A long word is nobody's typing error, and the distance costs its square.
  if (word.length > 64) return undefined;
  let best: { readonly word: string; readonly far: number } | undefined;
  for (const candidate of known) {
    const far = distance(word.toLowerCase(), candidate.toLowerCase());
    if (best === undefined || far < best.far) best = { word: candidate, far };
  }
  return best !== undefined && best.far <= (word.length < 5 ? 1 : 2) ? best.word : undefined;
}

/** ` Did you mean "x"?` or nothing. */
export function didYouMean(word: string, known: Iterable<string>): string {
  const found = nearest(word, known);
  return found === undefined ? '' : ` Did you mean "${found}"?`;
}

/** The known names, for a message: `a, b, c`. */
export function listed(names: Iterable<string>): string {
  const all = [...names];
  if (all.length === 0) return 'there is none';
  return all.length > 12 ? `${all.slice(0, 12).join(', ')} …` : all.join(', ');
}
