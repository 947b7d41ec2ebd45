/** One YAML file: its value, where each part of it stands, and the problems found in it. */
import { readFile, stat } from 'node:fs/promises';
import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { formatPath, type Path, type Problem } from './problems.js';

/** A tenant with a hundred menus is about 100 kB. */
const MAX_BYTES = 1_048_576;
/** How often aliases may be expanded in all: enough for shared hours, too little for a "billion laughs" file. */
const MAX_ALIASES = 100;

/** Where a problem is put: on the value at a path, or on the key that names it. */
export type At = 'value' | 'key';

export class Source {
  readonly file: string;
  readonly problems: Problem[] = [];
  /** The file as plain data; `undefined` when it could not be read at all. */
  value: unknown;
  readonly #lines = new LineCounter();
  #document: Document<ParsedNode> | Document.Parsed | undefined;

  private constructor(file: string) {
    this.file = file;
  }

  static async read(file: string): Promise<Source> {
    const source = new Source(file);
    try {
      const { size } = await stat(file);
      if (size > MAX_BYTES) source.#whole(`is larger than ${MAX_BYTES / 1024} KiB: a configuration file is a few kilobytes`);
      else source.#parse(decode(await readFile(file)));
    } catch (error) {
      source.#whole(`cannot be read: ${reason(error)}`);
    }
    return source;
  }

  /** For tests and editors: the same as `read` on a text already in hand. */
  static parse(file: string, text: string): Source {
    const source = new Source(file);
    source.#parse(text);
    return source;
  }

  report(path: Path, message: string, at: At = 'value'): void {
    this.problems.push({ file: this.file, ...this.#locate(path, at), path: formatPath(path), message });
  }

  /** `file:line` of a value, for a message about another place. */
  where(path: Path): string {
    return `${this.file}:${this.#locate(path, 'value').line}`;
  }

  #whole(message: string): void {
    this.problems.push({ file: this.file, line: 0, column: 0, path: '', message });
  }

  #parse(text: string): void {
    try {
      const document = parseDocument(text, { lineCounter: this.#lines, stringKeys: true, prettyErrors: false, logLevel: 'silent' });
      this.#document = document;
      for (const { pos, message } of [...document.errors, ...document.warnings]) {
        const { line, col } = this.#lines.linePos(pos[0]);
        this.problems.push({ file: this.file, line, column: col, path: '', message: yamlWords(message) });
      }
      if (document.errors.length > 0) return;
      const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
      JSON.stringify(value); // throws on an alias inside its own anchor, which would send every later walk round for ever
      this.value = value ?? {};
    } catch (error) {
      this.#whole(`cannot be read as YAML: ${yamlWords(reason(error))}`);
    }
  }

  /** The place of the value at `path`, or of the nearest thing above it that exists. */
  #locate(path: Path, at: At): { line: number; column: number } {
    let node: unknown = this.#document?.contents;
    let found = offsetOf(node);
    for (const [depth, step] of path.entries()) {
      if (isAlias(node) && this.#document !== undefined) node = node.resolve(this.#document as Document<Node>);
      let next: unknown;
      let key: unknown;
      if (isMap(node)) {
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
        key = pair?.key;
        next = pair?.value;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
      }
      const last = depth === path.length - 1;
      const offset = (last && at === 'key' ? offsetOf(key) : undefined) ?? offsetOf(next) ?? offsetOf(key);
      if (offset === undefined) break;
      // Something missing inside a map is shown at the map's key rather than at its first entry.
      found = last || !isMap(next) ? offset : (offsetOf(key) ?? offset);
      node = next;
    }
    const { line, col } = this.#lines.linePos(found ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

function offsetOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null | undefined)?.range;
  return range?.[0];
}

function decode(bytes: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a folder';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'it is not UTF-8 text';
  return error.message;
}

/** The parser's words where they would puzzle an operator. */
function yamlWords(message: string): string {
  if (message === 'Map keys must be unique') return 'this key is already set above: each may stand once';
  if (message.startsWith('Excessive alias count')) return 'too many aliases (*name): write the values out';
  if (message.includes('circular structure')) return 'an alias (*name) stands inside its own anchor (&name)';
  if (message.includes('call stack')) return 'it is nested too deeply';
  return message;
}
