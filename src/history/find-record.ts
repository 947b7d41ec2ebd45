/** A call's record among JSON lines. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { CallRecord } from '../core/call/record.js';

/** The last one of a call whose id begins so: a call that was taken over twice may have been recorded twice. */
export async function latestRecord(lines: AsyncIterable<string>, call: string): Promise<CallRecord | undefined> {
  let found: CallRecord | undefined;
  for await (const line of lines) {
    // Cheaper than parsing a hundred thousand of them. A line that is not whole is one that is being written.
    if (!line.includes(`"call":"${call}`) || !line.endsWith('}')) continue;
    const record = JSON.parse(line) as CallRecord;
    if (record.call.startsWith(call)) found = record;
  }
  return found;
}

/** `lastBytes`: from there to the end of the file. */
export async function* linesOf(file: string, lastBytes = Number.POSITIVE_INFINITY): AsyncIterable<string> {
  const { size } = await stat(file);
  const input = createReadStream(file, { start: Math.max(0, size - lastBytes) });
  yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
}
