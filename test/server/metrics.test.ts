import { spawnSync } from 'node:child_process';
import { saySkipped } from '../say-skipped.js';
import { runServer, type RunningServer } from '../running-server.js';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
if (!hasPromtool)
  saySkipped('No promtool was found: /metrics is not checked by it. It is in the package prometheus.');

async function withServer(run: (server: RunningServer) => Promise<void>): Promise<void> {
  const server = await runServer();
  try {
    await run(server);
  } finally {
    await server.close();
  }
}

describe('metrics', () => {
  it('say what Prometheus wants to know', () =>
    withServer(async (server) => {
      await server.post('{ embed(input: {text: "a dog"}) { id } }');
      await server.post('{ embed(input: {text: "a dog"}) { id } }');
      await server.post('{ embed(input: {text: "a dog"}, options: {model: "x"}) { id } }');
      const response = await fetch(`${server.url}/metrics`);
      expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=/);
      const metrics = await response.text();
      for (const line of [
        'clipgraph_operations_total{field="embed",code="OK"} 2',
        'clipgraph_operations_total{field="embed",code="MODEL_NOT_FOUND"} 1',
        'clipgraph_operation_duration_seconds_count{field="embed"} 3',
        'clipgraph_batch_size_count{runtime="cpu",kind="text"} 1',
        'clipgraph_queue_length{runtime="cpu"} 0',
        'clipgraph_worker_restarts_total{runtime="cpu"} 0',
        'clipgraph_cache_hits_total 1',
        'clipgraph_cache_misses_total 1',
      ]) {
        expect(metrics).toContain(`${line}\n`);
      }
      expect(metrics).toMatch(/nodejs_eventloop_lag_p99_seconds \d/);
      expect(metrics).toMatch(/process_resident_memory_bytes \d/);
    }));

  it('call what only grows a counter, and nothing else', () =>
    withServer(async (server) => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const types = [...text.matchAll(/^# TYPE (clipgraph_\S+) (\S+)$/gm)];
      expect(types.length).toBeGreaterThan(10);
      for (const [, name, type] of types)
        expect([name, type === 'counter']).toEqual([name, name.endsWith('_total')]);
    }));

  (hasPromtool ? it : it.skip)('are in order for promtool', () =>
    withServer(async (server) => {
      await server.post('{ embed(input: {text: "a dog"}) { id } }');
      const input = await (await fetch(`${server.url}/metrics`)).text();
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
        input,
        encoding: 'utf8',
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    }),
  );
});
