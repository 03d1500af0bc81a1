import { residentBytes } from '../../src/isolation/memory.js';
import { runServer } from '../running-server.js';
import { webpOfTables } from '../webp-of-tables.js';

const LIMIT = 20 * 2 ** 20;
const QUERY =
  'query ($picture: String!) { embedBatch(inputs: [{ image: { base64: $picture } }, { image: { example: "dog" } }]) { __typename ... on ContentError { code message } ... on Embedding { dimensions } } }';

// Only Linux says how much memory another process holds.
const onLinux = residentBytes(process.pid) === undefined ? describe.skip : describe;

onLinux('a picture whose decoder takes more memory than its header foretells', () => {
  it('is refused as too large, once, and its process replaced: the next picture answers', async () => {
    const server = await runServer({ limits: { maxDecodeBytes: LIMIT }, preparation: { workers: 1 } });
    try {
      await server.post('{ embed(input: { image: { example: "cat" } }) { dimensions } }');
      const [before] = server.embedder.preparation.pids;
      const answer = await server.post(QUERY, { picture: webpOfTables().toString('base64') });
      expect(answer).toMatchObject({
        status: 200,
        data: {
          embedBatch: [
            {
              code: 'IMAGE_TOO_LARGE',
              message: `Decoding the picture took more memory than it may (limits.maxDecodeBytes is ${LIMIT}).`,
            },
            { __typename: 'Embedding' },
          ],
        },
      });
      const after = server.embedder.preparation.pids;
      expect(after).toHaveLength(1);
      expect(after).not.toContain(before);
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      expect(metrics).toContain('clipgraph_preparation_processes_lost_total{reason="memory"} 1\n');
      expect(metrics).toContain('clipgraph_preparation_pictures_total{code="IMAGE_TOO_LARGE"} 1\n');
      expect(metrics).not.toMatch(/processes_lost_total\{reason="(?!memory)/);
    } finally {
      await server.close();
    }
  });
});
