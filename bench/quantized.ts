// What q8 costs in fidelity: `npm run bench:quantized -- MODEL`, tiny CLIP if none is given. Prints the error of the weights as they are
// kept (7 bits: what cannot saturate on any processor) and as 8 bits would have them, and the cosines of the examples' vectors
// with those of the stored weights.
import path from 'node:path';
import { createClipgraph, cosine } from '../src/index.js';
import { EXAMPLES } from '../src/media/index.js';
import { openModel } from '../src/models/index.js';
import { quantizedError } from '../src/models/conversion/conversion.js';

const [name = path.join(__dirname, '..', 'test', 'goldens', 'tiny-clip')] = process.argv.slice(2);

async function vectorsOf(dtype: 'stored' | 'q8'): Promise<Float32Array[]> {
  const clipgraph = await createClipgraph({ model: name, dtype });
  try {
    const images = EXAMPLES.map(({ name: example }) => ({ image: { example } }));
    return await Promise.all(images.map(async (image) => (await clipgraph.embed(image)).vector));
  } finally {
    await clipgraph.close();
  }
}

async function main(): Promise<void> {
  const model = await openModel(name);
  for (const [bits, largest] of [
    [7, 64],
    [8, 127],
  ]) {
    const error = await quantizedError(model, largest);
    console.log(`weights of ${bits} bits: ${(100 * error).toFixed(2)} % of their size off, root mean square`);
  }
  const [stored, q8] = [await vectorsOf('stored'), await vectorsOf('q8')];
  const cosines = stored.map((vector, i) => cosine(vector, q8[i]));
  const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
  console.log(
    `${cosines.length} pictures: cosine ${mean.toFixed(5)} on average, ${Math.min(...cosines).toFixed(5)} at least`,
  );
}

void main();
