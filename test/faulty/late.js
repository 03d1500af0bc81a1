exports.default = require('./probes.js').runtimeThat('late');
