/**
 * One `api` command over a fresh event-socket connection: enough to start and stop a switch and to ask it how it is. The
 * daemon's client is src/freeswitch/esl; the laboratory does not use it, so that a fault there cannot hide itself here.
 */
import { connect } from 'node:net';

export interface EslAddress {
  readonly port: number;
  readonly password: string;
}

/** @returns the body of the reply. @throws when it cannot connect, is refused, or has no reply after `timeoutMs`. */
export async function eslRequest(address: EslAddress, command: string, timeoutMs = 5_000): Promise<string> {
  const socket = connect(address.port, '127.0.0.1');
  socket.setNoDelay(true);
  let received = Buffer.alloc(0);
  return await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => fail(new Error(`FreeSWITCH did not reply to "${command}" in ${timeoutMs} ms`)), timeoutMs);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    socket.once('error', fail);
    socket.once('close', () => fail(new Error(`FreeSWITCH closed the connection before it replied to "${command}"`)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (let frame = takeFrame(); frame !== undefined; frame = takeFrame()) {
        const { head, body } = frame;
        if (head.includes('auth/request')) socket.write(`auth ${address.password}\n\n`);
        else if (head.includes('Reply-Text: +OK accepted')) socket.write(`api ${command}\n\n`);
        else if (head.includes('api/response')) {
          clearTimeout(timer);
          socket.removeAllListeners('close').destroy();
          resolve(body);
        } else fail(new Error(`FreeSWITCH refused: ${head.replaceAll('\n', ' ')}`));
      }
    });
    const takeFrame = (): { head: string; body: string } | undefined => {
      const end = received.indexOf('\n\n');
      if (end === -1) return undefined;
      const head = received.toString('utf8', 0, end);
      const length = Number(/^Content-Length: (\d+)/m.exec(head)?.[1] ?? 0);
      if (received.length < end + 2 + length) return undefined;
      const body = received.toString('utf8', end + 2, end + 2 + length);
      received = received.subarray(end + 2 + length);
      return { head, body };
    };
  });
}
