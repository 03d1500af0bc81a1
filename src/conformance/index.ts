/**
 * `clipgraph/conformance`: what every runtime and every store must do, for any test runner.
 *
 * @module
 */
export {
  conformanceGraphs,
  conformanceTests,
  type ConformanceSubject,
  type ConformanceTest,
} from '../runtime/conformance/index.js';
export {
  storeConformanceTests,
  type StoreConformanceSubject,
  type StoreConformanceTest,
  type StorePlace,
} from '../stores/conformance/index.js';
