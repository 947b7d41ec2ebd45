/**
 * Counts tests in tap's TAP output. A test is a `t.test` block that holds no other block; assertions are not counted, so
 * that the number means something. A block that fails by itself (a file that crashes, a timeout) is one failed test.
 */
export class TapResults {
  passed = 0;
  /** Names from the file down, joined by ` > `. */
  failed = [];
  /** { name, reason } */
  skipped = [];
  /** By depth: the block that is open there. */
  #open = [];

  /** One line of output. Returns the file's outcome when the line ends a file: { file, ok, ms }. */
  line(text) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(text);
    if (subtest !== null) {
      const depth = subtest[1].length / 4;
      this.#open.length = depth;
      this.#open[depth] = { name: subtest[2], blocks: 0, failed: 0 };
      if (depth > 0 && this.#open[depth - 1] !== undefined) this.#open[depth - 1].blocks++;
      return undefined;
    }
    const point = /^( *)(not )?ok(?: \d+)?(?: - (.*))?$/.exec(text);
    if (point === null || point[1].length % 4 !== 0) return undefined;
    return this.#point(point[1].length / 4, point[2] === undefined, point[3] ?? '');
  }

  #point(depth, ok, text) {
    const [, description, directive, comment] = /^(.*?)(?: # (SKIP|TODO|time=)(.*))?$/i.exec(text);
    const block = this.#open[depth];
    const parent = this.#open[depth - 1];
    const own = block?.name ?? description;
    const name = [...this.#open.slice(0, depth).map((above) => above?.name), own].filter((part) => part !== undefined).join(' > ');
    this.#open.length = depth;
    if (/skip|todo/i.test(directive ?? '')) {
      const reason = comment.trim().replaceAll('\\#', '#');
      this.skipped.push({ name, reason: /todo/i.test(directive) ? `to do: ${reason}` : reason || 'no reason given' });
      if (parent !== undefined) parent.blocks++;
    } else if (!ok) {
      // An assertion fails its block, and the block is what counts; at depth 0 there is none around it.
      const isTest = block !== undefined || depth === 0;
      if (isTest && (block?.failed ?? 0) === 0) this.failed.push(name);
      if (isTest && parent !== undefined) parent.failed++;
    } else if (block !== undefined && block.blocks === 0) this.passed++;
    if (depth > 0) return undefined;
    return { file: own, ok, ms: directive === 'time=' ? Number.parseFloat(comment) : undefined };
  }

  add(other) {
    this.passed += other.passed;
    this.failed.push(...other.failed);
    this.skipped.push(...other.skipped);
  }

  get summary() {
    return `${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped`;
  }
}
