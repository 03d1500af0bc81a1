/** The angle whose cosine this is, in degrees, in [0, 180]. */
export function angle(cosine: number): number {
  return (Math.acos(cosine) * 180) / Math.PI;
}

/** `1 - cosine`, in [0, 2]: Weaviate's and SciPy's cosine distance. */
export function distance(cosine: number): number {
  return 1 - cosine;
}

/** `(1 + cosine) / 2`, in [0, 1]: Weaviate's certainty. */
export function certainty(cosine: number): number {
  return (1 + cosine) / 2;
}

/** `2.5 · max(cosine, 0)` of a text and an image. Source: Hessel et al. 2021, CLIPScore, w = 2.5. */
export function clipScore(cosine: number): number {
  return 2.5 * Math.max(cosine, 0);
}

/** `1 / (1 + exp(-logit))`, in [0, 1]: SigLIP's probability of one pair. Neither side of 0 overflows. */
export function sigmoid(logit: number): number {
  const small = Math.exp(-Math.abs(logit));
  return (logit < 0 ? small : 1) / (1 + small);
}
