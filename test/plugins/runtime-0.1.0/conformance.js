// A test of a plugin as it was written for Clipgraph 0.1.0.
const { conformanceTests } = require('clipgraph/runtime');

module.exports = conformanceTests({ name: 'old-runtime', module: './index.js' });
