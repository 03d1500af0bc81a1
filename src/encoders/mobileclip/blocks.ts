import { activate } from '../graph/encoder.js';
import type { Graph, Value } from '../graph/graph.js';

const EPSILON = 1e-5; // PyTorch's default of a batch norm.
const ROOT = 'vision_model';

/** A convolution of the checkpoint, padded so that a stride of 1 keeps the size. */
export function convolution(graph: Graph, x: Value, name: string, { stride = 1, groups = 1 } = {}): Value {
  const [, , kernel] = graph.tensor(`${name}.weight`).shape;
  const pad = Math.floor((stride - 1 + kernel - 1) / 2);
  const bias = graph.has(`${name}.bias`) ? [graph.weight(`${name}.bias`)] : [];
  return graph.op('Conv', [x, graph.weight(`${name}.weight`), ...bias], {
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
    group: groups,
    kernel_shape: [kernel, kernel],
  });
}

export function batchNorm(graph: Graph, x: Value, name: string): Value {
  const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    graph.weight(`${name}.${part}`),
  );
  return graph.op('BatchNormalization', [x, ...parts], { epsilon: { float: EPSILON } });
}

function normed(graph: Graph, x: Value, name: string, options?: { stride?: number; groups?: number }): Value {
  return batchNorm(graph, convolution(graph, x, `${name}.conv`, options), `${name}.bn`);
}

/** Each channel by its own weight, of the means of all. */
function squeezeExcite(graph: Graph, x: Value, name: string): Value {
  const means = graph.op('GlobalAveragePool', [x]);
  const inner = graph.op('Relu', [convolution(graph, means, `${name}.fc1`)]);
  return graph.op('Mul', [x, graph.op('Sigmoid', [convolution(graph, inner, `${name}.fc2`)])]);
}

/** One group for each channel where a filter sees one channel. */
function groupsOf(graph: Graph, name: string, channels: number): number {
  return graph.tensor(`${name}.conv.weight`).shape[1] === 1 && channels !== 1 ? channels : 1;
}

/** MobileOne's block as it is trained: a sum of branches. Source: timm models/fastvit.py, `MobileOneBlock`. */
export function mobileOne(
  graph: Graph,
  x: Value,
  name: string,
  channels: number,
  { stride = 1, isActive = true } = {},
): Value {
  const branches: Value[] = [];
  if (graph.has(`${name}.identity.weight`)) branches.push(batchNorm(graph, x, `${name}.identity`));
  const named = [`${name}.conv_scale`];
  for (let i = 0; graph.has(`${name}.conv_kxk.${i}.conv.weight`); i++) named.push(`${name}.conv_kxk.${i}`);
  for (const branch of named.filter((one) => graph.has(`${one}.conv.weight`)))
    branches.push(normed(graph, x, branch, { stride, groups: groupsOf(graph, branch, channels) }));
  // Where a checkpoint is brought to one convolution, its branches are missing: the tensor that is looked for says so.
  if (branches.length === 0) graph.tensor(`${name}.conv_kxk.0.conv.weight`);
  const sum = branches.reduce((a, b) => graph.op('Add', [a, b]));
  const weighed = graph.has(`${name}.se.fc1.weight`) ? squeezeExcite(graph, sum, `${name}.se`) : sum;
  return isActive ? activate(graph, weighed, 'gelu') : weighed;
}

/** Source: the same, `ConvMlp`. */
export function convMlp(graph: Graph, x: Value, name: string, channels: number): Value {
  const seen = normed(graph, x, `${name}.conv`, { groups: channels });
  const hidden = activate(graph, convolution(graph, seen, `${name}.fc1`), 'gelu');
  return convolution(graph, hidden, `${name}.fc2`);
}

/** `x + gamma · of`. */
export function addScaled(graph: Graph, x: Value, of: Value, name: string): Value {
  return graph.op('Add', [x, graph.op('Mul', [of, graph.weight(`${name}.gamma`)])]);
}

/** Half the size, other channels. Source: the same, `PatchEmbed` and `ReparamLargeKernelConv`. */
export function downsample(graph: Graph, x: Value, name: string, channels: number): Value {
  const large = `${name}.proj.0`;
  const options = { stride: 2, groups: channels };
  const sum = graph.op('Add', [
    normed(graph, x, `${large}.large_conv`, options),
    normed(graph, x, `${large}.small_conv`, options),
  ]);
  const weighed = graph.has(`${large}.se.fc1.weight`) ? squeezeExcite(graph, sum, `${large}.se`) : sum;
  const [wider] = graph.tensor(`${large}.large_conv.conv.weight`).shape;
  return mobileOne(graph, activate(graph, weighed, 'gelu'), `${name}.proj.1`, wider);
}

/** The names of a stage's blocks, as many as the checkpoint has. */
export function blocksOf(graph: Graph, stage: number): string[] {
  const names: string[] = [];
  const at = (i: number): string => `${ROOT}.stages.${stage}.blocks.${i}`;
  for (let i = 0; graph.has(`${at(i)}.mlp.fc1.weight`); i++) names.push(at(i));
  return names;
}
