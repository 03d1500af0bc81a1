import { ClipgraphError } from '../../errors/index.js';
import { hash } from '../identity.js';

/** What a collection is created with. */
export interface NewCollection {
  /** 1 to 64 of a-z, 0-9, `-` and `_`. */
  readonly name: string;
  readonly description?: string | null | undefined;
  /** A model's id or alias; the configured default if absent. */
  readonly model?: string | null | undefined;
  /** A configured store; the default one if absent. */
  readonly store?: string | null | undefined;
  /** Whether small pictures are kept. Default false. */
  readonly thumbnails?: boolean | undefined;
  /** Whether texts are kept; else their hash alone. Default true. */
  readonly keepText?: boolean | undefined;
  /** Whether pictures are kept as they were sent. Default false. */
  readonly keepOriginals?: boolean | undefined;
}

const NAME = /^[a-z0-9_-]{1,64}$/;
const LONGEST_DESCRIPTION = 1000;
/** Of collections that are being made anew beside another. No client sees them. */
const UNFINISHED = '__reindex-';

/** The same for a name, so that what was not finished is found again. */
export function besideOf(name: string): string {
  return UNFINISHED + hash([name]).slice(0, 16);
}

/** Whether a collection may have this name. */
export function isName(name: string): boolean {
  return NAME.test(name);
}

export function isUnfinished(name: string): boolean {
  return name.startsWith(UNFINISHED);
}

function refuse(argument: string, message: string): never {
  throw new ClipgraphError('BAD_USER_INPUT', message, { input: { argument, index: 0 } });
}

/** @throws BAD_USER_INPUT */
export function checkNewCollection({ name, description }: NewCollection): void {
  if (!isName(name) || isUnfinished(name)) {
    const besides = isName(name) ? `, and does not begin with ${UNFINISHED}` : '';
    refuse('name', `The name of a collection is 1 to 64 of a-z, 0-9, "-" and "_"${besides}.`);
  }
  if ((description?.length ?? 0) > LONGEST_DESCRIPTION) {
    refuse('description', `A description has ${LONGEST_DESCRIPTION} characters at most.`);
  }
}
