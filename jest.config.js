/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts', '<rootDir>/plugins/**/*.test.ts'],
  // Every test file runs the real server, its worker processes or sharp: more than two at once only fight for cores.
  maxWorkers: 2,
  testTimeout: 60_000,
  moduleNameMapper: {
    '^clipgraph$': '<rootDir>/src/index.ts',
    '^clipgraph/core$': '<rootDir>/src/core/index.ts',
    '^clipgraph/store$': '<rootDir>/src/stores/index.ts',
    '^clipgraph/runtime$': '<rootDir>/src/runtime/index.ts',
    '^clipgraph/conformance$': '<rootDir>/src/conformance/index.ts',
    '^clipgraph/server$': '<rootDir>/src/server/index.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  // Packages that the recipe of the starter model fetches have names and tests of their own.
  modulePathIgnorePatterns: ['<rootDir>/training/'],
  transform: {
    '^.+\\.[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
      },
    ],
  },
};
