/** A stream whose values become others; it ends when its reader returns, as the first one does. */
export function mappedStream<Value, Mapped>(
  values: AsyncIterableIterator<Value, undefined>,
  map: (value: Value) => Mapped,
): AsyncIterableIterator<Mapped, undefined> {
  const mapped: AsyncIterableIterator<Mapped, undefined> = {
    next: async () => {
      const step = await values.next();
      return step.done === true ? step : { done: false, value: map(step.value) };
    },
    return: async () => {
      await values.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => mapped,
  };
  return mapped;
}
