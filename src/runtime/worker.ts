// The entry of a runtime's process or thread.
import '../isolation/compile-cache.js';
import { answerRequests } from '../isolation/answer.js';
import { PluginWorker } from './plugin-worker.js';

answerRequests(new PluginWorker().handlers);
