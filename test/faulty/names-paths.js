exports.default = require('./probes.js').runtimeThat('names-paths');
