/** One desk phone: registered with digest authentication, answering as its scenario says, hearing and speaking through our endpoint. */
import { RtpEndpoint } from './rtp-endpoint.js';
import { type AgentScenario, register, type Sipp, startAgent } from './sipp.js';

export interface PhoneOptions {
  /** The registrar's port. */
  readonly port: number;
  readonly domain: string;
  readonly user: string;
  readonly password: string;
  /** Default: `agent-answers`. */
  readonly scenario?: AgentScenario;
  readonly ringMs?: number;
  readonly talkMs?: number;
}

export interface Phone {
  readonly user: string;
  readonly media: RtpEndpoint;
  readonly sipp: Sipp;
  unregister(): Promise<void>;
  /** Frees the ports; a call that still goes on is cut off without a word. The registration stays until it expires. Safe to repeat. */
  close(): Promise<void>;
}

/** Resolves when it is registered and can be rung. @throws when the registrar refuses it. */
export async function startPhone(options: PhoneOptions): Promise<Phone> {
  const { port, domain, user, password, scenario = 'agent-answers', ringMs, talkMs } = options;
  const media = await RtpEndpoint.open();
  const sipp = await startAgent({
    scenario,
    rtpPort: media.port,
    ...(ringMs === undefined ? {} : { ringMs }),
    ...(talkMs === undefined ? {} : { talkMs }),
  });
  const close = async (): Promise<void> => {
    await sipp.stop(500);
    await media.close();
  };
  const registered = async (expires: number): Promise<void> => {
    const result = await register({ port, domain, phones: [{ user, password, phonePort: sipp.port }], expires });
    if (result.ok) return;
    throw new Error(`phone ${user} was not registered: ${result.unexpected}`);
  };
  try {
    await registered(600);
  } catch (error) {
    await close();
    throw error;
  }
  return { user, media, sipp, unregister: () => registered(0), close };
}
