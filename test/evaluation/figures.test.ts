import { figuresOf, type EvaluationSet, type EvaluationTask } from '../../src/evaluation/index.js';

const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));

/** Vectors on a circle: what is nearest is plain to see. */
const vectors = {
  texts: new Map([
    ['east', at(0)],
    ['north', at(90)],
    ['west', at(180)],
    ['north too', at(90)],
  ]),
  pictures: new Map([
    ['nearly-east.png', at(10)],
    ['nearly-north.png', at(80)],
    ['lost.png', at(120)],
  ]),
};

function figuresOfTask(task: EvaluationTask) {
  const set: EvaluationSet = { name: 'circle', folder: '.', tasks: [task] };
  return figuresOf(set, vectors);
}

describe('classification', () => {
  const labels = ['east', 'north', 'west'];

  it('counts how often the label is first, and where it is', () => {
    const pictures = [
      { file: 'nearly-east.png', label: 0 },
      { file: 'nearly-north.png', label: 1 },
      { file: 'lost.png', label: 0 },
    ];
    const [figures] = figuresOfTask({
      kind: 'classification',
      name: 'where',
      split: 'test',
      labels,
      pictures,
    });
    expect(figures).toMatchObject({ n: 3, candidates: 3, top1: 2 / 3, top5: 1, top10: 1, medianRank: 1 });
    const cosine = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
    const scores = (figures as Extract<typeof figures, { kind: 'classification' }>).scores;
    expect(scores.matching.mean).toBeCloseTo((cosine(10) + cosine(10) + cosine(120)) / 3, 6);
    expect(scores.other.n).toBe(6);
  });

  it('counts equal scores against the model', () => {
    const pictures = [{ file: 'nearly-north.png', label: 1 }];
    const [figures] = figuresOfTask({
      kind: 'classification',
      name: 'twins',
      split: 'test',
      labels: ['east', 'north', 'north too'],
      pictures,
    });
    expect(figures).toMatchObject({ top1: 0, top5: 1, medianRank: 2 });
  });
});

it('choice: the first caption against its own others, and what guessing gives', () => {
  const pictures = [
    { file: 'nearly-east.png', captions: ['east', 'west'] },
    { file: 'lost.png', captions: ['east', 'north', 'west', 'north too'] },
  ];
  const [figures] = figuresOfTask({
    kind: 'choice',
    name: 'which',
    split: 'validation',
    pictures,
    isCalibration: true,
  });
  expect(figures).toMatchObject({ split: 'validation', n: 2, accuracy: 0.5, chance: 3 / 8 });
  expect((figures as { logitScale?: number }).logitScale).toBeGreaterThan(0);
});

it('retrieval: recall both ways', () => {
  const pictures = [
    { file: 'nearly-east.png', caption: 'east' },
    { file: 'nearly-north.png', caption: 'north' },
    { file: 'lost.png', caption: 'west' },
  ];
  const [figures] = figuresOfTask({ kind: 'retrieval', name: 'both ways', split: 'test', pictures });
  expect(figures).toMatchObject({
    textToImage: { top1: 1 },
    imageToText: { top1: 2 / 3, top5: 1 },
  });
});

it('similarity: correlation with the references, and the spread of related and other pairs', () => {
  const pairs = [
    { a: 'east', b: 'east', reference: 1, isRelated: true },
    { a: 'east', b: 'north', reference: 0.2 },
    { a: 'east', b: 'west', reference: -0.5, isRelated: false },
  ];
  const [figures] = figuresOfTask({ kind: 'similarity', name: 'texts', split: 'test', pairs });
  expect(figures).toMatchObject({ n: 3, spearman: expect.closeTo(1, 12) });
  const { scores } = figures as Extract<typeof figures, { kind: 'similarity' }>;
  expect([scores?.matching.mean, scores?.other.mean]).toEqual([1, -1]);
});

it('leaves out the tasks that there are no vectors for', () => {
  const pictures = [
    { file: 'nearly-east.png', caption: 'east' },
    { file: 'nobody.png', caption: 'north' },
  ];
  expect(figuresOfTask({ kind: 'retrieval', name: 'half', split: 'test', pictures })).toEqual([]);
});
