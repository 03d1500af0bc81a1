import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Embedder } from '../engine/index.js';
import { residentBytes } from '../isolation/memory.js';
import type { Loss } from '../isolation/remote.js';
import type { PreparationReport } from '../media/index.js';

/** What `/metrics` says of the preparation of pictures. */
export class PreparationMetrics {
  readonly #registers: Registry[];
  readonly #pictures: Counter<'code'>;
  readonly #seconds: Histogram;
  readonly #lost: Counter<'reason'>;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    this.#pictures = new Counter({
      name: 'clipgraph_preparation_pictures_total',
      help: 'Pictures whose preparation has ended, by OK, CANCELLED or the code of the failure.',
      labelNames: ['code'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'clipgraph_preparation_duration_seconds',
      help: 'The preparation of a picture in its process, without what it waited.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#lost = new Counter({
      name: 'clipgraph_preparation_processes_lost_total',
      help: 'Preparation processes that did not start, crashed, were killed, hung, took too much memory, or were ended as nobody waited.',
      labelNames: ['reason'],
      registers,
    });
  }

  prepared({ code, milliseconds }: PreparationReport): void {
    this.#pictures.inc({ code });
    this.#seconds.observe(milliseconds / 1000);
  }

  lost(reason: Loss): void {
    this.#lost.inc({ reason });
  }

  /** What is read off the embedder whenever somebody looks. */
  watch({ preparation }: Embedder): void {
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers: this.#registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge(
      'clipgraph_preparation_queue_length',
      'Pictures waiting for a preparation process.',
      () => preparation.waiting,
    );
    gauge(
      'clipgraph_preparation_processes',
      'Preparation processes that run.',
      () => preparation.pids.length,
    );
    gauge('clipgraph_preparation_resident_bytes', 'Memory of the preparation processes; Linux only.', () =>
      preparation.pids.reduce((sum, pid) => sum + (residentBytes(pid) ?? 0), 0),
    );
  }
}
