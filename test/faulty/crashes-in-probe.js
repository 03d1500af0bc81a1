exports.default = require('./probes.js').runtimeThat('crashes-in-probe');
