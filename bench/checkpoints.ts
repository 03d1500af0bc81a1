// Checkpoints that transformers wrote (training/reference_checkpoints.py), through the graphs that are built over them: how far
// the vectors are from PyTorch's. Fails when one is further than 2e-5. `npm run bench:checkpoints -- /tmp/checkpoints`
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createClipgraph } from '../src/index.js';
import { describeMachine } from './machine.js';

const LIMIT = 2e-5;

interface Reference {
  readonly text: readonly number[];
  /** Absent for a text tower alone, as is the scale. */
  readonly image?: readonly number[];
  readonly logitScale?: number;
  /** Of Stable Diffusion's: the states of all places, row by row. */
  readonly states?: readonly number[];
}

function largestDifference(a: Float32Array, b: readonly number[]): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

async function main(): Promise<void> {
  const root = process.argv.at(2);
  if (root === undefined)
    throw new Error('Name the folder that training/reference_checkpoints.py has written to.');
  let worst = 0;
  for (const name of readdirSync(root).sort()) {
    const folder = path.join(root, name);
    const reference = JSON.parse(readFileSync(path.join(folder, 'reference.json'), 'utf8')) as Reference;
    for (const runtime of ['cpu', 'wasm']) {
      const clipgraph = await createClipgraph({ model: folder, runtime });
      try {
        const raw = { normalize: false };
        const { vector: text } = await clipgraph.embed({ text: 'a dog' }, raw);
        const ofText = largestDifference(text, reference.text);
        let ofImage = 0;
        if (reference.image !== undefined) {
          const picture = { image: { path: path.join(folder, 'picture.png') } };
          const { vector: image } = await clipgraph.embed(picture, raw);
          ofImage = largestDifference(image, reference.image);
        }
        let ofStates = 0;
        if (reference.states !== undefined) {
          const { states } = await clipgraph.tokenEmbeddings('a dog');
          ofStates = largestDifference(states, reference.states);
        }
        const logitScale = clipgraph.models()[0].manifest.logitScale ?? 1;
        worst = Math.max(
          worst,
          ofText,
          ofImage,
          ofStates,
          Math.abs(logitScale / (reference.logitScale ?? 1) - 1),
        );
        console.log(
          `${name.padEnd(25)} ${runtime.padEnd(5)} text ${ofText.toExponential(1)}  image ${reference.image ? ofImage.toExponential(1) : 'none'}${reference.states ? `  states ${ofStates.toExponential(1)}` : ''}`,
        );
      } finally {
        await clipgraph.close();
      }
    }
  }
  console.log(`largest difference: ${worst.toExponential(1)} (${describeMachine()})`);
  if (!(worst <= LIMIT)) throw new Error(`The largest difference is over ${LIMIT}.`);
}

void main();
