import path from 'node:path';
import { createClipgraph, type Clipgraph, type Content } from '../../src/index.js';
import { EXAMPLES, EXAMPLES_FOLDER } from '../../src/media/index.js';
import { DOG, itWithPhotograph } from '../photograph.js';

const picture = (file: string): Content => ({ image: { path: path.join(EXAMPLES_FOLDER, file) } });

/** What people may type about these pictures and others. */
const TEXTS = [
  'a dog',
  'a puppy',
  'a cat',
  'a kitten',
  'a car',
  'a red sports car',
  'a cup of coffee',
  'an espresso on a table',
  'a rocket',
  'a rocket on the launch pad',
  'an apple',
  'a bowl of fruit',
  'a castle',
  'a man riding a bike',
  'a red circle',
  'a blue square on a white background',
];

/** For each example the right caption, then nine others; written before the model was asked. */
const TEN_CAPTIONS: Readonly<Record<string, string>> = {
  'dog.png': `a cartoon of a dog; a cartoon of a cat; a cup of coffee; a horse; a teddy bear; a rabbit;
    a man riding a bike; a cow; a bowl of soup; a bouquet of flowers`,
  'cat.jpg': `a close-up photo of a tabby cat; a photo of a dog; a cup of coffee; a rocket launch; a red apple;
    a city street at night; a man riding a bike; a snowy mountain; a bowl of soup; a bouquet of flowers`,
  'coffee.jpg': `a cup of coffee on a saucer; a photo of a cat; a glass of beer; a rocket launch; a red apple;
    a pizza on a table; a man reading a newspaper; a snowy mountain; a bowl of soup; a bouquet of flowers`,
  'rocket.jpg': `a rocket on the launch pad; a photo of a cat; a cup of coffee; a church tower; a lighthouse;
    a sailing boat on the sea; a city street at night; a man riding a bike; a snowy mountain; fireworks`,
  'apple.png': `a red apple; a pear; a tomato; a rocket; a strawberry; a bunch of grapes; a heart; a red ball;
    a bowl of soup; a bouquet of roses`,
};

describe('the starter', () => {
  let cpu: Clipgraph;
  let wasm: Clipgraph;
  beforeAll(async () => {
    [cpu, wasm] = await Promise.all([
      createClipgraph({ runtime: 'cpu' }),
      createClipgraph({ runtime: 'wasm' }),
    ]);
  });
  afterAll(() => Promise.all([cpu.close(), wasm.close()]));

  const order = async (clipgraph: Clipgraph, query: Content, texts: readonly string[]) => {
    const matches = await clipgraph.rank(
      query,
      texts.map((text) => ({ text })),
    );
    return matches.map(({ index }) => texts[index]);
  };

  it.each([
    ['dog.png', ['a dog', 'a puppy', 'a car']],
    ['cat.jpg', ['a cat', 'a kitten', 'a car']],
  ])('puts three texts in the order that a person expects of %s', async (file, expected) => {
    expect(await order(cpu, picture(file), expected.toReversed())).toEqual(expected);
    expect(await order(wasm, picture(file), expected.toReversed())).toEqual(expected);
  });

  itWithPhotograph(
    'puts three texts in the order that a person expects of a photograph of a dog',
    async () => {
      const expected = ['a dog', 'a puppy', 'a car'];
      expect(await order(cpu, { image: { path: DOG } }, expected.toReversed())).toEqual(expected);
      expect(await order(wasm, { image: { path: DOG } }, expected.toReversed())).toEqual(expected);
    },
  );

  it.each(EXAMPLES.map(({ file }) => file))('ranks texts for %s alike on cpu and wasm', async (file) => {
    expect(await order(wasm, picture(file), TEXTS)).toEqual(await order(cpu, picture(file), TEXTS));
  });

  it('puts the right caption of ten first for most of the examples', async () => {
    const isRight = await Promise.all(
      EXAMPLES.map(async ({ file }) => {
        const captions = TEN_CAPTIONS[file].split(/;\s+/);
        return (await order(cpu, picture(file), captions.toReversed()))[0] === captions[0];
      }),
    );
    expect(isRight.filter(Boolean).length).toBeGreaterThanOrEqual(4); // of 5
  });

  it.each(TEXTS)('ranks the examples and the other texts for "%s" alike on cpu and wasm', async (text) => {
    const candidates: Content[] = [
      ...EXAMPLES.map(({ file }) => picture(file)),
      ...TEXTS.filter((other) => other !== text).map((other) => ({ text: other })),
    ];
    const places = async (clipgraph: Clipgraph) =>
      (await clipgraph.rank({ text }, candidates)).map(({ index }) => index);
    expect(await places(wasm)).toEqual(await places(cpu));
  });

  it('has its name, its purpose and the way to a real CLIP in its description', () => {
    const [{ manifest }] = cpu.models();
    expect(manifest.description).toMatch(
      /^The built-in starter model.*good for.*weak on.*clipgraph serve --model /,
    );
    expect(manifest.scoreRanges.imageText?.related).toBeGreaterThan(
      manifest.scoreRanges.imageText!.unrelated + 0.2,
    );
    expect(manifest.logitScale).toBeGreaterThan(5);
  });

  it('has two towers within 30 MB', async () => {
    const { text, image } = await cpu.models()[0].sizes();
    expect(text! + image!).toBeLessThan(30e6);
  });
});
