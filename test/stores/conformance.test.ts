import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { storeConformanceTests } from 'clipgraph/conformance';

const MODULE = path.join(__dirname, 'faulty', 'index.js');
const { names } = jest.requireActual<{ names: readonly string[] }>('./faulty/index.js');

/** Each fault of test/stores/faulty, and the test that has to find it. */
const FOUND_BY: Readonly<Record<string, RegExp>> = {
  'ties by UTF-16': /equal cosines by the bytes/,
  'cosines in float32': /to the last bit, for one query/,
  'misses the last hit': /to the last bit, for one query/,
  'the least cosine is left out': /at least the least cosine/,
  'a page repeats the last hit': /pages through all/,
  'one answer for all queries': /to the last bit, for one query/,
  'a batch in parts': /keeps nothing of its batch/,
  'metadata always replaced': /absent metadata stays/,
  'vectors of half precision': /the vector to the bit/,
  'no thumbnails': /gives back what it was given/,
  'counts what is asked': /finds nothing of what was removed/,
  'a filter by text': /each operator and every kind of value/,
  'not of a missing key is false': /each operator and every kind of value/,
  'a scan sees what is written': /what there was when it began/,
  'a scan from the one after': /orders them by their bytes/,
  'makes one twice': /makes no collection twice/,
  'replaces without being told to': /gives a collection another name/,
};

/** What a test says of the store in-memory, with a fault or without. */
async function outcome(test: RegExp, fault?: string): Promise<string> {
  const place = () =>
    Promise.resolve({ options: { key: randomUUID(), fault }, remove: () => Promise.resolve() });
  const tests = storeConformanceTests({ name: 'faulty', module: MODULE, place });
  const found = tests.filter(({ name }) => test.test(name));
  expect(found).toHaveLength(1);
  return found[0].run().then(() => 'passes', String);
}

describe('the suite for stores', () => {
  it('has a test for each fault', () => {
    expect([...names].sort()).toEqual(Object.keys(FOUND_BY).sort());
  });

  it.each(Object.entries(FOUND_BY))('finds the fault: %s', async (fault, test) => {
    const sound = await outcome(test);
    const faulty = await outcome(test, fault);
    expect(faulty).toMatch(/^Error: /);
    expect(faulty).not.toBe(sound);
  });
});
