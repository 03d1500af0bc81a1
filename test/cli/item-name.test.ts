import { nameOf } from '../../src/cli/item-name.js';

describe('the name of an item', () => {
  it('is its source, else its text, else its id', () => {
    const item = { source: 'a/dog.png', text: 'a dog', id: '1' };
    expect(nameOf(item)).toBe('a/dog.png');
    expect(nameOf({ ...item, source: undefined })).toBe('a dog');
    expect(nameOf({ ...item, source: undefined, text: undefined })).toBe('1');
  });

  it('is one line, and commands no terminal', () => {
    const text = 'a \u001b]0;title\u0007dog\r\n\u009b2Jand \u{1F415}\u200D\u{1F9BA}';
    expect(nameOf({ source: undefined, text, id: '1' })).toBe(
      'a  ]0;title dog 2Jand \u{1F415}\u200D\u{1F9BA}',
    );
  });
});
