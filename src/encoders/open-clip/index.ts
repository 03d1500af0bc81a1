export { describeOpenClip } from './describe.js';
export { fromOpenClip } from './names.js';
