import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Config } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';

type DocumentLimits = Pick<Config['limits'], 'maxComplexity' | 'maxQueryDepth'>;

interface Merged {
  readonly field: FieldNode;
  /** The fragments that it stands in. */
  readonly spread: ReadonlySet<string>;
}

function tooComplex(message: string): ClipgraphError {
  return new ClipgraphError('QUERY_TOO_COMPLEX', message);
}

/**
 * Refuses a document whose validation or execution could take long, before either begins. Fragments count each time they
 * are spread: they can grow exponentially. Fields of one name count in pairs: validation compares each two of them
 * (OverlappingFieldsCanBeMerged).
 *
 * @throws QUERY_TOO_COMPLEX
 */
export function checkDocument(
  document: DocumentNode,
  { maxComplexity, maxQueryDepth }: DocumentLimits,
): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  let selections = 0;
  let pairs = 0;

  /** The fields of selection sets that are merged into one object, by the names that they have in the answer. */
  const collect = (
    { selections: own }: SelectionSetNode,
    depth: number,
    spread: ReadonlySet<string>,
    fields: Map<string, Merged[]>,
  ): void => {
    if (depth > maxQueryDepth) {
      throw tooComplex(
        `The document is nested more than ${maxQueryDepth} deep, fragments included (limits.maxQueryDepth).`,
      );
    }
    for (const selection of own) {
      selections++;
      if (selections > maxComplexity) {
        throw tooComplex(
          `The document has more than ${maxComplexity} fields, counted wherever a fragment is spread (limits.maxComplexity).`,
        );
      }
      if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const same = fields.get(name) ?? [];
        pairs += same.length;
        if (pairs > maxComplexity) {
          throw tooComplex(
            `The document asks for the same fields again and again: ${maxComplexity} pairs are compared at most (limits.maxComplexity). Ask for each once.`,
          );
        }
        same.push({ field: selection, spread });
        fields.set(name, same);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet, depth + 1, spread, fields);
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        // One that is not there, or spreads itself, is refused by the validation.
        if (fragment === undefined || spread.has(name)) continue;
        collect(fragment.selectionSet, depth + 1, new Set([...spread, name]), fields);
      }
    }
  };

  /** Level by level: a document may be deeper than the stack. */
  for (const definition of document.definitions) {
    if (!('selectionSet' in definition)) continue;
    const open: { readonly merged: readonly Merged[]; readonly depth: number }[] = [];
    const enter = (
      sets: readonly (readonly [SelectionSetNode, ReadonlySet<string>])[],
      depth: number,
    ): void => {
      const fields = new Map<string, Merged[]>();
      for (const [set, spread] of sets) collect(set, depth, spread, fields);
      for (const merged of fields.values()) open.push({ merged, depth });
    };
    const own = definition.kind === Kind.FRAGMENT_DEFINITION ? [definition.name.value] : [];
    enter([[definition.selectionSet, new Set(own)]], 1);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { merged, depth } = next;
      const sets = merged.flatMap(({ field, spread }) =>
        field.selectionSet === undefined ? [] : [[field.selectionSet, spread] as const],
      );
      if (sets.length > 0) enter(sets, depth + 1);
    }
  }
}
