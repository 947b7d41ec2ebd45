/** `telephony-core schema telephony|tenant`: the JSON Schema of a configuration file, for editors. */
import { jsonSchema } from '../config/schema.js';
import { EXIT, type Io } from './io.js';

export async function schema(argv: readonly string[], { out, err }: Io): Promise<number> {
  const [name, ...rest] = argv;
  if ((name !== 'telephony' && name !== 'tenant') || rest.length > 0) {
    err('Usage: telephony-core schema telephony|tenant');
    return EXIT.usage;
  }
  out(JSON.stringify(jsonSchema(name), null, 2));
  return EXIT.ok;
}
