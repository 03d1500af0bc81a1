import { runServer, type RunningServer } from '../running-server.js';

let server: RunningServer;
beforeAll(async () => {
  server = await runServer();
});
afterAll(() => server.close());

describe('a long answer', () => {
  it.each([0, 1, 2, 3])('holds its characters whole, wherever it is cut: %i', async (shift) => {
    const text = `${'x'.repeat(shift)}${'🦊漢é'.repeat(2500)}`;
    const aliases = Array.from({ length: 20 }, (_, i) => `a${i}: text`).join(' ');
    const query = `query ($text: String!) { embed(input: { text: $text }, options: { truncate: true }) { ${aliases} } }`;
    const { data } = await server.post(query, { text });
    expect(data?.embed).toEqual(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a${i}`, text])));
  });
});
