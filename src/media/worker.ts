// The entry of a preparation process: decoders may crash or hang, so they run apart from the server.
import '../isolation/compile-cache.js';
import { answerRequests } from '../isolation/answer.js';
import { prepareImage, type PrepareTask } from './prepare.js';

/** Pixels of pictures that are not worth collecting for. */
const SMALL = 4e6;

/** Gives the memory of a large picture back before the next one is decoded. */
function collect(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

answerRequests({
  prepare: async (task: Omit<PrepareTask, 'bytes'>, _signal, bytes) => {
    try {
      const image = await prepareImage({ ...task, bytes });
      if (image.width * image.height > SMALL) setImmediate(collect);
      return image;
    } catch (error) {
      setImmediate(collect);
      throw error;
    }
  },
});
