import { Router } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Embedder } from '../engine/index.js';
import type { BatchReport } from '../runtime/batcher.js';
import { residentBytes } from '../isolation/memory.js';
import { CollectionMetrics } from './collection-metrics.js';
import { PreparationMetrics } from './preparation-metrics.js';

/** One operation that was answered. */
export interface OperationReport {
  /** The fields of Query or Subscription that it asked for, or `invalid`. */
  readonly fields: readonly string[];
  /** The code of the first error; OK where there is none. */
  readonly code: string;
  readonly milliseconds: number;
}

/** Gauges of prom-client's with the ending of a counter; the same by type stay. */
const NO_COUNTERS = ['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`);

/** What `/metrics` says, in Prometheus' names and units. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #operations: Counter<'field' | 'code'>;
  readonly #seconds: Histogram<'field'>;
  readonly #batches: Histogram<'runtime' | 'kind'>;
  readonly #batchSeconds: Histogram<'runtime' | 'kind'>;
  readonly #streams: Gauge;
  /** Of the preparation of pictures. */
  readonly preparation = new PreparationMetrics(this.#registry);
  /** Of what is added to collections, and searched. */
  readonly collections = new CollectionMetrics(this.#registry);

  constructor() {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry }); // Event-loop lag, memory, CPU, garbage collection.
    for (const name of NO_COUNTERS) this.#registry.removeSingleMetric(name);
    this.#operations = new Counter({
      name: 'clipgraph_operations_total',
      help: 'GraphQL operations that were answered, by root field and the code of the first error.',
      labelNames: ['field', 'code'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'clipgraph_operation_duration_seconds',
      help: 'From the start of an operation to its answer.',
      labelNames: ['field'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    });
    this.#batches = new Histogram({
      name: 'clipgraph_batch_size',
      help: 'Contents of a batch that a runtime has run.',
      labelNames: ['runtime', 'kind'],
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    });
    this.#batchSeconds = new Histogram({
      name: 'clipgraph_batch_duration_seconds',
      help: 'The run of a batch.',
      labelNames: ['runtime', 'kind'],
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#streams = new Gauge({
      name: 'clipgraph_websocket_operations',
      help: 'Operations under way over WebSocket.',
      registers,
    });
  }

  operation({ fields, code, milliseconds }: OperationReport): void {
    for (const field of new Set(fields)) {
      this.#operations.inc({ field, code });
      this.#seconds.observe({ field }, milliseconds / 1000);
    }
  }

  batch(runtime: string, { kind, size, milliseconds }: BatchReport): void {
    this.#batches.observe({ runtime, kind }, size);
    this.#batchSeconds.observe({ runtime, kind }, milliseconds / 1000);
  }

  streams(running: number): void {
    this.#streams.set(running);
  }

  /** What is read off the embedder whenever somebody looks. */
  watch(embedder: Embedder): void {
    const registers = [this.#registry];
    const perRuntime = (
      Metric: typeof Counter | typeof Gauge,
      name: string,
      help: string,
      read: 'waiting' | 'restarts' | 'workers',
    ): void => {
      new Metric({
        name,
        help,
        labelNames: ['runtime'],
        registers,
        collect() {
          this.reset();
          for (const runtime of embedder.runtimes.list()) this.inc({ runtime: runtime.name }, runtime[read]);
        },
      });
    };
    this.preparation.watch(embedder);
    perRuntime(Gauge, 'clipgraph_queue_length', 'Contents waiting for a runtime.', 'waiting');
    perRuntime(
      Counter,
      'clipgraph_worker_restarts_total',
      'Workers that were lost and started again.',
      'restarts',
    );
    perRuntime(Gauge, 'clipgraph_workers', 'Processes or threads that a runtime may use.', 'workers');
    new Gauge({
      name: 'clipgraph_worker_resident_bytes',
      help: 'Memory of the worker processes of a runtime; Linux only.',
      labelNames: ['runtime'],
      registers,
      collect() {
        for (const { name, pids } of embedder.runtimes.list()) {
          this.set(
            { runtime: name },
            pids.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0),
          );
        }
      },
    });
    const single = (
      Metric: typeof Counter | typeof Gauge,
      name: string,
      help: string,
      read: () => number,
    ): void => {
      new Metric({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    };
    single(
      Gauge,
      'clipgraph_operation_queue_length',
      'Contents of operations that wait to begin.',
      () => embedder.operationRoom.size,
    );
    const { budget } = embedder;
    single(Gauge, 'clipgraph_bytes_under_way', 'Bytes that requests hold now.', () => budget.bytes);
    single(
      Gauge,
      'clipgraph_bytes_under_way_peak',
      'The most that they have held at once.',
      () => budget.peak,
    );
    single(
      Gauge,
      'clipgraph_bytes_under_way_limit',
      'What they may hold: limits.maxBytesUnderWay.',
      () => budget.maxBytes,
    );
    const cached = (read: keyof Embedder['cacheUsage']) => () => embedder.cacheUsage[read];
    single(Counter, 'clipgraph_cache_hits_total', 'Embeddings that were known.', cached('hits'));
    single(Counter, 'clipgraph_cache_misses_total', 'Embeddings that were not.', cached('misses'));
    single(Gauge, 'clipgraph_cache_entries', 'Embeddings in the cache.', cached('entries'));
    single(Gauge, 'clipgraph_cache_bytes', 'Memory of the cache.', cached('bytes'));
  }

  /** `/metrics`. */
  routes(): Router {
    const routes = Router();
    routes.get('/metrics', async (_request, response) => {
      response.type(this.#registry.contentType).send(await this.#registry.metrics());
    });
    return routes;
  }
}
