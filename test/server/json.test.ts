import fc from 'fast-check';
import { ClipgraphError } from '../../src/errors/index.js';
import { parseJson } from '../../src/server/json.js';

const LIMITS = { maxJsonValues: 400_000, maxJsonKeys: 10_000, maxJsonDepth: 64 };
const PLACE = { client: 'a', group: {} };
const parse = (text: string | Buffer, limits = LIMITS) =>
  parseJson(Buffer.from(text as string), limits, PLACE);

async function codeOf(text: string, limits = LIMITS): Promise<string> {
  const error: unknown = await parse(text, limits).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof ClipgraphError ? error.code : String(error);
}

describe('the JSON of a request', () => {
  it('is what JSON.parse makes of it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json({ maxDepth: 6, noUnicodeString: false }), async (text) => {
        expect(await parse(text)).toEqual(JSON.parse(text));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ' { "a" : [ 1 , -0 , 1e400, 2.5E-3 , true , false , null , "" , {} , [] ] } ',
    '{"__proto__":{"x":1},"constructor":2,"a":1,"a":2,"1":0,"0":1}',
    String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud800"`,
    '"é漢😀"',
    '7',
  ])('is read like %s', async (text) => {
    const read = await parse(text);
    expect(JSON.stringify(read)).toBe(JSON.stringify(JSON.parse(text)));
    expect(read).toEqual(JSON.parse(text));
  });

  it.each([
    ...['', ' ', '{', '[', '"', '"\\"', '[1', '[1,', '[1,]', '[,]', '{"a"}', '{"a":}', '{"a":1,}', '{a:1}'],
    ...['01', '1.', '.5', '+1', '1e', '0x1', 'NaN', 'tru', 'truex', '1 2', '[]]', '{]', '[}', "'a'"],
    ...['"\n"', '"\\x"', '"\\u12"', '"\t"', '\u00a01', '1'.repeat(2000)],
  ])('is refused where JSON.parse refuses it, or a number is absurd: %#', async (text) => {
    expect(await codeOf(text)).toBe('BAD_USER_INPUT');
  });

  it('of any bytes at all is read as JSON.parse reads it, or refused', async () => {
    const piece = fc.constantFrom(...'{}[],:"\\u0123eE.- truefalsn\n'.split(''), 'é', '\\"', '\\\\', 'null');
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
        const text = pieces.join('');
        let expected: unknown = 'BAD_USER_INPUT';
        let isJson = true;
        try {
          expected = JSON.parse(text);
        } catch {
          isJson = false;
        }
        if (isJson) expect(await parse(text)).toEqual(expected);
        else expect(await codeOf(text)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  it('may begin with a byte order mark', async () => {
    expect(await parse('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it.each([
    ['escapes', String.raw`\n`],
    ['escaped backslashes', '\\\\'],
    ['escaped code points', String.raw`a\u00e9\\`],
    ['pairs of surrogates', String.raw`\ud83d\ude00`],
    ['characters of three bytes', '漢'],
    ['characters of four bytes', 'x😀é'],
    ['base64', 'AAAA'],
    ['backslashes before a code point', String.raw`\\\\\u00e9`],
  ])('keeps long strings of %s whole, wherever they are cut', async (_, unit) => {
    for (const shift of ['', 'a', 'ab', 'abc']) {
      const text = `["${shift}${unit.repeat(Math.ceil(1_200_000 / Buffer.byteLength(unit)))}"]`;
      expect(await parse(text)).toEqual(JSON.parse(text));
    }
  });

  it('has keys of at most 1,000 bytes, wherever they stand', async () => {
    const long = (length: number): string => `"${'k'.repeat(length)}":1`;
    await expect(parse(`{${long(1000)}}`)).resolves.toHaveProperty('k'.repeat(1000));
    for (const text of [`{${long(1001)}}`, `{"a":1,${long(1001)}}`, `[{"a":{${long(2_000_000)}}}]`]) {
      await expect(parse(text)).rejects.toMatchObject({
        code: 'BAD_USER_INPUT',
        message: expect.stringContaining('longer than 1000 bytes') as string,
      });
    }
  });

  it('is refused where it holds too many values or is too deep', async () => {
    const limits = { maxJsonValues: 10, maxJsonKeys: 3, maxJsonDepth: 3 };
    const read = (text: string) => parseJson(Buffer.from(text), limits, PLACE);
    await expect(read('[1,2,3,4,5,6,7,8,9]')).resolves.toHaveLength(9);
    await expect(read('[1,2,3,4,5,6,7,8,9,10]')).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('limits.maxJsonValues') as string,
    });
    await expect(read('{"a":1,"b":2,"c":3}')).resolves.toMatchObject({ c: 3 });
    await expect(read('{"a":1,"b":2,"c":3,"d":4}')).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('limits.maxJsonKeys') as string,
    });
    await expect(read('[{"a":1},{"b":1},{"a":1},{"b":1,"c":1}]')).resolves.toHaveLength(4);
    for (const different of ['[{"a":1},{"b":1},{"c":1},{"d":1}]', '[{"a":1,"b":1},{"b":1,"a":1}]']) {
      expect(await codeOf(different, limits)).toBe('PAYLOAD_TOO_LARGE');
    }
    await expect(read('[[[1]]]')).resolves.toEqual([[[1]]]);
    await expect(read('[[[[1]]]]')).rejects.toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: expect.stringContaining('limits.maxJsonDepth') as string,
    });
  });

  it('of a client is read by turns with those of another one, however many of them there are', async () => {
    const client = (name: string) => ({ client: name, group: {} });
    const large = Buffer.from(JSON.stringify(Array.from({ length: 20_000 }, () => [1])));
    const flood = Array.from({ length: 20 }, () => parseJson(large, LIMITS, client('flooding')));
    let turns = 0;
    let isCounting = true;
    const count = (): void => {
      turns++;
      if (isCounting) setImmediate(count);
    };
    count();
    await parseJson(Buffer.from('{}'), LIMITS, client('quiet'));
    isCounting = false;
    expect(turns).toBeLessThan(10);
    await Promise.all(flood);
  });
});
