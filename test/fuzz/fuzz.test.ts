import { KIND_NAMES } from './request.js';
import { fuzz } from './run.js';

// More of it: npm run fuzz -- --seed 2 --requests 20000
it('generated requests of every kind are answered, end no process, are told no secret and hold up nothing', async () => {
  const { ends, ...found } = await fuzz({ seed: 16, requests: 320 });
  for (const kind of KIND_NAMES) {
    const ended = Object.keys(ends).filter((what) => what.startsWith(kind));
    expect(ended).not.toEqual([]);
  }
  expect(found).toMatchObject({ unanswered: [], crashes: [], unmasked: [], longTurns: [] });
}, 300_000);
