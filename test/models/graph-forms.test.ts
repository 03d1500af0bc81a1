import { goldenPath } from '../golden-data.js';
import { openPlugin } from '../open-plugin.js';
import { openModel, type Model } from '../../src/models/index.js';
import type { GraphForm, TowerKind } from '../../src/runtime/index.js';
import type { WireBatch } from '../../src/runtime/wire.js';

const TEXTS = [
  [49_406, 320, 1125, 539, 320, 2368, 49_407],
  [49_406, 49_407],
  [49_406, ...Array.from({ length: 30 }, (_, i) => 1000 + i), 49_407],
];

function batchOf(kind: TowerKind, model: Model): WireBatch {
  if (kind === 'image') {
    const { imageSize } = model.manifest;
    const crops = Uint8Array.from({ length: 3 * imageSize ** 2 * 3 }, (_, i) => (i * i) % 251);
    return { kind, crops: [crops], size: 3, imageSize, normalization: model.pixelPlan };
  }
  const length = Math.max(...TEXTS.map((ids) => ids.length));
  const ids = TEXTS.flatMap((text) => Array.from({ length }, (_, i) => text.at(i) ?? 49_407));
  return { kind, ids: Int32Array.from(ids), lengths: TEXTS.map((text) => text.length), size: 3, length };
}

const FORMS: readonly (readonly [string, GraphForm, number])[] = [
  ['attention as one operation', { attention: 'fused' }, 2e-6],
  ['biases added by the products', { bias: 'joined' }, 2e-6],
  ['numbers of 16 bits', { precision: 'fp16' }, 5e-3],
  ['all of them', { precision: 'fp16', attention: 'fused', bias: 'joined' }, 5e-3],
];

describe('a tower that is built in another form', () => {
  const host = openPlugin('cpu');
  afterAll(() => host.close());
  let model: Model;
  beforeAll(async () => (model = await openModel(goldenPath('tiny-clip'))));

  const embed = async (kind: TowerKind, form?: GraphForm): Promise<Float32Array> => {
    const source = await model.tower(kind, 'pooled', form);
    const run = host.run({ source, batch: batchOf(kind, model) }, new AbortController().signal);
    return (await run).vectors;
  };

  it.each((['text', 'image'] as const).flatMap((kind) => FORMS.map((form) => [kind, ...form] as const)))(
    '%s, with %s, gives the same vectors, as close as that form allows',
    async (kind, _, form, tolerance) => {
      const [plain, other] = [await embed(kind), await embed(kind, form)];
      const largest = Math.max(...plain.map(Math.abs));
      const worst = Math.max(...plain.map((value, i) => Math.abs(value - other[i])));
      expect(worst / largest).toBeLessThan(tolerance);
      // It ran in that form: fewer bits give other numbers.
      if (form.precision !== undefined) expect(worst).toBeGreaterThan(0);
    },
  );

  it('is another tower to a worker, of the same model', async () => {
    const keys = await Promise.all(
      [{}, ...FORMS.map(([, form]) => form)].map(
        async (form) => (await model.tower('text', 'pooled', form)).key,
      ),
    );
    expect(new Set(keys).size).toBe(keys.length);
    const checksum = await model.checksum();
    expect(keys.every((key) => key.startsWith(`${checksum}:`))).toBe(true);
  });

  it('is refused in 16 bits where the model is a file of its own', async () => {
    const starter = await openModel('models/starter');
    await expect(starter.tower('text', 'pooled', { precision: 'fp16' })).rejects.toMatchObject({
      code: 'MODEL_UNAVAILABLE',
      message: expect.stringContaining('fp16 is for safetensors and PyTorch checkpoints'),
    });
    await expect(starter.tower('text', 'pooled', { attention: 'fused' })).resolves.toBeDefined();
  });
});
