/** A model that people know by a name, and what they choose it by. */
export interface KnownModel {
  /** `owner/name`. */
  readonly id: string;
  readonly names: readonly string[];
  /** A repository with ONNX exports of the same weights. */
  readonly onnx?: string;
  /** As its card states it. */
  readonly license: string;
  /** Of both towers, in millions. */
  readonly parameters: number;
  /** That its texts may be in. */
  readonly languages: string;
  readonly goodFor: string;
}

const OPENAI = { license: "MIT (of OpenAI's code)", languages: 'English' } as const;
const SIGLIP = { license: 'Apache-2.0', languages: 'English' } as const;
const SIGLIP2 = { license: 'Apache-2.0', languages: 'many' } as const;

/** The models that people ask for by name. Source of licences and languages: each repository's card. */
export const KNOWN_MODELS: readonly KnownModel[] = [
  {
    id: 'openai/clip-vit-base-patch32',
    names: ['ViT-B/32', 'ViT-B-32', 'clip-vit-base-patch32'],
    onnx: 'Xenova/clip-vit-base-patch32',
    ...OPENAI,
    ...{ parameters: 151, goodFor: 'the fastest of the well-known ones' },
  },
  {
    id: 'openai/clip-vit-base-patch16',
    names: ['ViT-B/16', 'ViT-B-16', 'clip-vit-base-patch16'],
    onnx: 'Xenova/clip-vit-base-patch16',
    ...OPENAI,
    ...{ parameters: 150, goodFor: 'finer details than ViT-B/32, at about four times the work' },
  },
  {
    id: 'openai/clip-vit-large-patch14',
    names: ['ViT-L/14', 'ViT-L-14', 'clip-vit-large-patch14'],
    onnx: 'Xenova/clip-vit-large-patch14',
    ...OPENAI,
    ...{ parameters: 428, goodFor: 'what most figures in papers are of' },
  },
  {
    id: 'openai/clip-vit-large-patch14-336',
    names: ['ViT-L/14@336px', 'ViT-L-14-336', 'clip-vit-large-patch14-336'],
    onnx: 'Xenova/clip-vit-large-patch14-336',
    ...OPENAI,
    ...{ parameters: 428, goodFor: 'small things in pictures' },
  },
  {
    id: 'sentence-transformers/clip-ViT-B-32',
    names: ['clip-ViT-B-32'],
    onnx: 'Xenova/clip-vit-base-patch32',
    ...OPENAI,
    ...{ parameters: 151, goodFor: 'the same as ViT-B/32' },
  },
  {
    id: 'sentence-transformers/clip-ViT-B-16',
    names: ['clip-ViT-B-16'],
    onnx: 'Xenova/clip-vit-base-patch16',
    ...OPENAI,
    ...{ parameters: 150, goodFor: 'the same as ViT-B/16' },
  },
  {
    id: 'sentence-transformers/clip-ViT-L-14',
    names: ['clip-ViT-L-14'],
    onnx: 'Xenova/clip-vit-large-patch14',
    ...OPENAI,
    ...{ parameters: 428, goodFor: 'the same as ViT-L/14' },
  },
  {
    id: 'sentence-transformers/clip-ViT-B-32-multilingual-v1',
    names: ['clip-ViT-B-32-multilingual-v1'],
    ...{ license: 'Apache-2.0', languages: 'more than 50' },
    ...{
      parameters: 135,
      goodFor: 'texts whose vectors lie in the space of clip-ViT-B-32; reads no pictures',
    },
  },
  {
    id: 'google/siglip-base-patch16-224',
    names: ['siglip-base', 'siglip-base-patch16-224'],
    ...SIGLIP,
    ...{
      parameters: 203,
      goodFor: 'whether one text fits one picture: a probability of each pair by itself',
    },
  },
  {
    id: 'google/siglip-so400m-patch14-384',
    names: ['siglip-so400m', 'siglip-so400m-patch14-384'],
    ...SIGLIP,
    ...{ parameters: 878, goodFor: 'quality, where there is time for it' },
  },
  {
    id: 'google/siglip2-base-patch16-224',
    names: ['siglip2-base', 'siglip2-base-patch16-224'],
    ...SIGLIP2,
    ...{ parameters: 375, goodFor: 'a first choice for texts in other languages than English' },
  },
  {
    id: 'google/siglip2-so400m-patch14-384',
    names: ['siglip2-so400m', 'siglip2-so400m-patch14-384'],
    ...SIGLIP2,
    ...{ parameters: 1136, goodFor: 'quality in many languages, where there is time for it' },
  },
  {
    id: 'timm/ViT-B-16-SigLIP',
    names: ['ViT-B-16-SigLIP'],
    ...SIGLIP,
    ...{ parameters: 203, goodFor: "siglip-base in open_clip's layout, whose GELU is another one" },
  },
  {
    id: 'timm/ViT-B-16-SigLIP2',
    names: ['ViT-B-16-SigLIP2'],
    ...SIGLIP2,
    ...{ parameters: 375, goodFor: "siglip2-base in open_clip's layout" },
  },
  {
    id: 'OFA-Sys/chinese-clip-vit-base-patch16',
    names: ['chinese-clip', 'chinese-clip-vit-base-patch16'],
    ...{ license: 'not stated', languages: 'Chinese' },
    ...{ parameters: 188, goodFor: 'texts in Chinese' },
  },
  {
    id: 'laion/CLIP-ViT-B-32-xlm-roberta-base-laion5B-s13B-b90k',
    names: ['xlm-roberta-base-ViT-B-32'],
    ...{ license: 'MIT', languages: 'about 100' },
    ...{ parameters: 366, goodFor: 'many languages with a softmax' },
  },
];
