import { ClipgraphError, withoutPaths } from '../../src/errors/index.js';
import { fromWireError, toWireError } from '../../src/isolation/wire-error.js';

const sent = (error: unknown): Error => fromWireError(structuredClone(toWireError(error)));

describe('an error that crosses to the server', () => {
  it('keeps its code, its stack and its causes', () => {
    const root = new RangeError('the root');
    const error = new ClipgraphError('MODEL_UNAVAILABLE', 'The model is damaged.', {
      cause: new Error('in between', { cause: root }),
    });
    const arrived = sent(error);
    expect(arrived).toBeInstanceOf(ClipgraphError);
    expect(arrived).toMatchObject({ code: 'MODEL_UNAVAILABLE', message: 'The model is damaged.' });
    expect(arrived.stack).toBe(error.stack);
    const [between, last] = [arrived.cause as Error, (arrived.cause as Error).cause as Error];
    expect(between.message).toBe('in between');
    expect(last).toMatchObject({ name: 'RangeError', message: 'the root', stack: root.stack });
  });

  it('is bounded, whatever was thrown', () => {
    const loop = new Error('x'.repeat(1e6));
    loop.cause = loop;
    expect(JSON.stringify(toWireError(loop)).length).toBeLessThan(200_000);
    expect(sent('a string').message).toBe('a string');
    expect(sent(undefined).message).toBe('undefined');
  });

  it('of a code that the table does not know is not a coded one', () => {
    const wire = { ...toWireError(new Error('x')), code: 'NO_SUCH_CODE' as never };
    expect(fromWireError(wire)).not.toBeInstanceOf(ClipgraphError);
  });
});

describe("a stranger's sentence", () => {
  it.each([
    ['cannot open /home/operator/.secrets/license.key', 'cannot open license.key'],
    ["ENOENT: no such file, open '/home/my user/a b/key.pem'", "ENOENT: no such file, open 'key.pem'"],
    ['Cannot load C:\\Users\\me\\ort.dll: code 126', 'Cannot load ort.dll: code 126'],
    ['see ~/.config/token and ../up/two', 'see token and two'],
    ['from file:///opt/app/index.js, line 3', 'from index.js, line 3'],
    ['at \\\\server\\share\\model.onnx', 'at model.onnx'],
    ['(/usr/lib/libcuda.so.1)', '(libcuda.so.1)'],
    ['the first line\n    at Object.<anonymous> (/x/y.js:1:1)', 'the first line'],
    ['Nobody answers at http://triton:8000/v2/health.', 'Nobody answers at http://triton:8000/v2/health.'],
    [
      'Lower runtimes.cuda.workers and/or bin/napi-v6/ of it',
      'Lower runtimes.cuda.workers and/or bin/napi-v6/ of it',
    ],
    ['returned 16 × 3 where 16 × 384 was expected', 'returned 16 × 3 where 16 × 384 was expected'],
  ])('%j is, for a client, %j', (text, expected) => {
    expect(withoutPaths(text)).toBe(expected);
  });

  it('is short, and takes no time that grows with its slashes', () => {
    expect(withoutPaths('x'.repeat(1e6))).toHaveLength(500);
    expect(withoutPaths('/'.repeat(1e6)).length).toBeLessThanOrEqual(500);
    expect(withoutPaths("'/".repeat(1e5)).length).toBeLessThanOrEqual(500);
  });
});
