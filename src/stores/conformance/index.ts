import { collectionTests } from './collection-tests.js';
import { filterTests } from './filter-tests.js';
import type { StoreConformanceSubject } from './place.js';
import { processTests } from './process-tests.js';
import { rowTests } from './row-tests.js';
import { scanTests } from './scan-tests.js';
import { searchTests } from './search-tests.js';
import { largeTests, sharingTests } from './sharing-tests.js';
import type { StoreConformanceTest } from './tests.js';

export type { StoreConformanceSubject, StorePlace } from './place.js';
export type { StoreConformanceTest } from './tests.js';

/**
 * What every store plugin must do, as a list that any test runner can take: numbers beside a plain loop, order, ties and
 * pages; filters beside their definition; what becomes of rows; collections as wholes; several servers at a time; killed
 * writers; 100,000 rows. Each test has a place of its own.
 */
export function storeConformanceTests(subject: StoreConformanceSubject): StoreConformanceTest[] {
  const groups = [
    collectionTests,
    rowTests,
    searchTests,
    filterTests,
    scanTests,
    sharingTests,
    processTests,
    largeTests,
  ];
  return groups.flatMap((group) => group(subject));
}
