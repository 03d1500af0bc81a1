import fc from 'fast-check';
import { decodeBase64 } from '../../src/media/base64.js';

describe('base64', () => {
  it('gives back any bytes, however it is wrapped', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 2000 }),
        fc.integer({ min: 1, max: 99 }),
        async (bytes, width) => {
          const text = Buffer.from(bytes).toString('base64');
          const wrapped = text.replace(new RegExp(`.{${width}}`, 'g'), '$&\r\n');
          for (const form of [text, wrapped, `data:image/png;base64,${text}`]) {
            expect(Array.from(await decodeBase64(form, 2000))).toEqual(Array.from(bytes));
          }
        },
      ),
    );
  });

  it('decodes what is longer than one slice', async () => {
    const bytes = Buffer.alloc(2_000_001, 'clipgraph');
    expect(bytes.equals(await decodeBase64(bytes.toString('base64'), 3e6))).toBe(true);
  });

  it.each(['a', 'ab=c', 'ab_-', '====', 'äöüß', 'a===', 'data:,abcd', 'data:image/png;base64abcd'])(
    'refuses %s',
    async (text) => {
      await expect(decodeBase64(text, 100)).rejects.toMatchObject({ code: 'INVALID_BASE64' });
    },
  );

  it('refuses too many bytes before it decodes any', async () => {
    await expect(decodeBase64('A'.repeat(400), 299)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
  });
});
