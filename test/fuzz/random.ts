/** Numbers that are the same in every run. */
export interface Random {
  /** A whole number in [0, bound). */
  below(bound: number): number;
  /** True in so large a share of the calls. */
  chance(share: number): boolean;
  pick<Value>(values: readonly Value[]): Value;
}

/** A stream of its own for each pair, so that one request of a run can be made again alone. Source: Steele, SplitMix; Marsaglia, Xorshift RNGs. */
export function randomOf(seed: number, index = 0): Random {
  let state = (Math.imul(seed, 0x9e3779b9) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0;
  state = Math.imul(state ^ (state >>> 16), 0xc2b2ae35) >>> 0 || 1; // Xorshift stays at 0 for ever.
  const below = (bound: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
  return {
    below,
    chance: (share) => below(1_000_000) < share * 1_000_000,
    pick: (values) => values[below(values.length)],
  };
}

/** Some bytes between `from` and `to` changed: as often a digit as any byte, since numbers are what can be believed. */
export function mutate(bytes: Buffer, random: Random, from = 0, to = bytes.length): Buffer {
  const changed = Buffer.from(bytes);
  if (to <= from) return changed;
  const changes = 1 + random.below(4);
  for (let i = 0; i < changes; i++) {
    changed[from + random.below(to - from)] = random.chance(0.5) ? random.below(256) : 48 + random.below(10);
  }
  return changed;
}

/** Changed, cut, doubled in part, or with something of its own in another place. */
export function damage(bytes: Buffer, random: Random): Buffer {
  const at = random.below(bytes.length + 1);
  const part = bytes.subarray(at, at + 1 + random.below(2000));
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + part.length)]);
    case 3: {
      const to = random.below(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, to), part, bytes.subarray(to)]);
    }
    case 4:
      return mutate(bytes, random, 0, Math.min(bytes.length, 200));
    default:
      return mutate(bytes, random);
  }
}
