import type { GraphQLResolveInfo } from 'graphql';
import type { Config } from '../../config/index.js';
import { ClipgraphError } from '../../errors/index.js';
import { bytesOfText } from './answer-size.js';

/** Bytes of an answer beyond what was reckoned before, by what one execution alone has. */
const spent = new WeakMap<object, number>();

/**
 * Counts what a collection keeps towards `limits.maxAnswerBytes`: how long it is is not known before it is read. What
 * was reckoned for the field already does not count again.
 *
 * @returns the value
 * @throws QUERY_TOO_COMPLEX
 */
export function spendAnswer<Value>(
  value: Value,
  { config }: { readonly config: Config },
  { variableValues, returnType }: Pick<GraphQLResolveInfo, 'variableValues' | 'returnType'>,
): Value {
  if (value === undefined || value === null) return value;
  const excess = Buffer.byteLength(JSON.stringify(value)) - bytesOfText(returnType);
  if (excess <= 0) return value;
  // graphql-js makes the values of the variables anew for each execution, those of a subscription's events too.
  const bytes = (spent.get(variableValues) ?? 0) + excess;
  spent.set(variableValues, bytes);
  const { maxAnswerBytes } = config.limits;
  if (bytes <= maxAnswerBytes) return value;
  const message = `The answer would have more than ${maxAnswerBytes} bytes (limits.maxAnswerBytes): the items hold long texts or much metadata. Ask for fewer of them.`;
  throw new ClipgraphError('QUERY_TOO_COMPLEX', message);
}
