export { figuresOf, picturesOf, textsOf, type Figures, type Vectors } from './evaluate.js';
export { pictureOf, readEvaluationSet, type EvaluationSet, type EvaluationTask } from './evaluation-set.js';
