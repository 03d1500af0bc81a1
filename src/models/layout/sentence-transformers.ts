import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { check, describeTextModel, isTextModel, type ModelDescription } from '../../encoders/index.js';
import { WEIGHT_FILES } from '../checkpoint/weights.js';
import { fileError } from '../files/failures.js';
import { readJson } from '../files/json.js';
import type { Layout } from './layout.js';

/** sentence-transformers' list of what a text goes through, one after the other. */
export const MODULES = 'modules.json';

const notSupported = ({ input }: { readonly input?: unknown }): string =>
  `${JSON.stringify(input)} is not supported`;
const modulesSchema = z.array(z.looseObject({ path: z.string(), type: z.string() }));
const off = z.literal(false, { error: notSupported }).nullish();
const poolingSchema = z
  .looseObject({
    pooling_mode_cls_token: z.boolean().nullish(),
    pooling_mode_mean_tokens: z.boolean().nullish(),
    pooling_mode_max_tokens: off,
    pooling_mode_mean_sqrt_len_tokens: off,
    pooling_mode_weightedmean_tokens: off,
    pooling_mode_lasttoken: off,
  })
  .refine(
    ({ pooling_mode_cls_token: first, pooling_mode_mean_tokens: mean }) =>
      (first ?? false) !== (mean ?? false),
    {
      error: 'one of pooling_mode_cls_token and pooling_mode_mean_tokens is supported',
    },
  );
const denseSchema = z.looseObject({
  activation_function: z
    .literal(['torch.nn.modules.linear.Identity', 'torch.nn.Identity'], { error: notSupported })
    .optional(),
});

/** What the name of a module's class ends with. */
const kindOf = (type: string): string => type.split('.').at(-1) ?? type;

/**
 * What the modules of sentence-transformers say of a text tower: a transformer, how its tokens become one vector, and a dense layer.
 *
 * @param config of the transformer
 * @returns undefined for a model that is none of these
 * @throws MODEL_UNAVAILABLE for modules that are not supported
 */
export async function describeSentences(
  folder: string,
  { name }: Layout,
  config: unknown,
): Promise<{ readonly described: ModelDescription; readonly projection: string | undefined } | undefined> {
  if (name !== 'transformers' || !isTextModel(config) || !existsSync(path.join(folder, MODULES)))
    return undefined;
  const modules = check(modulesSchema, await readJson(folder, MODULES), MODULES);
  const settingsOf = async <Schema extends z.ZodType>(kind: string, schema: Schema) => {
    const module = modules.find(({ type }) => kindOf(type) === kind);
    if (module === undefined) return undefined;
    if (!/^[\w-]+$/.test(module.path)) throw fileError(MODULES, `names the folder of its ${kind} wrongly`);
    const file = `${module.path}/config.json`;
    return { at: module.path, settings: check(schema, await readJson(folder, file), file) };
  };
  const unknown = modules.find(({ type }) => !['Transformer', 'Pooling', 'Dense'].includes(kindOf(type)));
  if (unknown !== undefined)
    throw fileError(MODULES, `has the module ${JSON.stringify(unknown.type)}, which is not supported`);
  const pooling = await settingsOf('Pooling', poolingSchema);
  const dense = await settingsOf('Dense', denseSchema);
  const file = dense && projectionOf(dense.at, (one) => existsSync(path.join(folder, one)));
  return {
    described: describeTextModel(
      config,
      'config.json',
      pooling?.settings.pooling_mode_cls_token === true ? 'first' : 'mean',
    ),
    projection: file,
  };
}

/** The weights of a dense layer. */
function projectionOf(at: string, has: (file: string) => boolean): string {
  const file = WEIGHT_FILES.map((name) => `${at}/${name}`).find(has);
  if (file === undefined) throw fileError(`${at}/model.safetensors`, 'is missing: modules.json names it');
  return file;
}
