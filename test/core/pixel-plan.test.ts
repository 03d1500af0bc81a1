import fc from 'fast-check';
import {
  canonicalPlan,
  clipPlan,
  describePlan,
  FILTERS,
  withSize,
  type PixelPlan,
} from '../../src/core/image/index.js';

const count = fc.integer({ min: 1, max: 500 });
const size = fc.record({ height: count, width: count });
const plans: fc.Arbitrary<PixelPlan> = fc.record({
  convention: fc.constantFrom('hf', 'hf4', 'openai'),
  resize: fc.oneof(
    count.map((shortest) => ({ shortest })),
    size,
    fc.constant('none' as const),
  ),
  filter: fc.constantFrom(...FILTERS),
  crop: size,
  rescaleFactor: fc.constantFrom(1 / 255, 1, 1 / 127.5),
  mean: fc.tuple(fc.float(), fc.float(), fc.float()),
  std: fc.tuple(count, count, count),
});

describe('the canonical form of a plan', () => {
  it('leaves out all that is as CLIP has it', () => {
    expect(canonicalPlan(clipPlan(224))).toEqual({ crop: { height: 224, width: 224 } });
    expect(canonicalPlan({ ...clipPlan(224), resize: { shortest: 256 }, filter: 'bilinear' })).toEqual({
      crop: { height: 224, width: 224 },
      resize: { shortest: 256 },
      filter: 'bilinear',
    });
  });

  it('is the same for the same plan, however its keys are ordered, and for no other one', () => {
    const text = (plan: PixelPlan): string => JSON.stringify(canonicalPlan(plan));
    // Without a resize no filter runs.
    const effective = (plan: PixelPlan): PixelPlan =>
      plan.resize === 'none' ? { ...plan, filter: 'bicubic' } : plan;
    fc.assert(
      fc.property(plans, plans, (a, b) => {
        const reversed = (value: object): object => Object.fromEntries(Object.entries(value).reverse());
        const turned = { ...reversed(a), crop: reversed(a.crop) } as PixelPlan;
        expect(text(turned)).toBe(text(a));
        const isSame = JSON.stringify(effective(a)) === JSON.stringify(effective(b));
        expect(text(a) === text(b)).toBe(isSame);
        const changed = { ...a, mean: [a.mean[0] + 1, a.mean[1], a.mean[2]] as const };
        fc.pre(Number.isFinite(a.mean[0]) && changed.mean[0] !== a.mean[0]);
        expect(text(changed)).not.toBe(text(a));
      }),
    );
  });
});

describe('a plan', () => {
  it('says in a sentence what it does', () => {
    expect(describePlan(clipPlan(224))).toBe(
      'hf: shortest side to 224, bicubic, centre crop 224 × 224, values / 255, mean 0.48145466 0.4578275 0.40821073, std 0.26862954 0.26130258 0.27577711',
    );
    const bare = { rescaleFactor: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
    expect(describePlan({ ...clipPlan(64), resize: { height: 64, width: 64 }, ...bare })).toBe(
      'hf: to 64 × 64, bicubic, values as they are, not normalised',
    );
    expect(describePlan({ ...clipPlan(64), resize: 'none', ...bare, rescaleFactor: 0.5 })).toBe(
      'hf: not resized, centre crop 64 × 64, values · 0.5, not normalised',
    );
  });

  it('can be had for another size', () => {
    expect(withSize(clipPlan(224), 336)).toEqual(clipPlan(336));
    const squash = { ...clipPlan(224), resize: { height: 224, width: 224 } };
    expect(withSize(squash, 32).resize).toEqual({ height: 32, width: 32 });
  });
});
