import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandLine, type IndexReport, type SearchResult } from './command-line.js';
import { photoFolder } from './pictures.js';

/** Of the issue: 50. */
const KILLS = process.env.CLIPGRAPH_FULL === undefined ? 3 : 50;
const PICTURES = 60;
/** Each run may take as long as a busy machine needs. */
const TIMEOUT_MS = 180_000 + 60_000 * KILLS;

describe('clipgraph index that is killed', () => {
  it(
    'goes on where it was, and ends with the same collection',
    async () => {
      const photos = await photoFolder(PICTURES);
      const whole = new CommandLine();
      const from = performance.now();
      const { count } = whole.json<IndexReport>('index', photos);
      const duration = performance.now() - from;
      const found = (line: CommandLine) =>
        line
          .json<SearchResult>('search', 'a circle', '-n', '200')
          .hits.map(({ item, cosine }) => ({ source: item.source, cosine }))
          .sort((a, b) => (a.source < b.source ? -1 : 1));
      const expected = found(whole);
      expect(expected).toHaveLength(count);

      const killed = new CommandLine();
      for (let kill = 0; kill < KILLS; kill++) {
        const program = killed.start('index', photos);
        const ended = once(program, 'exit');
        await Promise.race([delay(Math.random() * duration), ended]);
        program.kill('SIGKILL');
        await ended;
      }
      const last = killed.json<IndexReport>('index', photos);
      expect(last.count).toBe(count);
      const [{ added, unchanged, refused }] = last.folders;
      expect(added + unchanged).toBe(count);
      expect(refused).toEqual([]);
      // Other batches sum in another order: the last bits differ.
      const close = (cosine: number): unknown => expect.closeTo(cosine, 6);
      expect(found(killed)).toEqual(expected.map((hit) => ({ ...hit, cosine: close(hit.cosine) })));
    },
    TIMEOUT_MS,
  );
});
