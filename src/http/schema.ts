/** Zod as the schema of routes: what comes in is checked by it, what goes out is cut to it, and the OpenAPI page is made of it. */
import type { FastifyInstance, FastifyTypeProvider } from 'fastify';
import { z } from 'zod';
import { HttpProblem } from './problem.js';

interface ZodTypes extends FastifyTypeProvider {
  validator: this['schema'] extends z.ZodType ? z.output<this['schema']> : unknown;
  serializer: this['schema'] extends z.ZodType ? Sent<z.input<this['schema']>> : unknown;
}

/** What a route may answer with: the schema's type, all of it readonly. */
export type Sent<T> = T extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Sent<T[Key]> }
    : T;

export type ApiServer = ReturnType<typeof speakZod>;

export function speakZod(server: FastifyInstance) {
  server.setValidatorCompiler<z.ZodType>(({ schema, httpPart }) => (value) => {
    const result = schema.safeParse(value ?? {});
    // Nothing of the value is echoed: it may hold anything.
    return result.success ? { value: result.data } : { error: refusal(httpPart ?? 'request', result.error) };
  });
  server.setSerializerCompiler<z.ZodType>(
    ({ schema }) =>
      (value) =>
        JSON.stringify(schema.parse(value)),
  );
  return server.withTypeProvider<ZodTypes>();
}

const places: Readonly<Record<string, string>> = { params: 'address', querystring: 'query', body: 'body', headers: 'headers' };

function refusal(part: string, { issues }: z.ZodError): HttpProblem {
  const told = issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return 'a field that does not exist';
    const path = issue.path.join('.');
    return path === '' ? issue.message : `${path} ${issue.message}`;
  });
  return new HttpProblem(400, `The ${places[part] ?? part} is not valid: ${told.join('; ')}.`);
}

/**
 * An identifier, as the configuration has it too: nothing that means something to a PBX, a shell, a path or a Redis key
 * can be said with it, so that no further check is needed behind it.
 */
export const identifier = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'must be small letters a-z, digits and "-" only, at most 63');

/** A call's id is made by the PBX: a UUID on FreeSWITCH, two numbers with a dot on Asterisk. */
export const callId = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,126}[A-Za-z0-9])?$/, 'must be letters a-z, digits, "." and "-" only');

/** Epoch ms. */
export const time = z.number().describe('Epoch milliseconds.');

/** In a query: `true` or `false`. */
export const flag = z.enum(['true', 'false'], 'must be true or false').transform((text) => text === 'true');

/** For a route that takes nothing: what is sent all the same is refused rather than ignored. */
export const noInput = z.strictObject({});
