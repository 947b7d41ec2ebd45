/** The API in words that programs read. */
import { z } from 'zod';
import { everyone } from '../access.js';
import { type DescribedRoute, openApi } from '../openapi.js';
import { type ApiServer, noInput } from '../schema.js';

export function openApiRoute(server: ApiServer, routes: readonly DescribedRoute[]): void {
  let page: Readonly<Record<string, unknown>> | undefined;
  server.get(
    '/openapi.json',
    {
      config: { roles: everyone },
      schema: {
        summary: 'This page',
        querystring: noInput,
        response: { 200: z.record(z.string(), z.unknown()).describe('OpenAPI 3.1.') },
      },
    },
    () => {
      page ??= openApi(routes);
      return page;
    },
  );
}
