// The entry of a preparation process: decoders may crash or hang, so they run apart from the server.
import { answerRequests } from '../isolation/answer.js';
import { prepareImage, type PrepareTask } from './prepare.js';

answerRequests({
  prepare: (task: Omit<PrepareTask, 'bytes'>, _signal, bytes) => prepareImage({ ...task, bytes }),
});
