import type { Clipgraph, Content, GivenVector, ImageSource, WeightedPart } from '../../src/index.js';

/** The compiler is the test: each line marked with an expected error fails the type check if it is accepted. */
const accepted: Content[] = [
  { text: 'a dog' },
  { image: { path: 'dog.png' } },
  { image: { bytes: new Uint8Array(1) } },
  { vector: { values: new Float32Array(4) } },
  { blend: [{ content: { text: 'a dog' }, weight: -0.5 }, { content: { image: { example: 'dog' } } }] },
];

const refused: unknown[] = [
  // @ts-expect-error a content is one of them
  { text: 'a dog', image: { path: 'dog.png' } } satisfies Content,
  // @ts-expect-error nothing is given
  {} satisfies Content,
  // @ts-expect-error a text is not a content
  'a dog' satisfies Content,
  // @ts-expect-error null is none
  null satisfies Content,
  // @ts-expect-error a text is a string
  { text: 5 } satisfies Content,
  // @ts-expect-error a path has a name
  { image: 'dog.png' } satisfies Content,
  // @ts-expect-error nothing says where it comes from
  {} satisfies ImageSource,
  // @ts-expect-error a picture comes from one place
  { path: 'dog.png', example: 'dog' } satisfies ImageSource,
  // @ts-expect-error the numbers have a name
  { vector: new Float32Array(4) } satisfies Content,
  // @ts-expect-error they are numbers
  { values: ['1'] } satisfies GivenVector,
  // @ts-expect-error no blend of blends
  { content: { blend: [] } } satisfies WeightedPart,
];

/** Never called: what matters is what the compiler says. */
export function calls(clipgraph: Clipgraph): unknown[] {
  return [
    // @ts-expect-error labels are a list
    clipgraph.classify({ text: 'a dog' }, null),
    // @ts-expect-error and of strings
    clipgraph.classify({ text: 'a dog' }, [5]),
    // @ts-expect-error there is no such option
    clipgraph.embed({ text: 'a dog' }, { normalise: false }),
    // @ts-expect-error a list of contents
    clipgraph.rank({ text: 'a dog' }, { text: 'a cat' }),
  ];
}

describe('the types of the library', () => {
  it('are checked by npm run typecheck, over these', () => {
    expect([accepted.length, refused.length]).toEqual([5, 11]);
  });
});
