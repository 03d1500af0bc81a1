import { ClipgraphError } from '../errors/index.js';

interface Operation {
  readonly controller: AbortController;
  ended: Promise<void>;
}

/** Why an operation ends when its client takes no answer any more. */
export function gone(): ClipgraphError {
  return new ClipgraphError('TIMEOUT', 'The client has gone.');
}

/** The operations of a connection that have not ended, by the ids that its client gives them. */
export class ConnectionOperations {
  readonly #operations = new Map<string, Operation>();

  /** Ends an operation: aborted when its client completes it, or is gone. */
  controllerOf(id: string): AbortController {
    const known = this.#operations.get(id);
    if (known === undefined) throw new Error('No operation with this id has begun.');
    return known.controller;
  }

  /**
   * @param operate resolves when the operation has ended; called at once
   * @returns the same, also where the id is another one's: graphql-ws refuses that
   */
  async run(id: string, operate: () => Promise<void>): Promise<void> {
    if (this.#operations.has(id)) return operate();
    const operation: Operation = { controller: new AbortController(), ended: Promise.resolve() };
    this.#operations.set(id, operation);
    operation.ended = operate().finally(() => {
      this.#operations.delete(id);
    });
    return operation.ended;
  }

  /** The client takes no answer any more. */
  leave(id: string): void {
    this.#operations.get(id)?.controller.abort(gone());
  }

  /** The client is gone. */
  leaveAll(): void {
    for (const { controller } of this.#operations.values()) controller.abort(gone());
  }

  /** Resolves when an operation that its client has left has ended: until then its id would mean two. */
  async whenFree(id: string): Promise<void> {
    const known = this.#operations.get(id);
    if (known?.controller.signal.aborted === true) await known.ended.catch(() => undefined);
  }
}
