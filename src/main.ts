#!/usr/bin/env node
/** Chooses the command; its result is the exit code. */
import type { Io } from './cli/io.js';
import { EXIT } from './cli/io.js';

type Command = (argv: readonly string[], io: Io) => Promise<number>;

/** Loaded when asked for: `status` does not need the whole daemon. */
const commands: Readonly<Record<string, { readonly says: string; load(): Promise<Command> }>> = {
  start: { says: 'DIR             run the daemon with the configuration in DIR', load: async () => (await import('./cli/start.js')).start },
  check: {
    says: 'DIR             list every problem of the configuration in DIR',
    load: async () => (await import('./cli/check.js')).check,
  },
  doctor: {
    says: 'DIR             say what is wrong with the PBX, Redis and prompts',
    load: async () => (await import('./cli/doctor.js')).doctor,
  },
  status: { says: '[--url URL]     show what a running daemon does', load: async () => (await import('./cli/status.js')).status },
  agent: {
    says: 'ID [WISH]       show an agent, or sign in, sign out, pause, extend: what he could dial',
    load: async () => (await import('./cli/agent.js')).agent,
  },
  callbacks: {
    says: 'list | cancel CALL  show who waits to be called back, or cancel one',
    load: async () => (await import('./cli/callbacks.js')).callbacks,
  },
  explain: {
    says: 'CALL            tell who was asked to take a call, and why',
    load: async () => (await import('./cli/explain.js')).explain,
  },
  demo: {
    says: '[--hold] [--pbx asterisk|freeswitch]  place calls to two demo tenants and tell what happens',
    load: async () => (await import('./cli/demo.js')).demo,
  },
  simulate: {
    says: '--config DIR …  play a day of calls before it comes: service levels, waits, occupancy',
    load: async () => (await import('./cli/simulate.js')).simulate,
  },
  schema: {
    says: 'NAME            print the JSON Schema of a configuration file, or the API as OpenAPI',
    load: async () => (await import('./cli/schema.js')).schema,
  },
};

const io: Io = {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  env: process.env,
};

const [name = '', ...argv] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (command === undefined) {
  io.err('Usage: telephony-core COMMAND');
  for (const [known, { says }] of Object.entries(commands)) io.err(`  ${known.padEnd(9)} ${says}`);
  process.exitCode = EXIT.usage;
} else {
  process.exitCode = await (await command.load())(argv, io);
}
