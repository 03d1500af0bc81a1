export { conformanceTests, type ConformanceSubject } from './suite.js';
export { check, expectCode, type ConformanceTest } from './checks.js';
export { conformanceGraphs } from './graphs.js';
