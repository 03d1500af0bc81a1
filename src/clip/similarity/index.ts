export { cosine, norm, unit } from './cosine.js';
export { rankingOf, softmax } from './ranking.js';
export { angle, certainty, clipScore, distance } from './scores.js';
