exports.default = require('./probes.js').runtimeThat('lies-in-probe');
