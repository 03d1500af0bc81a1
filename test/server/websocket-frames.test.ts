import fc from 'fast-check';
import { FrameCutter } from '../../src/server/websocket-frames.js';

interface Frame {
  readonly isLast: boolean;
  readonly kind: number;
  readonly payload: Buffer;
}

const MAX_PAYLOAD = 200_000;

function headerOf({ isLast, kind, payload: { length } }: Frame, mask: Buffer): Buffer {
  const first = (isLast ? 0x80 : 0) | kind;
  const header = length < 126 ? Buffer.alloc(2) : length < 65_536 ? Buffer.alloc(4) : Buffer.alloc(10);
  header[0] = first;
  header[1] = 0x80 | (header.length === 2 ? length : header.length === 4 ? 126 : 127);
  if (header.length === 4) header.writeUInt16BE(length, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([header, mask]);
}

const masked = (payload: Buffer, mask: Buffer): Buffer =>
  Buffer.from(payload.map((byte, i) => byte ^ mask[i % 4]));

function encode(frames: readonly Frame[], mask: Buffer): Buffer {
  return Buffer.concat(frames.flatMap((frame) => [headerOf(frame, mask), masked(frame.payload, mask)]));
}

function decode(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length;) {
    const [first, second] = bytes.subarray(at);
    const short = second & 0x7f;
    at += 2;
    const length =
      short === 127 ? Number(bytes.readBigUInt64BE(at)) : short === 126 ? bytes.readUInt16BE(at) : short;
    at += short === 127 ? 8 : short === 126 ? 2 : 0;
    const mask = bytes.subarray(at, at + 4);
    at += 4;
    frames.push({
      isLast: (first & 0x80) !== 0,
      kind: first & 0x7f,
      payload: masked(bytes.subarray(at, at + length), mask),
    });
    at += length;
  }
  return frames;
}

/** The messages and control frames that frames make, in order. */
function messagesOf(frames: readonly Frame[]): string[] {
  const messages: string[] = [];
  let message = '';
  for (const { isLast, kind, payload } of frames) {
    if ((kind & 8) !== 0) {
      messages.push(`${kind}:${payload.toString('hex')}`);
      continue;
    }
    message += message === '' ? `${kind}:` : kind === 0 ? '' : `!${kind}:`;
    message += payload.toString('hex');
    if (!isLast) continue;
    messages.push(message);
    message = '';
  }
  return messages;
}

const payload = (max: number) =>
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.integer({ min: 0, max }), fc.nat(255))
      .map(([size, fill]) => Buffer.alloc(size, `${fill}abc`)),
  );
const message = fc
  .tuple(fc.constantFrom(1, 2), fc.array(payload(180_000), { minLength: 1, maxLength: 3 }))
  .map(([kind, parts]): Frame[] =>
    parts.map((part, i) => ({ isLast: i === parts.length - 1, kind: i === 0 ? kind : 0, payload: part })),
  );
const control = payload(125).map((bytes): Frame[] => [
  { isLast: true, kind: 9, payload: bytes.subarray(0, 125) },
]);

describe('the frames of a client', () => {
  it('are cut to 64 kB and make the same messages, however they arrive', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(message, control), { maxLength: 4 }),
        fc.uint8Array({ minLength: 4, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 }),
        (messages, mask, sizes) => {
          const frames = messages.flat();
          const bytes = encode(frames, Buffer.from(mask));
          const cutter = new FrameCutter(MAX_PAYLOAD);
          const out: Buffer[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = sizes[i % sizes.length];
            for (const piece of cutter.cut(bytes.subarray(at, at + size))) out.push(piece.bytes);
            at += size;
          }
          const cut = decode(Buffer.concat(out));
          expect(messagesOf(cut)).toEqual(messagesOf(frames));
          expect(Math.max(0, ...cut.map(({ payload: { length } }) => length))).toBeLessThan(65_536);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('that are longer than a message may be are refused by their header: it stays as it is', () => {
    const header = headerOf(
      { isLast: true, kind: 1, payload: Buffer.alloc(MAX_PAYLOAD + 1) },
      Buffer.alloc(4),
    );
    const out = [...new FrameCutter(MAX_PAYLOAD).cut(header)].map(({ bytes }) => bytes);
    expect(Buffer.concat(out)).toEqual(header);
  });

  it('are handed over in pieces of which none costs much, even where a chunk holds thousands', () => {
    const pings = encode(
      Array(10_000).fill({ isLast: true, kind: 9, payload: Buffer.alloc(0) }),
      Buffer.alloc(4),
    );
    const pieces = [...new FrameCutter(MAX_PAYLOAD).cut(pings)];
    expect(pieces.length).toBeGreaterThan(50);
    expect(Buffer.concat(pieces.map(({ bytes }) => bytes))).toEqual(pings);
  });
});
