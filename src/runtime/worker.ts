// The entry of a runtime's process or thread.
import { answerRequests } from '../isolation/answer.js';
import { PluginWorker } from './plugin-worker.js';

answerRequests(new PluginWorker().handlers);
