/** Not here any more: it is exported by `clipgraph/conformance`. */
export function conformanceTests(): never {
  throw new TypeError(
    "conformanceTests is no longer in clipgraph/runtime. Write: import { conformanceTests } from 'clipgraph/conformance'. See docs/upgrading.md.",
  );
}
