import { runServerApart } from '../server-apart.js';

it('the first text, which reads the tokenizer and starts the runtime, does not hold up the event loop', async () => {
  const server = await runServerApart({}, { isWarm: false });
  try {
    const query = '{ embed(input: {text: "a dog in the grass"}) { id tokens { count } } }';
    const { status, code, longestTurnMs } = await server.post(JSON.stringify({ query }));
    expect({ status, code }).toEqual({ status: 200, code: undefined });
    expect(longestTurnMs).toBeLessThan(200);
  } finally {
    await server.close();
  }
});
