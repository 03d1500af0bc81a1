import { ClipgraphError } from '../../errors/index.js';
import { isRepositoryName, isRevision } from './cache.js';
import { KNOWN_MODELS } from './known.js';

/** A model on the hub, as its user names it. */
export interface HubReference {
  /** `owner/name`. */
  readonly id: string;
  readonly revision: string;
  /** What it is called here, if not by its own name. */
  readonly as?: string | undefined;
  /** Other names by which a request may ask for it. */
  readonly aliases: readonly string[];
  /** A repository with ONNX exports of the same weights, for where there is nothing else. */
  readonly onnx?: string | undefined;
}

/** OpenAI's CLIPs with a ResNet for pictures. */
const RESNETS = /^RN(50|101|50x4|50x16|50x64)$/;

/** Every name of the table, and the repository that it means. */
export const KNOWN_NAMES: readonly (readonly [string, string])[] = KNOWN_MODELS.flatMap(({ id, names }) =>
  names.map((name) => [name, id] as const),
);

/**
 * What a name means on the hub: a name of the table, or `owner/name` with an optional `@revision`.
 *
 * @returns undefined for what can't be a model's name there
 * @throws MODEL_UNAVAILABLE for a name that is known not to be supported
 */
export function parseHubReference(name: string): HubReference | undefined {
  if (RESNETS.test(name)) {
    const message = `The model ${name} has a ResNet; CLIPs with a vision transformer are supported, such as ViT-B/32.`;
    throw new ClipgraphError('MODEL_UNAVAILABLE', message);
  }
  const known = KNOWN_MODELS.find(({ names }) => names.includes(name));
  if (known !== undefined) return { id: known.id, revision: 'main', aliases: known.names, onnx: known.onnx };
  const at = name.indexOf('@');
  const [id, revision] = at < 0 ? [name, 'main'] : [name.slice(0, at), name.slice(at + 1)];
  if (!id.includes('/') || !isRepositoryName(id) || !isRevision(revision)) return undefined;
  const same = KNOWN_MODELS.find((entry) => entry.id === id);
  return { id, revision, aliases: same?.names ?? [], onnx: at < 0 ? same?.onnx : undefined };
}
