/** Pillow's filters, by their names there. Source: Pillow src/PIL/Image.py, `Resampling`. */
export const FILTERS = ['nearest', 'lanczos', 'bilinear', 'bicubic', 'box', 'hamming'] as const;

/** A filter; its place in `FILTERS` is Pillow's number for it. */
export type Filter = (typeof FILTERS)[number];

/** A filter that weighs the pixels around a point. `nearest` takes one pixel and weighs none. */
export type Weighing = Exclude<Filter, 'nearest'>;

interface Kernel {
  /** Half the kernel's width, in source pixels at scale 1. */
  readonly support: number;
  readonly weigh: (x: number) => number;
}

/** Pillow's bicubic is Keys' kernel with a = -0.5. */
const A = -0.5;

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function bicubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((A + 2) * d - (A + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * A;
  return 0;
}

function hamming(x: number): number {
  const d = Math.abs(x);
  if (d === 0) return 1;
  return d < 1 ? sinc(d) * (0.54 + 0.46 * Math.cos(d * Math.PI)) : 0;
}

/** Source, for the open and closed ends too: Pillow src/libImaging/Resample.c, `box_filter` to `lanczos_filter`. */
export const KERNELS: Readonly<Record<Weighing, Kernel>> = {
  box: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weigh: hamming },
  bicubic: { support: 2, weigh: bicubic },
  lanczos: { support: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
