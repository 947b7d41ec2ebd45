/** What will happen, in the order of virtual time; what is due at the same instant happens in the order in which it was entered. */
export class Calendar<T> {
  readonly #heap: { readonly at: number; readonly turn: number; readonly what: T }[] = [];
  #turn = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** When the next thing happens; `Infinity`: nothing will. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  enter(at: number, what: T): void {
    const heap = this.#heap;
    const entry = { at, turn: this.#turn++, what };
    let place = heap.length;
    while (place > 0) {
      const above = (place - 1) >>> 1;
      const parent = heap[above];
      if (parent === undefined || before(parent, entry)) break;
      heap[place] = parent;
      place = above;
    }
    heap[place] = entry;
  }

  take(): { readonly at: number; readonly what: T } | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let place = 0;
    for (;;) {
      let below = 2 * place + 1;
      const right = heap[below + 1];
      let child = heap[below];
      if (child === undefined) break;
      if (right !== undefined && before(right, child)) {
        child = right;
        below++;
      }
      if (before(last, child)) break;
      heap[place] = child;
      place = below;
    }
    heap[place] = last;
    return first;
  }
}

function before(a: { readonly at: number; readonly turn: number }, b: { readonly at: number; readonly turn: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.turn < b.turn);
}
