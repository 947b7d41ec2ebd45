/** `telephony-core schema telephony|tenant|openapi`: JSON Schema of a configuration file, for editors; the API, for programs. */
import { jsonSchema } from '../config/schema.js';
import { describeApi } from '../http/api.js';
import { EXIT, type Io } from './io.js';

export async function schema(argv: readonly string[], { out, err }: Io): Promise<number> {
  const [name, ...rest] = argv;
  if ((name !== 'telephony' && name !== 'tenant' && name !== 'openapi') || rest.length > 0) {
    err('Usage: telephony-core schema telephony|tenant|openapi');
    return EXIT.usage;
  }
  out(JSON.stringify(name === 'openapi' ? await describeApi() : jsonSchema(name), null, 2));
  return EXIT.ok;
}
