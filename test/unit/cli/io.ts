import type { Io } from '../../../src/cli/io.js';

/** Keeps what a command says. */
export function memoryIo(env: Record<string, string> = {}): Io & { readonly said: string[]; readonly complained: string[] } {
  const said: string[] = [];
  const complained: string[] = [];
  return { said, complained, env, out: (line) => said.push(line), err: (line) => complained.push(line) };
}
