import fc from 'fast-check';
import { placeOfError } from '../../src/models/files/json.js';

describe('where a text stops being JSON', () => {
  it.each([
    ['', 1, 1],
    ['nul', 1, 1],
    ['{"a": 1,\n  "b": x}', 2, 8],
    ['[1, 2,\n\n 3', 3, 3],
    ['{"a" 1}', 1, 6],
    ['{"a": 1,}', 1, 9],
    ['[1 2]', 1, 4],
    ['[1]]', 1, 4],
    ['[1}', 1, 3],
    ['{"a": "two\nlines"}', 1, 7],
    ['{"a": 01}', 1, 7],
    ['\ufeff{}', 1, 1],
  ])('%j: line %d, column %d', (text, line, column) => {
    expect(placeOfError(text)).toEqual({ line, column });
  });

  it('is the end of JSON that is cut short, and never inside of what is whole', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 4 }),
        fc.constantFrom(undefined, 1, '\t'),
        fc.nat(),
        (json, space, cut) => {
          const text = JSON.stringify(JSON.parse(json), undefined, space);
          const lines = text.split('\n');
          const end = { line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
          expect(placeOfError(text)).toEqual(end);
          const part = text.slice(0, cut % text.length).trimEnd();
          const { line, column } = placeOfError(part);
          const [last] = part.split('\n').slice(-1);
          // In a part, what stops it is the token that was cut.
          expect(line).toBe(part.split('\n').length);
          expect(/^(|"[^]*|-|[a-z]+|-?\d[\d.eE+-]*)$/.test(last.slice(column - 1))).toBe(true);
        },
      ),
    );
  });

  it('is found in a string of megabytes', () => {
    expect(placeOfError(`["${'a'.repeat(20_000_000)}", ]`)).toEqual({ line: 1, column: 20_000_006 });
  });
});
