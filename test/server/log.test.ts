import { Writable } from 'node:stream';
import { createLog } from '../../src/server/log.js';

/** What one message becomes. */
function written(format: 'auto' | 'json' | 'pretty', isTerminal: boolean): string {
  let text = '';
  const sink = new Writable({
    write: (chunk, _, done) => {
      text += String(chunk);
      done();
    },
  });
  const log = createLog({ level: 'info', format }, isTerminal, sink);
  log.info({ runtime: 'cpu', threads: 2 }, 'runtime chosen');
  return text;
}

describe('the form of the log', () => {
  it('is JSON for programs', () => {
    for (const text of [written('auto', false), written('json', true)]) {
      expect(JSON.parse(text)).toMatchObject({ level: 30, runtime: 'cpu', msg: 'runtime chosen' });
    }
  });

  it('is a readable line on a terminal, and where it is asked for', () => {
    for (const text of [written('auto', true), written('pretty', false)]) {
      expect(text).toMatch(/\d\d:\d\d:\d\d/);
      expect(text).toContain('runtime chosen');
      expect(text).toMatch(/"runtime":"cpu"/);
      expect(text.trim().split('\n')).toHaveLength(1);
    }
  });
});
