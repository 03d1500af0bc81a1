import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../src/media/index.js';

const ROOT = path.join(__dirname, '..', '..');
const MAIN = path.join(ROOT, 'dist', 'src', 'cli', 'main.js');

function evaluate(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, 'evaluate', ...args], { encoding: 'utf8', cwd: ROOT });
}

/** A folder with the example pictures and these tasks. */
function evaluationSet(tasks: object[]): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'clipgraph-evaluation-'));
  cpSync(EXAMPLES_FOLDER, path.join(folder, 'pictures'), { recursive: true });
  writeFileSync(path.join(folder, 'tasks.json'), JSON.stringify({ name: 'examples', tasks }));
  return folder;
}

const labels = [...EXAMPLES.map(({ caption }) => caption), 'a bowl of soup'];
const naming = {
  name: 'what is it',
  kind: 'classification',
  labels,
  pictures: EXAMPLES.map(({ file }, label) => ({ file: `pictures/${file}`, label })),
};
const texts = {
  name: 'texts',
  kind: 'similarity',
  pairs: [
    { a: 'a dog', b: 'a puppy', reference: 0.77 },
    { a: 'a dog', b: 'a cat', reference: 0.52 },
    { a: 'a dog', b: 'a car', reference: 0.33 },
  ],
};

describe('clipgraph evaluate', () => {
  it('measures the starter, prints a line a task and writes the figures', () => {
    const folder = evaluationSet([naming, texts]);
    const out = path.join(folder, 'figures.json');
    const { status, stdout, stderr } = evaluate(folder, '--out', out);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^examples: starter, fp32, cpu\n/);
    expect(stdout).toMatch(
      /what is it \(5\): first 100\.0 %, in the first five 100\.0 %, ten 100\.0 %; median rank 1 of 6/,
    );
    expect(stdout).toMatch(/texts \(3\): rank correlation 1\.000/);
    const written = JSON.parse(readFileSync(out, 'utf8')) as object;
    expect(written).toMatchObject({
      set: 'examples',
      model: 'starter',
      runtime: 'cpu',
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      tasks: [
        { name: 'what is it', n: 5, top1: 1 },
        { name: 'texts', n: 3 },
      ],
    });
  });

  it('says which task it could not do, and why', () => {
    const missing = {
      ...naming,
      name: 'one is missing',
      pictures: [{ file: 'pictures/none.png', label: 0 }],
    };
    const { status, stdout, stderr } = evaluate(evaluationSet([missing, texts]));
    expect(status).toBe(1);
    expect(stderr).toMatch(/none\.png: BAD_USER_INPUT/);
    expect(stdout).toMatch(/texts \(3\): rank correlation[^]*one is missing: not done/);
  });

  it.each([
    ['no set', () => tmpdir(), /BAD_USER_INPUT: .*tasks\.json cannot be read: an evaluation set is a folder/],
    ['no tasks', () => evaluationSet([]), /is no evaluation set/],
    [
      'a label that is not there',
      () => evaluationSet([{ ...naming, pictures: [{ file: 'pictures/dog.png', label: 6 }] }]),
      /"what is it" has no label 6, which pictures\/dog\.png is said to have/,
    ],
    [
      'a picture outside of its folder',
      () => evaluationSet([{ ...naming, pictures: [{ file: '../dog.png', label: 0 }] }]),
      /"\.\.\/dog\.png" is outside of the set's folder/,
    ],
  ])('refuses %s', (_, folder, message) => {
    const { status, stderr } = evaluate(folder());
    expect(status).toBe(1);
    expect(stderr).toMatch(message);
  });
});
