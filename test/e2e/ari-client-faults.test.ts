/** Why ari-client is not what drives Asterisk (docs/adr/0005): should this fail, the reason is gone. */
import { createRequire } from 'node:module';
import t from 'tap';
import { asteriskFor, withoutAsterisk } from '../support/asterisk.js';

interface AriClient {
  readonly asterisk: { getInfo(): Promise<{ readonly system: { readonly entity_id: string } }> };
}

// No types are published.
const ariClient = createRequire(import.meta.url)('ari-client') as {
  connect(url: string, user: string, password: string): Promise<AriClient>;
};

t.test('a second connection gives its password to the first', { skip: withoutAsterisk, timeout: 60_000 }, async (t) => {
  const [one, other] = await Promise.all([asteriskFor(t), asteriskFor(t)]);
  const connect = ({ ariPort, user, password }: typeof one) => ariClient.connect(`http://127.0.0.1:${ariPort}`, user, password);
  const first = await connect(one);
  t.ok((await first.asterisk.getInfo()).system.entity_id, 'alone it works');
  const second = await connect(other);
  t.ok((await second.asterisk.getInfo()).system.entity_id);
  await t.rejects(first.asterisk.getInfo(), /Authentication required/);
});
