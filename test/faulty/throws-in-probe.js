exports.default = require('./probes.js').runtimeThat('throws-in-probe');
