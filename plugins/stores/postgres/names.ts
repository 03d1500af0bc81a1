/** A name as SQL writes it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** How the tables of a database are called, each with its schema. */
export interface Names {
  readonly schema: string;
  readonly collections: string;
  readonly tallies: string;
  readonly migrations: string;
  /** The table of a collection's items, by the collection's number: names that people chose are in no statement. */
  items(number: number): string;
  /** The name of the index over its vectors, without the schema. */
  vectorIndex(number: number): string;
}

export function namesIn(schema: string): Names {
  const within = (name: string): string => `${quoted(schema)}.${quoted(name)}`;
  return {
    schema: quoted(schema),
    collections: within('collections'),
    tallies: within('tallies'),
    migrations: within('migrations'),
    items: (number) => within(`items_${number}`),
    vectorIndex: (number) => quoted(`items_${number}_vector`),
  };
}

/** Collects the values of a statement, and says how the statement calls each. */
export class Values {
  readonly list: unknown[] = [];

  /** @returns `$1`, `$2` … */
  add(value: unknown): string {
    return `$${this.list.push(value)}`;
  }
}
