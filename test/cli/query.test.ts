import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contentFor, partsOf } from '../../src/cli/query.js';

const reading = { form: 'as it looks', separator: '\n' } as const;
const parts = (...words: string[]) =>
  partsOf(words, reading).map(({ content, weight = 1 }) => [content.text ?? 'a picture', weight]);

describe('what the words of a search stand for', () => {
  it.each([
    [['a red car'], [['a red car', 1]]],
    [['a', 'red', 'car'], [['a red car', 1]]],
    [['horse + stripes - "black and white"'], [['horse', 1], ['stripes', 1], ['black and white', -1]]],
    [['horse', '+', 'stripes', '-', 'black and white'], [['horse', 1], ['stripes', 1], ['black and white', -1]]],
    [['2*horse - 0.5 * "a + b"'], [['horse', 2], ['a + b', -0.5]]],
    [['2*horse', '-', 'night'], [['horse', 2], ['night', -1]]],
    [['- night'], [['night', -1]]],
    [['"black - white"'], [['black - white', 1]]],
    [['text:black - white'], [['black - white', 1]]],
    [['text:2*horse'], [['2*horse', 1]]],
    [['well-known + a 5" disk'], [['well-known', 1], ['a 5" disk', 1]]],
    [['"a" quoted word'], [['"a" quoted word', 1]]],
    [['"a \\"b\\" + c" + d'], [['a "b" + c', 1], ['d', 1]]],
    [['C++'], [['C++', 1]]],
  ])('%j is %j', (words, expected) => {
    expect(parts(...words)).toEqual(expected);
  }); // prettier-ignore

  it.each([['horse +'], ['+'], [''], ['horse + - night'], ['horse +  ']])('refuses %j', (words) => {
    expect(() => parts(words)).toThrow(/There is nothing (after [+-]|in the query)/);
  });

  it.each([[['horse', '+']], [['+', '-', 'night']], [['-']]])('refuses the words %j', (words) => {
    expect(() => parts(...words)).toThrow(/There is nothing after [+-]/);
  });

  it('takes all for one text with --text', () => {
    const [{ content }] = partsOf(['horse + stripes'], { ...reading, form: 'text' });
    expect(content).toEqual({ text: 'horse + stripes' });
  });

  it('does not cut the name of a file', () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'clipgraph-')), 'photo - copy.jpg');
    writeFileSync(file, '');
    expect(parts(file)).toEqual([['a picture', 1]]);
    expect(parts(`"${file}" + night`)).toEqual([['a picture', 1], ['night', 1]]); // prettier-ignore
  });

  it('is one content where there is one, a blend where there are several', () => {
    expect(contentFor(partsOf(['a'], reading))).toEqual({ text: 'a' });
    expect(contentFor(partsOf(['- a'], reading))).toMatchObject({ blend: [{ weight: -1 }] });
  });
});
