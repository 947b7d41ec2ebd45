/** One caller: SIPp signals, our own endpoint hears, speaks and dials. */
import { RtpEndpoint } from './rtp-endpoint.js';
import { type CallerScenario, type Sipp, type SippResult, startCallers } from './sipp.js';

export interface CallerOptions {
  /** Where calls come in: a trunk's port. */
  readonly port: number;
  readonly number: string;
  readonly caller?: string;
  readonly callerName?: string;
  /** Default: `caller-expects-bye`. */
  readonly scenario?: CallerScenario;
  /** As the scenario says. */
  readonly ms?: number;
  readonly timeoutMs?: number;
  readonly receiveTimeoutMs?: number;
  readonly dtmfPayloadType?: number;
}

export interface Caller {
  readonly media: RtpEndpoint;
  readonly sipp: Sipp;
  /** How the call went as a SIP call. Never rejects. */
  readonly finished: Promise<SippResult>;
  /** Frees the ports. A call that still goes on is cut off without a word, like a phone that lost its network. Safe to repeat. */
  close(): Promise<void>;
}

/** Resolves as soon as SIPp runs; what comes back is heard on `media`. */
export async function placeCall(options: CallerOptions): Promise<Caller> {
  const {
    port,
    number,
    scenario = 'caller-expects-bye',
    dtmfPayloadType = 96,
    caller,
    callerName,
    ms,
    timeoutMs,
    receiveTimeoutMs,
  } = options;
  const media = await RtpEndpoint.open({ dtmfPayloadType });
  const sipp = await startCallers({
    scenario,
    port,
    calls: [
      {
        number,
        rtpPort: media.port,
        ...(caller === undefined ? {} : { caller }),
        ...(callerName === undefined ? {} : { callerName }),
        ...(ms === undefined ? {} : { ms }),
      },
    ],
    dtmfPayloadType,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(receiveTimeoutMs === undefined ? {} : { receiveTimeoutMs }),
  });
  return {
    media,
    sipp,
    finished: sipp.finished,
    close: async () => {
      if (sipp.running) await sipp.kill();
      await media.close();
    },
  };
}
