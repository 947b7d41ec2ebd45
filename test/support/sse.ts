/** A reader of server-sent events, for tests. */
import type { Test } from 'tap';

export interface Told {
  readonly type: string;
  readonly id: string | undefined;
  readonly data: Record<string, unknown>;
}

export interface SseReader {
  readonly status: number;
  readonly headers: Headers;
  /** The next event; `undefined`: the stream has ended. */
  next(): Promise<Told | undefined>;
  /** Comments so far. */
  readonly heartbeats: number;
  close(): void;
}

export async function readEvents(t: Pick<Test, 'teardown'>, url: string, headers: Record<string, string>): Promise<SseReader> {
  const abort = new AbortController();
  t.teardown(() => abort.abort());
  const response = await fetch(url, { headers, signal: abort.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const told: Told[] = [];
  let text = '';
  let heartbeats = 0;
  const block = (lines: readonly string[]): void => {
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const type = field('event');
    if (type !== undefined) told.push({ type, id: field('id'), data: JSON.parse(field('data') ?? '') });
    heartbeats += lines.filter((line) => line === ':').length;
  };
  return {
    status: response.status,
    headers: response.headers,
    get heartbeats() {
      return heartbeats;
    },
    async next() {
      while (told.length === 0) {
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) return undefined;
        text += value;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const one of blocks) block(one.split('\n'));
      }
      return told.shift();
    },
    close: () => abort.abort(),
  };
}
