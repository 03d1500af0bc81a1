import { CLIP_NORMALIZATION } from '../core/image/index.js';
import { IMAGE_SIZE, towerSource } from './conformance/graphs.js';
import type { RuntimeHost } from './host.js';

/** Milliseconds for a run of three multiplications, its worker's start included. */
const TRIAL_MS = 15_000;

/**
 * Runs the smallest of towers on a runtime. One that runs models of its own is only asked.
 *
 * @throws RUNTIME_UNAVAILABLE
 */
export async function trialRun(host: RuntimeHost): Promise<void> {
  if (!host.needsGraph) return;
  const crops = [new Uint8Array(IMAGE_SIZE * IMAGE_SIZE * 3)];
  const batch = { kind: 'image', crops, size: 1, imageSize: IMAGE_SIZE } as const;
  const params = { source: towerSource('image'), batch: { ...batch, normalization: CLIP_NORMALIZATION } };
  await host.run(params, AbortSignal.timeout(TRIAL_MS));
}
