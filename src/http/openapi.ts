/**
 * The API in words that programs read: OpenAPI 3.1, made of the routes' own schemas, so that it cannot say anything else than what is
 * checked and sent. Zod makes the JSON Schema, which leaves little for a library to do.
 */
import type { FastifyInstance, RouteOptions } from 'fastify';
import { z } from 'zod';
import type { Role } from '../core/access.js';
import { problemSchema, problemType } from './problem.js';

/** What a route says of itself beside its schemas. */
interface Described {
  /** A few words. */
  readonly summary?: string;
  readonly description?: string;
  /** Of the answer; JSON unless given. */
  readonly contentType?: string;
  readonly params?: z.ZodObject;
  readonly querystring?: z.ZodObject;
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly response?: Readonly<Record<string, z.ZodType>>;
}

export interface DescribedRoute extends Described {
  readonly method: string;
  readonly url: string;
  readonly roles: readonly Role[];
}

type Json = Readonly<Record<string, unknown>>;

/** Every route that is added to this scope from now on. */
export function collectRoutes(scope: FastifyInstance): readonly DescribedRoute[] {
  const routes: DescribedRoute[] = [];
  scope.addHook('onRoute', ({ method, url, schema, config }: RouteOptions) => {
    for (const one of [method].flat()) {
      // Fastify adds a HEAD beside each GET: of no interest.
      if (one === 'HEAD') continue;
      const described = (schema ?? {}) as Described;
      if (described.summary === undefined) throw new Error(`the route ${one} ${url} has no summary`);
      routes.push({ ...described, method: one.toLowerCase(), url, roles: config?.roles ?? [] });
    }
  });
  return routes;
}

export function openApi(routes: readonly DescribedRoute[]): Json {
  const { json, components } = jsonSchemas(routes);
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const path = route.url.replaceAll(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route, json) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'telephony-core',
      version: '1',
      description:
        'What a token may not see or do is answered like what does not exist: 404. A stored number or time that is not known is left out.',
    },
    servers: [{ url: '/' }],
    security: [{ bearer: [] }],
    paths,
    components: { schemas: components, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

/**
 * All schemas at once, so that those with a name (`meta({ id })`) become components that the others refer to. As input: a
 * client must bear fields that a later version adds to an answer.
 */
function jsonSchemas(routes: readonly DescribedRoute[]) {
  const schemas = new Set<z.ZodType>([problemSchema]);
  for (const { params, querystring, headers, body, response = {} } of routes) {
    for (const schema of [params, querystring, headers, body, ...Object.values(response)]) if (schema !== undefined) schemas.add(schema);
  }
  const names = new Map([...schemas].map((schema, index) => [schema, `s${index}`]));
  const whole = z.toJSONSchema(z.object(Object.fromEntries([...names].map(([schema, name]) => [name, schema]))), { io: 'input' });
  const { properties, $defs } = JSON.parse(JSON.stringify(whole).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    readonly properties: Readonly<Record<string, Json>>;
    readonly $defs: Readonly<Record<string, Json>>;
  };
  const components = Object.fromEntries(
    Object.entries($defs)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      // The name, which is the key already.
      .map(([name, { id: _, ...schema }]) => [name, schema]),
  );
  return { components, json: (schema: z.ZodType): Json => properties[names.get(schema) ?? ''] ?? {} };
}

function operation(route: DescribedRoute, json: (schema: z.ZodType) => Json): Json {
  const { params, querystring, headers, body, response = {}, contentType = 'application/json' } = route;
  const parameters = [
    ...parametersOf('path', params, json),
    ...parametersOf('query', querystring, json),
    ...parametersOf('header', headers, json),
  ];
  const problem = { description: 'A problem (RFC 9457).', content: { [problemType]: { schema: json(problemSchema) } } };
  const answers = Object.entries(response).map(([status, schema]) => {
    if (schema === problemSchema) return [status, problem] as const;
    return [status, { description: schema.description ?? 'Done.', content: { [contentType]: { schema: json(schema) } } }] as const;
  });
  const roles = `For the role${route.roles.length === 1 ? '' : 's'} ${route.roles.join(', ')}.`;
  return {
    operationId: operationId(route),
    tags: [route.url.split('/')[2] ?? ''],
    summary: route.summary,
    description: route.description === undefined ? roles : `${route.description} ${roles}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: json(body) } } } }),
    responses: { ...Object.fromEntries(answers), default: problem },
  };
}

function parametersOf(
  where: 'path' | 'query' | 'header',
  schema: z.ZodObject | undefined,
  json: (schema: z.ZodType) => Json,
): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = json(schema) as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: where,
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** `POST /v1/agents/:agent/signin` → `postAgentsByAgentSignin`: for those who generate a client. */
function operationId({ method, url }: DescribedRoute): string {
  const words = url
    .split('/')
    .slice(2)
    .flatMap((part) => (part.startsWith(':') ? ['by', part.slice(1)] : part.split(/\W+/)));
  return method + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
