import { request } from './client.js';
import {
  AboutDocument,
  RankPromptsDocument,
  type ImageInput,
  type RankPromptsQuery,
} from './generated/client.js';

interface Example {
  readonly name: string;
  readonly file: string;
  readonly caption: string;
}

function element<Type extends HTMLElement>(id: string, type: new () => Type): Type {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`The page has no #${id}.`);
  return found;
}

const form = element('form', HTMLFormElement);
const file = element('file', HTMLInputElement);
const drop = element('drop', HTMLLabelElement);
const preview = element('preview', HTMLImageElement);
const hint = element('hint', HTMLSpanElement);
const examples = element('examples', HTMLDivElement);
const prompts = element('prompts', HTMLTextAreaElement);
const compare = element('compare', HTMLButtonElement);
const sentence = element('sentence', HTMLParagraphElement);
const ranking = element('ranking', HTMLOListElement);
const madeBy = element('made-by', HTMLParagraphElement);

let picture: ImageInput | undefined;

function show(url: string, description: string, pressed?: HTMLButtonElement): void {
  preview.src = url;
  preview.alt = description;
  hint.hidden = true;
  for (const button of examples.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button === pressed));
  }
}

function readAsDataUri(chosen: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => {
      resolve(reader.result as string);
    };
    reader.onerror = () => {
      reject(new Error('The browser cannot read this file.'));
    };
    reader.readAsDataURL(chosen);
  });
}

async function choose(chosen: File | undefined): Promise<void> {
  if (chosen === undefined) return;
  const base64 = await readAsDataUri(chosen);
  // An empty or unknown type leaves no ;base64 to tell; the server looks at the bytes anyway.
  picture = { base64: base64.slice(base64.indexOf(',') + 1) };
  show(base64, chosen.name);
  await answer();
}

function fail(error: unknown): void {
  sentence.textContent = error instanceof Error ? error.message : String(error);
  sentence.className = 'failure';
  ranking.replaceChildren();
  madeBy.textContent = '';
}

function render({ rank }: RankPromptsQuery, lines: readonly string[]): void {
  const [best] = rank;
  const { interpretation, model, a } = best.similarity;
  sentence.className = '';
  sentence.textContent = `“${lines[best.index]}”: ${interpretation ?? `cosine ${best.cosine.toFixed(3)}`}`;
  ranking.replaceChildren(
    ...rank.map(({ index, cosine, probability }) => {
      const item = document.createElement('li');
      const prompt = document.createElement('span');
      prompt.textContent = lines[index];
      const score = document.createElement('span');
      const share = rank.length > 1 && probability !== null ? ` · ${(probability * 100).toFixed(0)} %` : '';
      score.textContent = `${cosine.toFixed(3)}${share}`;
      const meter = document.createElement('meter');
      meter.value = Math.max(0, cosine);
      meter.setAttribute('aria-label', `cosine of ${lines[index]}`);
      item.append(prompt, score, meter);
      return item;
    }),
  );
  const size = a.image === null ? '' : ` · picture ${a.image.width} × ${a.image.height}`;
  madeBy.textContent = `${model.id}, ${model.dtype}, on ${a.runtime?.name ?? 'no runtime'}${size}`;
}

async function answer(): Promise<void> {
  const lines = prompts.value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (picture === undefined || lines.length === 0) {
    fail('Choose a picture and write at least one prompt.');
    return;
  }
  compare.disabled = true;
  try {
    render(await request(RankPromptsDocument, { picture, prompts: lines.map((text) => ({ text })) }), lines);
  } catch (error) {
    fail(error);
  } finally {
    compare.disabled = false;
  }
}

function exampleButton({ name, file: source, caption }: Example): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.title = caption;
  const image = document.createElement('img');
  image.src = `/examples/${source}`;
  image.alt = caption;
  button.append(image);
  button.addEventListener('click', () => {
    picture = { example: name };
    show(image.src, caption, button);
    void answer();
  });
  return button;
}

async function start(): Promise<void> {
  const listed = (await (await fetch('/examples')).json()) as Example[];
  examples.replaceChildren(...listed.map(exampleButton));
  const { models } = await request(AboutDocument, {});
  const starter = models.find(({ id, isDefault }) => isDefault && id === 'starter');
  if (starter === undefined) return;
  const banner = element('banner', HTMLParagraphElement);
  banner.textContent = starter.description;
  banner.hidden = false;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void answer();
});
file.addEventListener('change', () => {
  choose(file.files?.[0]).catch(fail);
});
drop.addEventListener('dragover', (event) => {
  event.preventDefault();
  drop.classList.add('over');
});
drop.addEventListener('dragleave', () => {
  drop.classList.remove('over');
});
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  drop.classList.remove('over');
  choose(event.dataTransfer?.files[0]).catch(fail);
});
start().catch(fail);
