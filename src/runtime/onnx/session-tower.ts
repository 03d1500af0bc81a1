import { feedsFor, type Feed } from '../feeds.js';
import type { Tensor, TensorInfo, Tower, TowerSource } from '../contract.js';

/** What is used of an `InferenceSession` of onnxruntime-common: the packages for Node and for WebAssembly share it. */
export interface OrtSession<OrtTensor> {
  readonly inputMetadata: readonly OrtMetadata[];
  readonly outputMetadata: readonly OrtMetadata[];
  run(
    feeds: Record<string, OrtTensor>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OrtResult>>>;
  release(): Promise<void>;
}

/** What a session says of an input or an output. */
export type OrtMetadata =
  | { readonly name: string; readonly isTensor: false }
  | {
      readonly name: string;
      readonly isTensor: true;
      readonly type: string;
      readonly shape: readonly (number | string)[];
    };

/** What is used of a tensor that a session returns. */
export interface OrtResult {
  readonly dims: readonly number[];
  readonly data: unknown;
}

/** The class of the tensors that a session is given. */
export type OrtTensorClass<OrtTensor> = new (
  type: Feed['type'],
  data: Feed['data'],
  dims: readonly number[],
) => OrtTensor;

function toInfos(metadata: readonly OrtMetadata[]): TensorInfo[] {
  return metadata
    .filter((entry) => entry.isTensor)
    .map(({ name, type, shape }) => ({ name, type, shape: [...shape] }));
}

/**
 * A tower over a session of ONNX Runtime, whichever of its JavaScript packages made it.
 *
 * @param session of onnxruntime-node or onnxruntime-web
 * @param TensorClass the same package's `Tensor`
 */
export function towerOfSession<OrtTensor>(
  session: OrtSession<OrtTensor>,
  TensorClass: OrtTensorClass<OrtTensor>,
): Tower {
  const inputs = toInfos(session.inputMetadata);
  return {
    inputs,
    outputs: toInfos(session.outputMetadata),
    async run(batch, { outputs }) {
      const feeds = Object.entries(feedsFor(batch, inputs)).map(([name, { type, data, dims }]) => [
        name,
        new TensorClass(type, data, dims),
      ]);
      const results = await session.run(Object.fromEntries(feeds) as Record<string, OrtTensor>, [...outputs]);
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]): [string, Tensor] => [
          name,
          { dims, data: data as Float32Array },
        ]),
      );
    },
    close: () => session.release(),
  };
}

/**
 * The option with which the native ONNX Runtime finds, and maps, weights outside of a graph. It is documented for
 * WebAssembly; the native binding passes it on.
 */
export function externalWeights({ weights }: Pick<TowerSource, 'weights'>) {
  if (weights === undefined) return {};
  return { extra: { session: { model_external_initializers_file_folder_path: weights.folder } } };
}
