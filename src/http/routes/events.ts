/** What happens, as it happens. */
import { z } from 'zod';
import type { Principal } from '../../core/access.js';
import { everyone } from '../access.js';
import type { ApiParts } from '../api.js';
import { hears } from '../events/event.js';
import { FloorWatch } from '../events/floor-watch.js';
import { EventStream } from '../events/stream.js';
import { HttpProblem } from '../problem.js';
import { type ApiServer, noInput } from '../schema.js';

/** Each costs a connection and a little of every event. */
const mostStreams = 200;

export function eventRoutes(server: ApiServer, { feed, operations, site, clock, log }: ApiParts): void {
  const streams = new Set<EventStream>();
  const floor = new FloorWatch({ feed, operations, site, clock, log, wanted: () => streams.size > 0 });

  // Before connections are closed, so that nobody hears of it as a fault.
  server.addHook('preClose', async () => {
    floor.close();
    for (const stream of [...streams]) stream.bye('The daemon leaves.');
  });

  server.get(
    '/events',
    {
      config: { roles: everyone },
      exposeHeadRoute: false,
      schema: {
        summary: 'What happens, as it happens',
        description:
          'Server-sent events: `ready`, `call`, `offer`, `agent`, `queue`, `bye`. Calls and offers are those of this daemon; agents and queues are those of all.',
        querystring: noInput,
        headers: z.looseObject({
          'last-event-id': z
            .string()
            .max(64)
            .optional()
            .describe('The id of the last event that was received: what was missed comes first.'),
        }),
        contentType: 'text/event-stream',
        response: {
          200: z.string().describe('A stream that ends when the daemon leaves, the token is withdrawn or the reader is too slow.'),
        },
      },
    },
    (request, reply) => {
      if (streams.size >= mostStreams) throw new HttpProblem(503, `There are ${mostStreams} streams already.`);
      const last = request.headers['last-event-id'];
      const missed = last === undefined ? undefined : feed.since(last);
      reply.hijack();
      const response = reply.raw;
      response.writeHead(200, {
        ...(reply.getHeaders() as Record<string, string>),
        'content-type': 'text/event-stream',
        // Or nginx keeps the events until it has a page of them.
        'x-accel-buffering': 'no',
      });
      let principal: Principal = request.principal;
      const stream: EventStream = new EventStream({
        response,
        clock,
        hears: ({ happening }) => hears(principal, happening, site()),
        allowed: () => {
          const now = request.principalNow();
          principal = now ?? principal;
          return now !== undefined;
        },
        ended: (reason) => {
          stopListening();
          streams.delete(stream);
          log.info({ by: principal.id, reason }, 'event stream ended');
        },
      });
      const stopListening = feed.listen((event) => stream.tell(event));
      streams.add(stream);
      log.info({ by: principal.id, remote: request.ip, resumed: missed !== undefined }, 'event stream opened');
      stream.open(missed === undefined ? feed.lastId : (last ?? feed.lastId), missed !== undefined);
      for (const event of missed ?? []) stream.tell(event);
      floor.wake();
    },
  );
}
