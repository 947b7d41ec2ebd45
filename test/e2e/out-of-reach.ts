/** A switch to which a daemon cannot connect, until its wires are mended. */
import type { Asterisk } from '../support/asterisk.js';
import type { Freeswitch } from '../support/freeswitch.js';
import { TcpProxy } from './tcp-proxy.js';

export interface OutOfReach {
  /** The switch as that daemon is told of it. */
  readonly seen: Freeswitch | Asterisk;
  mend(): void;
}

export async function outOfReach(test: { teardown(run: () => void): unknown }, pbx: Freeswitch | Asterisk): Promise<OutOfReach> {
  const wires: TcpProxy[] = [];
  const wire = async (target: number): Promise<number> => {
    const proxy = await TcpProxy.open();
    proxy.target = target;
    proxy.cut();
    wires.push(proxy);
    test.teardown(() => proxy.close());
    return proxy.port;
  };
  const mend = (): void => {
    for (const one of wires) one.mend();
  };
  if (pbx.kind === 'freeswitch') return { seen: { ...pbx, eslPort: await wire(pbx.eslPort) }, mend };
  return { seen: { ...pbx, ariPort: await wire(pbx.ariPort), amiPort: await wire(pbx.amiPort) }, mend };
}
