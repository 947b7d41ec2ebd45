/** Members ordered by score, then by name: what a Redis sorted set is, so that both stores break ties alike. */
export class SortedSet {
  readonly #scores = new Map<string, number>();
  readonly #order: { readonly member: string; readonly score: number }[] = [];

  get size(): number {
    return this.#order.length;
  }

  *[Symbol.iterator](): Iterator<string> {
    for (const { member } of this.#order) yield member;
  }

  first(): { readonly member: string; readonly score: number } | undefined {
    return this.#order[0];
  }

  scoreOf(member: string): number | undefined {
    return this.#scores.get(member);
  }

  /** How many come before that score; with `member`, before its place there. */
  countBefore(score: number, member = ''): number {
    return this.#place(member, score);
  }

  put(member: string, score: number): void {
    this.remove(member);
    this.#scores.set(member, score);
    this.#order.splice(this.#place(member, score), 0, { member, score });
  }

  remove(member: string): void {
    const score = this.#scores.get(member);
    if (score === undefined) return;
    this.#scores.delete(member);
    this.#order.splice(this.#place(member, score), 1);
  }

  #place(member: string, score: number): number {
    let low = 0;
    let high = this.#order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#order[middle];
      if (entry !== undefined && (entry.score < score || (entry.score === score && entry.member < member))) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
