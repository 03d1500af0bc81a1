import { nearest, suggestion } from '../../src/config/suggestion.js';

describe('a suggestion', () => {
  it.each([
    ['dgo', 'dog'],
    ['port', 'prot'],
    ['wsam', 'wasm'],
    ['maxInput', 'maxInputs'],
    ['CPU', 'cpu'],
  ])('for %s is %s', (name, known) => {
    expect(nearest(name, ['embedded', known, 'something else'])).toBe(known);
    expect(suggestion(name, [known])).toBe(` Did you mean ${known}?`);
  });

  it.each(['unicorn', 'fox', 'x', '', 'd'.repeat(20_000_000)])(
    'is not made where none is near: %.10s',
    (name) => {
      expect(nearest(name, ['dog', 'cat', 'house', 'landscape'])).toBeUndefined();
      expect(suggestion(name, ['dog'])).toBe('');
      expect(suggestion(name, [])).toBe('');
    },
  );
});
