// The entry of the process in which a plugin is first met: loads it, and says what it declares.
import '../isolation/compile-cache.js';
import { answerRequests } from '../isolation/answer.js';
import { loadPlugin, type PluginModule } from './loader.js';
import type { PluginTraits } from './definition.js';

answerRequests({
  meet: async (module: PluginModule): Promise<PluginTraits> => {
    const { kind, name, isolation } = await loadPlugin(module);
    return { kind, name, isolation };
  },
});
