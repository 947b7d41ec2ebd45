/** Where the CPU of an answered call goes in FreeSWITCH, under our daemon and with a static dialplan: what `profile` is to `queue`. */
import type { Benchmark } from '../benchmark.js';
import { rounded } from '../figures.js';
import { worst } from '../machine.js';
import { beside, needPerf, profileOf, sampling } from '../profile.js';
import { withAnswers } from './answer.js';

const load = { calls: 1_000, rate: 100 };

export const answerProfile: Benchmark = {
  name: 'answer-profile',
  says: 'Where FreeSWITCH’s CPU goes while calls are answered and hear a second of sound, under our daemon and with a static dialplan, ms a call',
  measures: ['src/freeswitch', 'dialplan/freeswitch'],
  alone: true,
  run: async () => {
    await needPerf();
    return withAnswers(200, async (place, pids) => {
      const profiled = (side: 'static' | 'daemon') => profileOf(pids[side], () => place(side, load.calls, load.rate));
      const ours = await profiled('daemon');
      const floor = await profiled('static');
      return {
        keys: { fs_ms_per_call: rounded(ours.msPerCall), static_fs_ms_per_call: rounded(floor.msPerCall) },
        columns: ['what', 'ours, ms a call', 'static dialplan'],
        rows: beside(ours, floor),
        notes: [`${load.calls} calls a side at ${load.rate}/s; ${sampling}.`],
        noise: worst([...ours.noise, ...floor.noise]),
      };
    });
  },
};
