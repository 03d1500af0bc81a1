import { readFileSync } from 'node:fs';
import path from 'node:path';

const manifest = readFileSync(path.join(__dirname, '..', 'models', 'starter', 'clipgraph.json'), 'utf8');

/** What the cosines of the built-in model are multiplied with before a softmax. */
export const { logitScale: STARTER_LOGIT_SCALE } = JSON.parse(manifest) as { readonly logitScale: number };
