import { Command } from 'commander';
import { z } from 'zod';
import { describePlan, type Convention, type PillowVersion } from '../core/image/index.js';
import { cleanOpenai, type Tokens } from '../core/text/index.js';
import { openInspector, type ImageInspection, type Inspector } from '../engine/index.js';
import { ClipgraphError } from '../errors/index.js';
import { createLog } from '../server/log.js';
import { addConfigFlags, configOf } from './config-flags.js';
import { addReadingFlags, contentOf, readingOf } from './contents.js';
import { printPatiently } from './embedding-command.js';
import { readLines } from './input-lines.js';
import { readPicture } from './named-files.js';
import { pullProgress } from './pull-progress.js';
import { addExamples } from './help.js';

const imageLine = z.strictObject({
  image: z.string(),
  size: z.number().int().min(1).max(4096).optional(),
  convention: z.enum(['hf', 'hf4', 'openai']).optional(),
  pillow: z.union([z.literal(13), z.literal(12)]).optional(),
  strict: z.boolean().optional(),
  orientation: z.enum(['apply', 'ignore']).optional(),
});
const textLine = z.strictObject({
  text: z.string(),
  convention: z.enum(['hf', 'openai']).optional(),
  truncate: z.boolean().optional(),
  strict: z.boolean().optional(),
});

const never = new AbortController().signal;
/** Lines under way at once: enough to keep the preparation processes busy. */
const LINES_AT_ONCE = 16;

function badLine(message: string, cause?: unknown): ClipgraphError {
  return new ClipgraphError('BAD_USER_INPUT', message, { cause });
}

function parseLine(line: string): z.infer<typeof imageLine> | z.infer<typeof textLine> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw badLine('The line is not JSON.', cause);
  }
  const isText = typeof value === 'object' && value !== null && 'text' in value;
  const result = (isText ? textLine : imageLine).safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path, message }) => [...path, message].join(': '));
  throw badLine(`The line is wrong: ${issues.join('; ')}.`);
}

async function answerLine(inspector: Inspector, line: string, maxBytes: number): Promise<object> {
  try {
    const request = parseLine(line);
    if ('text' in request) {
      const { ids, isTruncated } = await inspector.text(request.text, request, never);
      return { ids, count: ids.length, isTruncated };
    }
    const { image, orientation, ...options } = request;
    const isOriented = orientation === undefined ? undefined : orientation === 'apply';
    const prepared = await inspector.image(
      await readPicture(image, maxBytes),
      { ...options, isOriented },
      never,
    );
    const { sha256, width, height, resized, offset } = prepared;
    return { sha256, width, height, resized, crop: offset };
  } catch (error) {
    if (!(error instanceof ClipgraphError)) throw error;
    return { error: { code: error.code, message: error.message } };
  }
}

/** One JSON object a line in, one out, in order; pictures in parallel. */
async function answerLines(inspector: Inspector, maxBytes: number): Promise<void> {
  const underWay: Promise<object>[] = [];
  const printFirst = async (): Promise<void> => {
    await printPatiently(JSON.stringify(await underWay.shift()));
  };
  try {
    for await (const line of readLines(process.stdin)) {
      if (line.trim() === '') continue;
      underWay.push(answerLine(inspector, line, maxBytes));
      if (underWay.length >= LINES_AT_ONCE) await printFirst();
    }
  } finally {
    while (underWay.length > 0) await printFirst();
  }
}

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0);
}

async function explainImage(inspector: Inspector, bytes: Uint8Array): Promise<string> {
  const seen = await inspector.image(bytes, {}, never);
  const { format, contents, width, height, plan, resized, offset, sha256, crop } = seen;
  const variants: [name: string, prepared: ImageInspection][] = [];
  const add = async (
    name: string,
    options: { convention: Convention; pillow?: PillowVersion; strict?: boolean },
  ) => variants.push([name, await inspector.image(bytes, options, never)]);
  for (const convention of ['hf', 'hf4', 'openai'] as const) {
    await add(convention, { convention });
    await add(`${convention}, strict`, { convention, strict: true });
    await add(`${convention}, Pillow 12`, { convention, pillow: 12 });
  }
  return [
    `decoded   ${format}, ${width} × ${height}, ${contents}`,
    `resized   ${resized[0]} × ${resized[1]}${plan.resize === 'none' ? '' : `, ${plan.filter}`}`,
    `cropped   ${plan.crop.width} × ${plan.crop.height} at ${offset[0]}, ${offset[1]}`,
    `plan      ${describePlan(plan)}`,
    `sha256    ${sha256}`,
    '',
    `compared with this (${inspector.convention}, as configured):`,
    ...variants.map(([name, other]) => {
      const difference = largestDifference(crop, other.crop);
      return `  ${name.padEnd(20)} ${difference === 0 ? 'the same' : `up to ${difference} levels apart`}`;
    }),
    '',
  ].join('\n');
}

function spell({ ids, pieces }: Tokens): string {
  return pieces.map((piece, i) => `${piece} ${ids[i]}`).join(' · ');
}

async function explainText(inspector: Inspector, text: string): Promise<string> {
  const inspect = (convention: 'hf' | 'openai', strict: boolean) =>
    inspector.text(text, { convention, strict, truncate: true }, never);
  const [hf, openai] = [await inspect('hf', false), await inspect('openai', false)];
  const strictHf = await inspect('hf', true);
  const same = (a: Tokens, b: Tokens): boolean => a.ids.join() === b.ids.join();
  return [
    `hf        ${hf.ids.length} tokens of ${hf.contextLength}${hf.isTruncated ? ', cut' : ''}`,
    `          ${spell(hf)}`,
    `openai    ${same(hf, openai) ? 'the same' : `${openai.ids.length} tokens, after cleaning to: ${cleanOpenai(text)}`}`,
    ...(same(hf, openai) ? [] : [`          ${spell(openai)}`]),
    `strict    ${same(hf, strictHf) ? 'the same' : 'markers in the text become markers:'}`,
    ...(same(hf, strictHf) ? [] : [`          ${spell(strictHf)}`]),
    '',
  ].join('\n');
}

/** `clipgraph inspect`. */
export function inspectCommand(): Command {
  const command = new Command('inspect')
    .description('What a model would be given: the tool to find out why two systems disagree.')
    .argument('[content]', 'a text or the name of a picture file')
    .option('--json', 'print one JSON value: what a line of --jsonl would be answered')
    .option('--jsonl', 'one JSON object a line on standard input, one a line on standard output');
  addExamples(
    command,
    'clipgraph inspect photo.jpg',
    'clipgraph inspect "schÃ¶n &amp; gut"',
    'echo \'{"image": "photo.jpg", "convention": "openai", "strict": true}\' | clipgraph inspect --jsonl',
    'echo \'{"text": "a dog", "convention": "hf"}\' | clipgraph inspect --jsonl',
  );
  addReadingFlags(command);
  return addConfigFlags(command).action(
    async (argument: string | undefined, options: Record<string, unknown>) => {
      const isLines = options.jsonl === true;
      if (isLines === (argument !== undefined)) throw badLine('Give either a content or --jsonl.');
      const config = configOf({ 'log.level': 'warn', ...options });
      const { maxImageBytes } = config.limits;
      const inspector = await openInspector(config, createLog(config.log), pullProgress());
      try {
        if (argument === undefined) {
          await answerLines(inspector, maxImageBytes);
          return;
        }
        const { name, content } = contentOf(argument, readingOf(options));
        if (options.json === true) {
          const line = content.text === undefined ? { image: name } : { text: content.text };
          const answer = await answerLine(inspector, JSON.stringify(line), maxImageBytes);
          if ('error' in answer) process.exitCode = 1;
          process.stdout.write(`${JSON.stringify(answer)}\n`);
          return;
        }
        const explained =
          content.text === undefined
            ? explainImage(inspector, await readPicture(name, maxImageBytes))
            : explainText(inspector, content.text);
        process.stdout.write(await explained);
      } finally {
        await inspector.close();
      }
    },
  );
}
