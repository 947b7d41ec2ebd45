import fc from 'fast-check';
import t from 'tap';
import { EslError } from '../../../../src/freeswitch/esl/errors.js';
import { FrameParser } from '../../../../src/freeswitch/esl/parser.js';
import { cut, fingerprint, parse, trace, traces } from './traces.js';

const bytes = (text: string) => Buffer.from(text);
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return error instanceof EslError ? error.code : `not coded: ${String(error)}`;
  }
  return 'no error';
};

t.test('a recorded conversation gives the same frames however its bytes are split', async (t) => {
  for (const { name, chunks, bytes } of traces) {
    const whole = fingerprint(parse([bytes]));
    t.not(whole, '[]', `${name} holds frames`);
    t.equal(fingerprint(parse(chunks)), whole, `${name} as it came`);
    t.equal(fingerprint(parse(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))), whole, `${name} byte by byte`);
    if (bytes.length < 10_000) {
      const wrong = Array.from(bytes.keys()).filter((place) => fingerprint(parse(cut(bytes, [place]))) !== whole);
      t.same(wrong, [], `${name} at each of its ${bytes.length} places`);
    }
    const places = fc.array(fc.nat(bytes.length), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(places, (at) => fingerprint(parse(cut(bytes, at))) === whole),
      { numRuns: 60 },
    );
  }
});

t.test('every cut around the borders of frames', async (t) => {
  const { bytes } = trace('call-ivr-bridge-record-json');
  const whole = fingerprint(parse([bytes]));
  const borders: number[] = [];
  for (let at = bytes.indexOf('\n\n'); at >= 0; at = bytes.indexOf('\n\n', at + 1)) borders.push(at);
  const wrong = borders.flatMap((border) =>
    [border - 1, border, border + 1, border + 2, border + 3].filter((at) => fingerprint(parse(cut(bytes, [at, at + 1]))) !== whole),
  );
  t.same(wrong, []);
});

t.test('what the conversations hold', async (t) => {
  t.same(
    parse(trace('auth-refused').chunks).map((frame) => [frame.type, frame.headers.get('reply-text'), frame.body?.length]),
    [
      ['auth/request', undefined, undefined],
      ['command/reply', '-ERR invalid', undefined],
      ['text/disconnect-notice', undefined, 67],
    ],
  );
});

t.test('the length of a body', async (t) => {
  const head = (...lines: string[]) => bytes(`${['Content-Type: api/response', ...lines].join('\n')}\n\nbody`);
  const cases: [string, Buffer, string][] = [
    ['negative', head('Content-Length: -4'), 'esl-length-invalid'],
    ['huge', head('Content-Length: 99999999999'), 'esl-body-too-large'],
    ['beyond numbers', head(`Content-Length: ${'9'.repeat(400)}`), 'esl-length-invalid'],
    ['not a number', head('Content-Length: four'), 'esl-length-invalid'],
    ['half a number', head('Content-Length: 4x'), 'esl-length-invalid'],
    ['hexadecimal', head('Content-Length: 0x4'), 'esl-length-invalid'],
    ['an exponent', head('Content-Length: 4e3'), 'esl-length-invalid'],
    ['empty', head('Content-Length: '), 'esl-length-invalid'],
    ['twice', head('Content-Length: 4', 'Content-Length: 4'), 'esl-length-duplicate'],
    ['twice, in other letters', head('Content-Length: 4', 'content-length: 5'), 'esl-length-duplicate'],
    ['missing', head(), 'esl-length-missing'],
  ];
  for (const [name, frame, code] of cases) {
    t.equal(
      codeOf(() => parse([frame])),
      code,
      name,
    );
    t.equal(
      codeOf(() => parse(Array.from(frame, (_, i) => frame.subarray(i, i + 1)))),
      code,
      `${name}, byte by byte`,
    );
  }
});

t.test('a malformed head', async (t) => {
  t.equal(
    codeOf(() => parse([bytes('\n\n')])),
    'esl-frame-malformed',
    'no lines',
  );
  t.equal(
    codeOf(() => parse([bytes('Reply-Text: +OK\n\n')])),
    'esl-frame-malformed',
    'no type',
  );
  t.equal(
    codeOf(() => parse([bytes('Content-Type: command/reply\ngarbage\n\n')])),
    'esl-frame-malformed',
    'no colon',
  );
  t.equal(
    codeOf(() => parse([bytes(': value\nContent-Type: command/reply\n\n')])),
    'esl-frame-malformed',
    'no name',
  );
});

t.test('the limits hold at any split, and memory stays within them', async (t) => {
  const limits = { headerBytes: 100, bodyBytes: 1_000 };
  const long = bytes(`Content-Type: command/reply\nX: ${'a'.repeat(200)}`);
  for (const size of [1, 7, 99, 101, long.length]) {
    const parser = new FrameParser(limits);
    t.equal(
      codeOf(() => parse(chunked(long, size), parser)),
      'esl-header-too-large',
      `a header without end, ${size} at a time`,
    );
    t.equal(parser.heldBytes, 0, 'nothing is held afterwards');
  }
  const patient = new FrameParser();
  parse([bytes('Content-Type: api/response\nContent-Length: 16000000\n\n'), bytes('a')], patient);
  t.ok(patient.heldBytes < 1_000, 'memory follows what came, not what was announced');
  t.ok(patient.midFrame);
});

t.test('after an error the parser stays dead, with the same error', async (t) => {
  const parser = new FrameParser();
  const good = bytes('Content-Type: auth/request\n\n');
  t.equal(
    codeOf(() => parse([bytes('rubbish\n\n')], parser)),
    'esl-frame-malformed',
  );
  t.equal(
    codeOf(() => parse([good], parser)),
    'esl-frame-malformed',
  );
});

t.test('frames before an error are delivered', async (t) => {
  const seen: string[] = [];
  const run = () => new FrameParser().push(bytes('Content-Type: auth/request\n\nrubbish\n\n'), (frame) => seen.push(frame.type));
  t.equal(codeOf(run), 'esl-frame-malformed');
  t.same(seen, ['auth/request']);
});

t.test('random bytes give frames or one coded error, never anything else', async () => {
  const lines = fc.constantFrom(
    'Content-Length: 3',
    'Content-Length: -1',
    'Content-Type: api/response',
    'Content-Type: log/data',
    '',
    ':',
    'abc',
    '\r',
    'X: %zz',
  );
  const frames = fc.array(fc.oneof(lines, fc.string()), { maxLength: 30 }).map((all) => bytes(all.join('\n')));
  fc.assert(
    fc.property(
      fc.oneof(
        frames,
        fc.uint8Array({ maxLength: 400 }).map((raw) => Buffer.from(raw)),
      ),
      fc.integer({ min: 1, max: 50 }),
      (input, size) => {
        const code = codeOf(() => parse(chunked(input, size)));
        return code === 'no error' || code.startsWith('esl-');
      },
    ),
    { numRuns: 2_000 },
  );
});

t.test('the work is linear in the bytes, also when they come one by one', async (t) => {
  const cost = (size: number) => {
    const frame = bytes(`Content-Type: api/response\nContent-Length: ${size}\n\n${'x'.repeat(size)}`);
    const parts = chunked(frame, 8);
    const before = process.cpuUsage();
    parse(parts);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  cost(400_000);
  const [small, large] = [Math.min(cost(400_000), cost(400_000)), Math.min(cost(3_200_000), cost(3_200_000))];
  t.ok(large < 40 * small, `8 times the bytes cost ${(large / small).toFixed(1)} times the work (64 would be quadratic)`);
});

function chunked(input: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(input.length / size) }, (_, i) => input.subarray(i * size, (i + 1) * size));
}
