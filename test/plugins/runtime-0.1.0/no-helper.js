// The same without the helper: the factory itself.
module.exports = () => ({ name: 'old-runtime', probe: async () => ({}), open: async () => ({}) });
