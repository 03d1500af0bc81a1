import type { Isolation, TowerSource } from '../contract.js';
import { RuntimeHost, type HostOptions } from '../host.js';
import type { RunResult } from '../wire.js';
import { expectedOfColour, imageBatch, textBatch, TEXTS } from './batches.js';
import { check, expectCode, type ConformanceTest } from './checks.js';
import {
  bytesGraph,
  DIMENSIONS,
  imageAnswer,
  textAnswer,
  textGraph,
  towerSource,
  VOCABULARY,
} from './graphs.js';

/** The plugin that is to be tested. */
export interface ConformanceSubject {
  /** The name that the plugin must give itself. */
  readonly name: string;
  /** Its module: a path, a file URL or the name of a package, as seen from the working directory. */
  readonly module: string;
  readonly options?: Record<string, unknown>;
  /** As the plugin asks for, if absent. */
  readonly isolation?: Isolation;
  /**
   * Whether the plugin runs the graphs that it is given. Default true. One that declares `needsGraph: false` must have the towers
   * of `conformanceGraphs()` as the model `conformance`; tests of other graphs are then left out.
   */
  readonly needsGraph?: boolean;
  /** How far a value may be from the exact one, relative to it where it is above 1. Default 1e-5. */
  readonly tolerance?: number;
}

/** A signal of its own for each run: listeners must not gather on one. */
const unaborted = (): AbortSignal => new AbortController().signal;
const WATCHDOG_MS = 30_000;

/**
 * What every runtime plugin must do, as a list that any test runner can take: numbers, order, batch sizes, bad graphs,
 * concurrency, cancelling, dying and closing. Each test starts the plugin as the server would, apart from itself.
 */
export function conformanceTests(subject: ConformanceSubject): ConformanceTest[] {
  const { name, module: specifier, options = {}, isolation, needsGraph = true, tolerance = 1e-5 } = subject;

  const withHost = async (
    work: (host: RuntimeHost) => Promise<void>,
    limits: Pick<HostOptions, 'maxTowerBytes'> = {},
  ): Promise<void> => {
    const log = { info: () => undefined, warn: () => undefined, debug: () => undefined };
    const module = { specifier, from: process.cwd() };
    const plugin = { name, module, options, isolation, log, watchdogMs: WATCHDOG_MS };
    const host = new RuntimeHost({ ...plugin, ...limits });
    try {
      await work(host);
    } finally {
      await host.close();
    }
  };
  const test = (title: string, work: (host: RuntimeHost) => Promise<void>): ConformanceTest => ({
    name: title,
    run: () => withHost(work),
  });
  /** Of a graph that is given to the plugin. */
  const graphTest = (...parts: Parameters<typeof test>): ConformanceTest[] =>
    needsGraph ? [test(...parts)] : [];

  const checkRows = ({ vectors }: RunResult, expected: readonly (readonly number[])[]): void => {
    check(
      vectors.length === expected.length * DIMENSIONS,
      () => `${vectors.length} values for ${expected.length} rows`,
    );
    for (const [row, values] of expected.entries()) {
      for (const [column, value] of values.entries()) {
        const actual = vectors[row * DIMENSIONS + column];
        check(
          Math.abs(actual - value) <= tolerance * Math.max(1, Math.abs(value)),
          () => `row ${row}, column ${column}: ${actual}, not ${value}`,
        );
      }
    }
  };
  const runTexts = async (
    host: RuntimeHost,
    texts: readonly (readonly number[])[],
    source: TowerSource = towerSource('text'),
  ): Promise<RunResult> => {
    const result = await host.run({ source, batch: textBatch(texts) }, unaborted());
    checkRows(result, texts.map(textAnswer));
    return result;
  };
  const maxBatchOf = async (host: RuntimeHost): Promise<number> => {
    const probe = await host.probe();
    if (!probe.ready) throw new Error(`not ready: ${probe.reason} ${probe.remedy}`);
    return probe.info.maxBatch;
  };

  return [
    test('says what it is', async (host) => {
      const probe = await host.probe();
      if (!probe.ready) throw new Error(`not ready: ${probe.reason} ${probe.remedy}`);
      const { device, library, version, threads, maxBatch, maxInFlight } = probe.info;
      check(
        [device, library, version].every((text) => text.length > 0),
        () => 'device, library or version is empty',
      );
      check(
        [threads, maxBatch, maxInFlight].every((count) => count >= 1),
        () => 'threads, maxBatch or maxInFlight is below 1',
      );
    }),
    test('gives the right numbers for texts', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
    }),
    test('gives the right numbers for pictures', async (host) => {
      const colours = [[255, 0, 10] as const, [0, 128, 255] as const];
      const result = await host.run(
        { source: towerSource('image'), batch: imageBatch(colours) },
        unaborted(),
      );
      checkRows(result, colours.map(expectedOfColour));
    }),
    test('keeps the order in a batch of any size up to its largest', async (host) => {
      const largest = await maxBatchOf(host);
      for (const size of new Set([1, 2, 3, Math.min(largest, TEXTS.length)]))
        await runTexts(host, TEXTS.slice(0, size));
    }),
    test('gives a text the same numbers alone and among longer ones', async (host) => {
      const batch = TEXTS.slice(0, Math.min(await maxBatchOf(host), 8));
      const together = await runTexts(host, batch);
      for (const [row, text] of batch.entries()) {
        const alone = await runTexts(host, [text]);
        const same = together.vectors.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
        check(
          alone.vectors.every((value, i) => Math.abs(value - same[i]) <= tolerance),
          () => `text ${row} differs`,
        );
      }
    }),
    ...graphTest('feeds ids of the type that the graph takes', async (host) => {
      await runTexts(host, TEXTS.slice(0, 2), towerSource('text', textGraph('int32')));
    }),
    ...graphTest('feeds the bytes of pictures to a graph that takes them', async (host) => {
      const colours = [[255, 0, 10] as const, [0, 128, 255] as const];
      const source = towerSource('image', bytesGraph());
      const result = await host.run({ source, batch: imageBatch(colours) }, unaborted());
      checkRows(result, colours.map(imageAnswer));
    }),
    test('runs both towers of a model, and several models', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
      await host.run({ source: towerSource('image'), batch: imageBatch([[1, 2, 3]]) }, unaborted());
      await runTexts(host, TEXTS.slice(0, 1), { ...towerSource('text'), key: 'another' });
    }),
    ...graphTest('refuses a graph that is none, and goes on', async (host) => {
      const source = towerSource('text', new TextEncoder().encode('no graph'));
      await expectCode(host.run({ source, batch: textBatch([[1]]) }, unaborted()), ['MODEL_UNAVAILABLE']);
      await runTexts(host, TEXTS.slice(0, 1));
    }),
    ...graphTest('refuses a graph without the output that the model names', async (host) => {
      const source = towerSource('text', textGraph(), { output: 'nothing' });
      await expectCode(host.run({ source, batch: textBatch([[1]]) }, unaborted()), ['MODEL_UNAVAILABLE']);
    }),
    ...graphTest('refuses a graph whose output has another width', async (host) => {
      const source = towerSource('text', textGraph(), { dimensions: DIMENSIONS + 1 });
      await expectCode(host.run({ source, batch: textBatch([[1]]) }, unaborted()), ['RUNTIME_UNAVAILABLE']);
    }),
    test('refuses ids beyond the table of embeddings, and goes on', async (host) => {
      for (const id of [VOCABULARY, VOCABULARY + 5, -1]) {
        const batch = textBatch([[1, id, 2]]);
        await expectCode(host.run({ source: towerSource('text'), batch }, unaborted()), [
          'MODEL_UNAVAILABLE',
        ]);
      }
      await runTexts(host, [[VOCABULARY - 1], ...TEXTS.slice(0, 1)]);
    }),
    {
      name: 'opens a tower once, however many ask for it at once, also when another has to be closed for it',
      run: () =>
        withHost(
          async (host) => {
            const bytes = 1000;
            const image = { ...towerSource('image'), bytes };
            const first = await host.run({ source: image, batch: imageBatch([[1, 2, 3]]) }, unaborted());
            const texts = TEXTS.slice(0, 8);
            const source = { ...towerSource('text'), bytes };
            const results = await Promise.all(texts.map((text) => runTexts(host, [text], source)));
            const openings = results.map((result) => result.openings - first.openings);
            check(
              openings.every((count) => count === 1),
              () => `the tower was opened ${Math.max(...openings)} times`,
            );
            const held = results.at(-1)?.held ?? [];
            check(held.length === 1, () => `it holds ${held.length} towers where there is room for one`);
          },
          { maxTowerBytes: 1000 },
        ),
    },
    test('answers many at once', async (host) => {
      await Promise.all(TEXTS.map((text) => runTexts(host, [text])));
    }),
    test('goes on after a request was cancelled', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
      const controller = new AbortController();
      const params = { source: towerSource('text'), batch: textBatch(TEXTS.slice(0, 2)) };
      const cancelled = host.run(params, controller.signal).catch(() => undefined);
      controller.abort(new Error('cancelled'));
      await cancelled;
      await runTexts(host, TEXTS.slice(0, 2));
    }),
    test('runs nothing for a request that was cancelled before', async (host) => {
      const { openings } = await runTexts(host, TEXTS.slice(0, 1));
      const source = { ...towerSource('text'), key: 'never opened' };
      const run = host.run({ source, batch: textBatch([[1]]) }, AbortSignal.abort(new Error('cancelled')));
      const outcome = await run.catch((error: unknown) => error);
      check(
        outcome instanceof Error && outcome.message === 'cancelled',
        () => 'it was run all the same, or failed otherwise',
      );
      const after = await runTexts(host, TEXTS.slice(0, 1));
      check(after.openings === openings, () => 'a tower was opened for it');
    }),
    test('answers the others when some of many are cancelled', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
      const runs = TEXTS.slice(0, 16).map((text, i) => {
        const controller = new AbortController();
        const params = { source: towerSource('text'), batch: textBatch([text]) };
        const run = host.run(params, controller.signal);
        if (i % 2 === 0) {
          return run.then((result) => {
            checkRows(result, [textAnswer(text)]);
          });
        }
        controller.abort(new Error('cancelled'));
        return run.catch(() => undefined);
      });
      await Promise.all(runs);
    }),
    test('is started again when it dies, and the work is done', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
      const running = TEXTS.slice(0, 10).map((text) => runTexts(host, [text]));
      host.kill();
      await Promise.all(running);
      check(host.restarts >= 1, () => 'it was not started again');
    }),
    test('ends when it is closed, and answers no more', async (host) => {
      await runTexts(host, TEXTS.slice(0, 1));
      await host.close();
      check(!host.isRunning, () => 'it is still running');
      await expectCode(host.run({ source: towerSource('text'), batch: textBatch([[1]]) }, unaborted()), [
        'RUNTIME_UNAVAILABLE',
      ]);
    }),
  ];
}
