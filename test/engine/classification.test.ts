import { promptsFor } from '../../src/engine/classification.js';

const LIMITS = { maxTextBytes: 100, maxBodyBytes: 250 };

describe('the prompts of a classification', () => {
  it('hold each label wherever the template says', () => {
    expect(promptsFor(['dog', '$&'], 'a {} is a {}', LIMITS)).toEqual(['a dog is a dog', 'a $& is a $&']);
  });

  it.each([
    ['BAD_USER_INPUT', ['a'], 'no place'],
    ['TEXT_TOO_LONG', ['a'], `{}${' '.repeat(100)}`],
    ['TEXT_TOO_LONG', ['a'.repeat(2 ** 28)], '{}'],
    ['TEXT_TOO_LONG', ['a', '漢'.repeat(17)], '{}{}'],
    ['PAYLOAD_TOO_LARGE', ['a'.repeat(90), 'b'.repeat(90), 'c'.repeat(90)], '{}'],
  ])('are refused with %s before they are made', (code, labels, template) => {
    expect(() => promptsFor(labels, template, LIMITS)).toThrow(expect.objectContaining({ code }) as Error);
  });

  it('say which label is too long', () => {
    expect(() => promptsFor(['a', 'b'.repeat(60)], '{} {}', LIMITS)).toThrow(
      expect.objectContaining({ input: { argument: 'labels', index: 1 } }) as Error,
    );
  });

  it('name their label a hundred times at most', () => {
    const limits = { maxTextBytes: 10_000, maxBodyBytes: 10_000 };
    expect(promptsFor(['a'], '{}'.repeat(100), limits)).toEqual(['a'.repeat(100)]);
    expect(() => promptsFor(['a'], '{}'.repeat(101), limits)).toThrow(/\{\} 101 times/);
  });
});
