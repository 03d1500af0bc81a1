/** The parts of a `tokenizer.json` that are honoured, named as the file names them. Source: tokenizers 0.23.3. */

/** A text as it stands, or one of the regular expressions that published files have. */
export type Pattern = { readonly String: string } | { readonly Regex: ' {2,}' | '\\s+' };

export type Normalizer =
  | { readonly type: 'Sequence'; readonly normalizers: readonly Normalizer[] }
  | {
      readonly type: 'BertNormalizer';
      readonly clean_text: boolean;
      readonly handle_chinese_chars: boolean;
      /** Null: as `lowercase`. */
      readonly strip_accents: boolean | null;
      readonly lowercase: boolean;
    }
  | { readonly type: 'Lowercase' }
  | { readonly type: 'NFD' }
  | { readonly type: 'NFC' | 'NFKC' | 'NFKD' }
  /** Marks of every kind go, where BertNormalizer takes those without width alone. */
  | { readonly type: 'StripAccents' }
  /** sentencepiece's `nmt`: controls go, other blanks are spaces. */
  | { readonly type: 'Nmt' }
  | { readonly type: 'Strip'; readonly strip_left: boolean; readonly strip_right: boolean }
  | { readonly type: 'Replace'; readonly pattern: Pattern; readonly content: string }
  | { readonly type: 'Prepend'; readonly prepend: string }
  /** In base 64. */
  | { readonly type: 'Precompiled'; readonly precompiled_charsmap: string };

/** What becomes of what a text is cut at. */
export type Behavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

export type PreTokenizer =
  | { readonly type: 'Sequence'; readonly pretokenizers: readonly PreTokenizer[] }
  | { readonly type: 'BertPreTokenizer' }
  | { readonly type: 'WhitespaceSplit' }
  /** Words of letters, digits, marks and connectors; what is none of these, together. */
  | { readonly type: 'Whitespace' }
  | { readonly type: 'Digits'; readonly individual_digits: boolean }
  /** GPT-2's: words, each with the space before it, spelled by bytes. */
  | { readonly type: 'ByteLevel'; readonly add_prefix_space: boolean; readonly use_regex: boolean }
  | { readonly type: 'Punctuation'; readonly behavior: Behavior }
  | { readonly type: 'CharDelimiterSplit'; readonly delimiter: string }
  | {
      readonly type: 'Metaspace';
      /** One character. */
      readonly replacement: string;
      readonly prepend_scheme: 'always' | 'first' | 'never';
      readonly split: boolean;
    }
  | {
      readonly type: 'Split';
      readonly pattern: Pattern;
      readonly behavior: Behavior;
      readonly invert: boolean;
    };

/** A text that is a token of its own wherever it stands. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Takes the white space before it. */
  readonly lstrip: boolean;
  /** Takes the white space after it. */
  readonly rstrip: boolean;
  /** Looked for in the normalized text. */
  readonly normalized: boolean;
  /** A marker: in a text of somebody else's, only its characters. */
  readonly special: boolean;
}
