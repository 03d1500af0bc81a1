// How fast /health/live answers while a batch of 64 pictures runs. Fails when the 99th percentile exceeds 50 ms.
import sharp from 'sharp';
import { describeMachine, percentile } from './machine.js';
import { pollLiveness, serve } from './serving.js';

const PICTURES = 64;
const LIMIT_MS = 50;

/** Different pictures: the same one would be embedded once. */
function picture(seed: number): Promise<Buffer> {
  const width = 1024;
  const height = 768;
  const pixels = Buffer.alloc(width * height * 3);
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = (Math.sin(i * 0.0007 + seed) + Math.sin((i % (width * 3)) * 0.01)) * 60 + 128;
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 85 })
    .toBuffer();
}

async function main(): Promise<void> {
  const pictures = await Promise.all(Array.from({ length: PICTURES }, (_, i) => picture(i)));
  const inputs = pictures.map((bytes) => ({ image: { base64: bytes.toString('base64') } }));
  const query = 'query ($inputs: [ContentInput!]!) { embedBatch(inputs: $inputs) { __typename } }';
  const server = await serve('--log.level', 'warn');
  try {
    await server.post(query, { inputs: inputs.slice(0, 1) });
    const from = performance.now();
    const batch = server.post(query, {
      inputs: inputs.slice(1).concat({ image: { base64: (await picture(99)).toString('base64') } }),
    });
    const times = await pollLiveness(server.url, batch);
    const p99 = percentile(times, 0.99);
    console.log(
      `${PICTURES} pictures of 1024 × 768 in ${((performance.now() - from) / 1000).toFixed(1)} s; meanwhile /health/live ` +
        `answered ${times.length} times: median ${percentile(times, 0.5).toFixed(1)} ms, 99 % within ${p99.toFixed(1)} ms, ` +
        `longest ${Math.max(...times).toFixed(1)} ms\n(${describeMachine()})`,
    );
    if (p99 > LIMIT_MS) throw new Error(`The 99th percentile is over ${LIMIT_MS} ms.`);
  } finally {
    server.stop();
  }
}

void main();
