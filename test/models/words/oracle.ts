/** The native tokenizers of Hugging Face: what the project's own are held to. Nothing of the product uses them. */
export interface Oracle {
  /** Ids of texts, with the markers. */
  encode(texts: readonly string[]): Promise<readonly (readonly number[])[]>;
}

interface Native {
  readonly Tokenizer: {
    fromString(json: string): {
      encodeBatch(texts: readonly string[]): Promise<readonly { getIds(): number[] }[]>;
    };
  };
}

/** Undefined where it could not be installed: it has binaries for common systems alone. */
export async function loadOracle(): Promise<((json: unknown) => Oracle) | undefined> {
  // Not known to the compiler: it does not ask for the package.
  const { name }: { readonly name: string } = { name: 'tokenizers' };
  try {
    const { Tokenizer } = (await import(name)) as Native;
    return (json) => {
      const tokenizer = Tokenizer.fromString(JSON.stringify(json));
      return { encode: async (texts) => (await tokenizer.encodeBatch(texts)).map((one) => one.getIds()) };
    };
  } catch {
    return undefined;
  }
}
