import { RuntimeRegistry } from '../../src/runtime/registry.js';

const itWithoutGpu = process.env.CLIPGRAPH_GPU === undefined ? it : it.skip;

/** What the choice among these runtimes writes into the log. */
async function logOf(order: readonly string[], isAuto: boolean) {
  const lines: { level: string; details: object; message: string }[] = [];
  const write = (level: string) => (details: object, message: string) => {
    lines.push({ level, details, message });
  };
  const registry = new RuntimeRegistry({
    ...{ order, isAuto, runtimes: {}, plugins: [], maxQueue: 10, watchdogMs: 60_000 },
    log: { info: write('info'), warn: write('warn'), debug: write('debug') },
  });
  try {
    await registry.default();
  } finally {
    await registry.close();
  }
  return lines;
}

describe('runtimes that cannot run here, in the log', () => {
  itWithoutGpu('are no news where nobody named them', async () => {
    const lines = await logOf(['cuda', 'cpu', 'wasm'], true);
    const cuda = { runtime: 'cuda', reason: expect.stringContaining('CUDA'), remedy: expect.any(String) };
    expect(lines).toContainEqual({ level: 'debug', details: cuda, message: 'runtime not here' });
    const said = lines.filter(({ level }) => level !== 'debug');
    expect(said).toMatchObject([{ level: 'info', details: { runtime: 'cpu' }, message: 'runtime chosen' }]);
    expect(JSON.stringify(said)).not.toContain('CUDA');
  });

  itWithoutGpu('are, where the configuration names them', async () => {
    const [chosen] = await logOf(['cuda', 'cpu'], false);
    expect(chosen).toMatchObject({ level: 'info', details: { runtime: 'cpu', refused: [{ name: 'cuda' }] } });
  });

  itWithoutGpu('are hinted at in one line, with the remedy, where only the last resort is left', async () => {
    const warnings = (await logOf(['cuda', 'wasm'], true)).filter(({ level }) => level === 'warn');
    expect(warnings).toMatchObject([
      { message: expect.stringMatching(/^wasm serves, .*slower than cuda: .+/) },
    ]);
    expect((await logOf(['wasm'], true)).filter(({ level }) => level === 'warn')).toEqual([]);
  });
});
