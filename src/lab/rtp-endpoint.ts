/**
 * The ears, mouth and keypad of a test phone: one UDP port. It answers to where packets come from (symmetric RTP), since
 * SIPp does the signalling and does not tell where the other side listens.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { decodeAlaw, decodeUlaw, encodeUlaw, samples, silence, writeWav } from './audio.js';
import { Heard } from './heard.js';
import { buildEvent, buildRtp, digitOf, eventOf, parseRtp, type RtpPacket } from './rtp-packet.js';

const PACKET_MS = 20;
const PACKET = samples(PACKET_MS);
const QUIET = encodeUlaw(silence(PACKET_MS));
/** RFC 4733, section 2.5.1.4: the end of an event is sent three times. */
const END_REPEATS = 3;

export interface RtpEndpointOptions {
  /** Default: any free one. */
  readonly port?: number;
  /** Payload type of telephone-event that it sends; others are recognised by their size. */
  readonly dtmfPayloadType?: number;
}

interface KeyPress {
  readonly event: number;
  readonly duration: number;
  readonly gap: number;
}

export class RtpEndpoint extends EventEmitter<{ audio: []; digit: [digit: string]; drained: [] }> {
  readonly heard = new Heard();
  /** Digits that the other side sent. */
  digits = '';
  packetsReceived = 0;
  readonly #socket: Socket;
  readonly #dtmfPayloadType: number;
  readonly #ssrc = Math.floor(Math.random() * 0xffff_ffff);
  #timer: NodeJS.Timeout | undefined;
  #remote: { port: number; address: string } | undefined;
  #sequence = Math.floor(Math.random() * 0xffff);
  #timestamp = Math.floor(Math.random() * 0xffff_ffff);
  #startedAt = 0;
  #sent = 0;
  #voice: { pcm: Int16Array; at: number; loop: boolean } | undefined;
  readonly #keys: KeyPress[] = [];
  #key: { press: KeyPress; startedAt: number; elapsed: number; ends: number; pause: number } | undefined;
  #lastEvent: number | undefined;

  private constructor(socket: Socket, dtmfPayloadType: number) {
    super();
    this.setMaxListeners(0);
    this.#socket = socket;
    this.#dtmfPayloadType = dtmfPayloadType;
    socket.on('message', (message, from) => this.#receive(message, from));
  }

  static async open(options: RtpEndpointOptions = {}): Promise<RtpEndpoint> {
    const socket = createSocket('udp4');
    socket.bind(options.port ?? 0, '127.0.0.1');
    await once(socket, 'listening');
    return new RtpEndpoint(socket, options.dtmfPayloadType ?? 96);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  /** Says this from now on, instead of silence; `loop`: for ever. */
  say(pcm: Int16Array, loop = false): void {
    this.#voice = { pcm, at: 0, loop };
  }

  quiet(): void {
    this.#voice = undefined;
  }

  /** Where the other side listens, as it says in its SDP: one that sends only what it is sent would else never be heard. */
  talksTo(port: number): void {
    this.#remote ??= { port, address: '127.0.0.1' };
    this.#startSending();
  }

  /** Presses keys, one after the other; resolves when the last was sent. Only after something was heard: before, nobody knows where to. */
  async dial(digits: string, { pressMs = 100, gapMs = 60 }: { readonly pressMs?: number; readonly gapMs?: number } = {}): Promise<void> {
    if (this.#remote === undefined) throw new Error('nothing was heard yet, so there is nobody to dial to');
    for (const digit of digits) this.#keys.push({ event: eventOf(digit), duration: samples(pressMs), gap: samples(gapMs) });
    if (digits !== '') await once(this, 'drained');
  }

  /**
   * Waits until the last `windowMs` of what is heard satisfy `test`; asked at each packet. @throws after `timeoutMs`.
   */
  async hears(test: (pcm: Int16Array) => boolean, { windowMs = 200, timeoutMs = 10_000 } = {}): Promise<void> {
    const satisfied = (): boolean => this.heard.ms >= windowMs && test(this.heard.last(windowMs));
    if (satisfied()) return;
    await new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (satisfied()) finish(resolve);
      };
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.off('audio', check);
        settle();
      };
      // Made here, where the stack tells who waits.
      const late = new Error();
      const timer = setTimeout(() => {
        late.message = `not heard in ${timeoutMs} ms, of ${Math.round(this.heard.ms)} ms that came in ${this.packetsReceived} packets`;
        finish(() => reject(late));
      }, timeoutMs);
      this.on('audio', check);
    });
  }

  /** Everything that was heard, as a WAV file. */
  async save(file: string): Promise<void> {
    await writeFile(file, writeWav([this.heard.pcm()]));
  }

  /** Safe to repeat. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.emit('drained');
    this.removeAllListeners();
    await new Promise<void>((resolve) => {
      try {
        this.#socket.close(() => resolve());
      } catch {
        resolve(); // Closed before: Node throws ERR_SOCKET_DGRAM_NOT_RUNNING.
      }
    });
  }

  #receive(message: Buffer, from: RemoteInfo): void {
    const packet = parseRtp(message);
    if (packet === undefined) return;
    this.packetsReceived++;
    this.#remote = from;
    this.#startSending();
    const sound = decodeSound(packet);
    if (sound !== undefined) {
      this.heard.add(sound, packet, performance.now());
      this.emit('audio');
    } else if (packet.payload.length === 4) this.#receiveEvent(packet);
  }

  #receiveEvent(packet: RtpPacket): void {
    const ended = (packet.payload.readUInt8(1) & 0x80) !== 0;
    const digit = digitOf(packet.payload.readUInt8(0));
    // All packets of one key press carry the timestamp of its beginning.
    if (!ended || digit === undefined || packet.timestamp === this.#lastEvent) return;
    this.#lastEvent = packet.timestamp;
    this.digits += digit;
    this.emit('digit', digit);
  }

  #startSending(): void {
    if (this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => {
      // By the clock, not by the timer's ticks, which come late on a busy machine.
      const due = Math.floor((performance.now() - this.#startedAt) / PACKET_MS) + 1;
      while (this.#sent < due) this.#sendNext();
    }, PACKET_MS);
  }

  #sendNext(): void {
    this.#sent++;
    if (!this.#sendKey()) this.#send(0, this.#nextSound(), false, this.#timestamp);
    this.#timestamp = (this.#timestamp + PACKET) >>> 0;
  }

  #nextSound(): Buffer {
    const voice = this.#voice;
    if (voice === undefined) return QUIET;
    const sound = new Int16Array(PACKET);
    for (let filled = 0; filled < PACKET; ) {
      const part = voice.pcm.subarray(voice.at, voice.at + PACKET - filled);
      sound.set(part, filled);
      filled += part.length;
      voice.at += part.length;
      if (voice.at < voice.pcm.length) continue;
      if (!voice.loop || voice.pcm.length === 0) {
        this.#voice = undefined;
        break;
      }
      voice.at = 0;
    }
    return encodeUlaw(sound);
  }

  /** Whether this packet belongs to a key. */
  #sendKey(): boolean {
    if (this.#key === undefined) {
      const press = this.#keys.shift();
      if (press === undefined) return false;
      this.#key = { press, startedAt: this.#timestamp, elapsed: 0, ends: 0, pause: 0 };
    }
    const key = this.#key;
    if (key.ends < END_REPEATS) {
      const first = key.elapsed === 0;
      key.elapsed = Math.min(key.press.duration, key.elapsed + PACKET);
      const end = key.elapsed === key.press.duration;
      if (end) key.ends++;
      this.#send(this.#dtmfPayloadType, buildEvent(key.press.event, key.elapsed, end), first, key.startedAt);
      return true;
    }
    key.pause += PACKET;
    if (key.pause >= key.press.gap) {
      this.#key = undefined;
      if (this.#keys.length === 0) this.emit('drained');
    }
    return false;
  }

  #send(payloadType: number, payload: Buffer, marker: boolean, timestamp: number): void {
    if (this.#remote === undefined) return;
    this.#sequence = (this.#sequence + 1) & 0xffff;
    const packet = buildRtp({ payloadType, marker, sequence: this.#sequence, timestamp, ssrc: this.#ssrc, payload });
    // A peer that is gone answers with ICMP, which is no news here.
    this.#socket.send(packet, this.#remote.port, this.#remote.address, () => undefined);
  }
}

function decodeSound(packet: RtpPacket): Int16Array | undefined {
  if (packet.payloadType === 0) return decodeUlaw(packet.payload);
  if (packet.payloadType === 8) return decodeAlaw(packet.payload);
  return undefined;
}
