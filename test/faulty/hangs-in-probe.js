exports.default = require('./probes.js').runtimeThat('hangs-in-probe');
