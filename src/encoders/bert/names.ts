import type { Checkpoint } from '../checkpoint.js';

/** Parts of names as transformers' BERT, RoBERTa and DistilBERT have them, and what they are called here. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/\bembeddings\.word_embeddings\./, 'embeddings.token_embedding.'],
  [/\bembeddings\.position_embeddings\./, 'embeddings.position_embedding.'],
  [/\bembeddings\.token_type_embeddings\./, 'embeddings.token_type_embedding.'],
  [/\bembeddings\.LayerNorm\./, 'embeddings.layer_norm.'],
  [/\b(?:encoder|transformer)\.layer\.(\d+)\./, 'encoder.layers.$1.'],
  [/\.attention\.self\.query\.|\.attention\.q_lin\./, '.self_attn.q_proj.'],
  [/\.attention\.self\.key\.|\.attention\.k_lin\./, '.self_attn.k_proj.'],
  [/\.attention\.self\.value\.|\.attention\.v_lin\./, '.self_attn.v_proj.'],
  [/\.attention\.output\.dense\.|\.attention\.out_lin\./, '.self_attn.out_proj.'],
  [/\.attention\.output\.LayerNorm\.|\.sa_layer_norm\./, '.layer_norm1.'],
  [/\.intermediate\.dense\.|\.ffn\.lin1\./, '.mlp.fc1.'],
  [/\.output\.dense\.|\.ffn\.lin2\./, '.mlp.fc2.'],
  [/\.output\.LayerNorm\.|\.output_layer_norm\./, '.layer_norm2.'],
];

/** Where the tower stands in a checkpoint, the longest first: AltCLIP's, Chinese-CLIP's, M-CLIP's, and saved alone. */
const PLACES = ['text_model.roberta.', 'text_model.', 'transformer.', 'distilbert.', 'roberta.', 'bert.', ''];
/** What stands beside the tower. */
const BESIDE: readonly (readonly [RegExp, string])[] = [
  [/^text_model\.pre_LN\./, 'text_model.final_layer_norm.'],
  [/^text_model\.transformation\./, 'text_model.transformation.'],
  [/^LinearTransformation\./, 'text_projection.'],
  // A dense layer of sentence-transformers, in a file of its own.
  [/^linear\./, 'text_projection.'],
];

/** A name within the tower. */
export function bertName(name: string): string {
  return PARTS.reduce((text, [pattern, to]) => text.replace(pattern, to), name);
}

/** A checkpoint with a text tower of BERT's kind under the names that graphs are built over; undefined for any other. */
export function fromBert(checkpoint: Checkpoint): Checkpoint | undefined {
  const place = PLACES.find((prefix) => checkpoint.has(`${prefix}embeddings.word_embeddings.weight`));
  if (place === undefined) return undefined;
  return new Map(
    [...checkpoint].map(([name, tensor]) => {
      const [pattern, to] = BESIDE.find(([candidate]) => candidate.test(name)) ?? [];
      if (pattern !== undefined && to !== undefined) return [name.replace(pattern, to), tensor];
      const isInside =
        name.startsWith(place) && (place !== '' || /^(embeddings|encoder|transformer)\./.test(name));
      return [isInside ? `text_model.${bertName(name.slice(place.length))}` : name, tensor];
    }),
  );
}
