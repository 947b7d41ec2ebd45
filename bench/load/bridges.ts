/** Says when each caller was bridged: one more listener on the event socket, for the one event that tells it, on both sides alike. */
import { systemClock } from '../../src/clock.js';
import { EslConnection } from '../../src/freeswitch/esl/connection.js';
import type { Freeswitch } from '../../src/lab/freeswitch.js';
import { silent } from '../../src/ports/log.js';

const numbers = [
  'Caller-Caller-ID-Number',
  'Other-Leg-Caller-ID-Number',
  'Caller-Orig-Caller-ID-Number',
  'Other-Leg-Orig-Caller-ID-Number',
];

export class Bridges {
  readonly #at = new Map<string, number>();

  private constructor(private readonly connection: EslConnection) {}

  static async watch({ host, eslPort: port, password }: Freeswitch): Promise<Bridges> {
    const connection = new EslConnection({ host, port, password, events: ['CHANNEL_BRIDGE'], clock: systemClock, log: silent });
    const bridges = new Bridges(connection);
    await new Promise<void>((up, down) =>
      connection.start({
        up,
        down,
        event: (event) => {
          const at = performance.timeOrigin + performance.now();
          for (const name of numbers) {
            const number = event.get(name);
            if (number !== undefined && !bridges.#at.has(number)) bridges.#at.set(number, at);
          }
        },
      }),
    );
    return bridges;
  }

  /** Epoch ms; the caller's number as he dialled in. */
  of(caller: string): number | undefined {
    return this.#at.get(caller);
  }

  async stop(): Promise<void> {
    await this.connection.close();
  }
}
