import { fitLogitScale, pearson, spearman, spreadOf } from '../../src/evaluation/statistics.js';

describe('correlations', () => {
  // scipy.stats.spearmanr and pearsonr 1.17 of the same series
  const x = [0.1, 0.4, 0.4, 0.9, -0.3, 0.2];
  const y = [1, 3, 2, 9, 0.5, 3];

  it('are what SciPy says, equals sharing their rank', () => {
    expect(spearman(x, y)).toBeCloseTo(0.8676470588235294, 12);
    expect(pearson(x, y)).toBeCloseTo(0.8865417067387812, 12);
  });

  it('are those of ranks, whatever the values', () => {
    expect(spearman([1, 2, 3, 4], [1, 10, 100, 1000])).toBeCloseTo(1, 12);
    expect(spearman([1, 2, 3, 4], [4, 3, 2, -100])).toBeCloseTo(-1, 12);
  });
});

it('spreads have a mean and a deviation', () => {
  expect(spreadOf([1, 3])).toEqual({ n: 2, mean: 2, deviation: 1 });
});

describe('the logit scale', () => {
  it('is where the likelihood is greatest: a derivative of zero', () => {
    // Two of three rows are right by 0.1, one is wrong by 0.1: the logistic function is 2/3 at 0.1 · scale = ln 2.
    const rows = [
      [0.5, 0.4],
      [0.3, 0.2],
      [0.1, 0.2],
    ];
    expect(fitLogitScale(rows)).toBeCloseTo(Math.LN2 / 0.1, 2);
  });
});
