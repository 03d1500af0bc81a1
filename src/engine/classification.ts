import type { Config } from '../config/index.js';
import { ClipgraphError } from '../errors/index.js';
import { checkTextSize } from './content.js';

/** A label and how well it fits. */
export interface Classification {
  /** The label's place in the request. */
  readonly index: number;
  readonly label: string;
  /** The template with the label in it: what was compared. */
  readonly prompt: string;
  readonly cosine: number;
  /** Of the logit by the model's scoring: a softmax over the labels, or the sigmoid of each; where the model states a logit scale. */
  readonly probability: number | undefined;
}

/** The prompt of OpenAI's CLIP for pictures. */
export const DEFAULT_TEMPLATE = 'This is a photo of {}.';

/** How often a template may name its label: each time costs a copy of it. */
const MOST_PLACES = 100;

/**
 * Each label put into the template at `{}`. The sizes are looked at before anything is put together.
 *
 * @throws BAD_USER_INPUT for a template without `{}`, or with very many; TEXT_TOO_LONG for a prompt of more than
 *   `maxTextBytes`; PAYLOAD_TOO_LARGE for prompts of more than `maxBodyBytes` together
 */
export function promptsFor(
  labels: readonly string[],
  template: string,
  { maxTextBytes, maxBodyBytes }: Pick<Config['limits'], 'maxTextBytes' | 'maxBodyBytes'>,
): string[] {
  checkTextSize(template, maxTextBytes);
  const parts = template.split('{}');
  const places = parts.length - 1;
  if (places === 0) {
    throw new ClipgraphError('BAD_USER_INPUT', 'The template holds no {} for the label to go to.');
  }
  if (places > MOST_PLACES) {
    const message = `The template holds {} ${places} times; it may hold it ${MOST_PLACES} times.`;
    throw new ClipgraphError('BAD_USER_INPUT', message);
  }
  const templateBytes = Buffer.byteLength(template) - 2 * places;
  let total = 0;
  for (const [index, label] of labels.entries()) {
    // A UTF-16 unit has at least one byte of UTF-8: a label of megabytes is not counted.
    const labelBytes = label.length > maxTextBytes ? label.length : Buffer.byteLength(label);
    const bytes = templateBytes + places * labelBytes;
    if (bytes > maxTextBytes) {
      const message = `In the template the label has at least ${bytes} bytes; the limit is ${maxTextBytes} (limits.maxTextBytes). Shorten it.`;
      throw new ClipgraphError('TEXT_TOO_LONG', message).at({ argument: 'labels', index });
    }
    total += bytes;
  }
  if (total > maxBodyBytes) {
    const message = `In the template the labels have ${total} bytes together; the limit is ${maxBodyBytes} (limits.maxBodyBytes).`;
    throw new ClipgraphError('PAYLOAD_TOO_LARGE', message);
  }
  return labels.map((label) => parts.join(label));
}
