/**
 * `clipgraph/conformance`: what every runtime plugin must do, for any test runner.
 *
 * @module
 */
export { conformanceTests, type ConformanceSubject, type ConformanceTest } from './suite.js';
export { conformanceGraphs } from './graphs.js';
