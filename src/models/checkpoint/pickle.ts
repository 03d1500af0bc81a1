import { damaged } from '../../encoders/index.js';

/** A name that a pickle refers to: `torch._utils _rebuild_tensor_v2`. */
export class PickleGlobal {
  constructor(readonly name: string) {}
}

/** What a pickle's REDUCE made: nothing is called, it is noted. */
export class PickleCall {
  constructor(
    readonly callee: string,
    readonly args: readonly unknown[],
  ) {}
}

/** A value that the pickle says is stored elsewhere. */
export class PersistentId {
  constructor(readonly id: unknown) {}
}

/** The names that the state dict of a CLIP needs; any other name is refused. */
const ALLOWED = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
  ...['Double', 'Float', 'Half', 'BFloat16', 'Long', 'Int', 'Short', 'Char', 'Byte', 'Bool'].map(
    (type) => `torch ${type}Storage`,
  ),
]);
/** Dictionaries, which are filled after they were made. */
const DICTIONARY = 'collections OrderedDict';
const MARK = Symbol('mark');
const MAX_VALUES = 2_000_000;

function wrong(what: string): Error {
  return damaged('PyTorch', what);
}

/**
 * Reads a pickle that holds a plain state dict: dictionaries, tuples, lists, texts, numbers, and calls of the few functions
 * that rebuild a tensor. Nothing is run: an operation or a name beyond those is refused.
 *
 * Source: CPython, Lib/pickletools.py.
 *
 * @throws MODEL_UNAVAILABLE that names what was refused
 */
export function readPickle(bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const memo = new Map<number, unknown>();
  const stack: unknown[] = [];
  let at = 0;

  const take = (count: number): Uint8Array => {
    if (count < 0 || at + count > bytes.length) throw wrong('its pickle ends early');
    at += count;
    return bytes.subarray(at - count, at);
  };
  const byte = (): number => take(1)[0];
  const uint16 = (): number => (take(2), view.getUint16(at - 2, true));
  const uint32 = (): number => (take(4), view.getUint32(at - 4, true));
  const text = (length: number): string => new TextDecoder().decode(take(length));
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) throw wrong('its pickle ends early');
    const value = text(end - at);
    at++;
    return value;
  };
  const push = (value: unknown): void => {
    if (stack.length >= MAX_VALUES) throw wrong('its pickle holds too many values');
    stack.push(value);
  };
  const pop = (): unknown => {
    if (stack.length === 0) throw wrong('its pickle takes what is not there');
    const value = stack.pop();
    if (value === MARK) throw wrong('its pickle takes a mark for a value');
    return value;
  };
  const popToMark = (): unknown[] => {
    const from = stack.lastIndexOf(MARK);
    if (from < 0) throw wrong('its pickle lacks a mark');
    return stack.splice(from).slice(1);
  };
  const recall = (index: number): unknown => {
    if (!memo.has(index)) throw wrong('its pickle recalls what it has not kept');
    return memo.get(index);
  };
  const top = (): unknown => {
    const value = pop();
    push(value);
    return value;
  };
  const global = (name: string): PickleGlobal => {
    if (ALLOWED.has(name)) return new PickleGlobal(name);
    throw wrong(`its pickle refers to ${JSON.stringify(name.slice(0, 80))}, which no plain state dict needs`);
  };
  const setItems = (items: readonly unknown[]): void => {
    const target = top();
    if (!(target instanceof Map) || items.length % 2 !== 0)
      throw wrong('its pickle fills what is no dictionary');
    for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
  };
  const append = (items: readonly unknown[]): void => {
    const target = top();
    if (!Array.isArray(target)) throw wrong('its pickle extends what is no list');
    for (const item of items) target.push(item);
  };
  const integer = (count: number): number => {
    const value = take(count).reduceRight((sum, digit) => sum * 256n + BigInt(digit), 0n);
    return count === 0 ? 0 : Number(BigInt.asIntN(count * 8, value));
  };
  const call = (): unknown => {
    const args = pop();
    const callee = pop();
    if (!(callee instanceof PickleGlobal) || !Array.isArray(args))
      throw wrong('its pickle calls what it may not');
    if (callee.name === DICTIONARY) return new Map();
    return new PickleCall(callee.name, args as unknown[]);
  };

  const operations: Readonly<Record<number, () => void>> = {
    0x80: () => void byte(), // PROTO
    0x95: () => void take(8), // FRAME
    0x28: () => stack.push(MARK), // MARK
    0x7d: () => {
      push(new Map());
    }, // EMPTY_DICT
    0x5d: () => {
      push([]);
    }, // EMPTY_LIST
    0x29: () => {
      push([]);
    }, // EMPTY_TUPLE
    0x74: () => {
      push(popToMark());
    }, // TUPLE
    0x85: () => {
      push([pop()]);
    }, // TUPLE1
    0x86: () => {
      push([pop(), pop()].reverse());
    }, // TUPLE2
    0x87: () => {
      push([pop(), pop(), pop()].reverse());
    }, // TUPLE3
    0x4e: () => {
      push(null);
    }, // NONE
    0x88: () => {
      push(true);
    }, // NEWTRUE
    0x89: () => {
      push(false);
    }, // NEWFALSE
    0x4b: () => {
      push(byte());
    }, // BININT1
    0x4d: () => {
      push(uint16());
    }, // BININT2
    0x4a: () => {
      push(uint32() | 0);
    }, // BININT
    0x8a: () => {
      push(integer(byte()));
    }, // LONG1
    0x47: () => {
      take(8);
      push(view.getFloat64(at - 8));
    }, // BINFLOAT
    0x58: () => {
      push(text(uint32()));
    }, // BINUNICODE
    0x8c: () => {
      push(text(byte()));
    }, // SHORT_BINUNICODE
    0x71: () => void memo.set(byte(), top()), // BINPUT
    0x72: () => void memo.set(uint32(), top()), // LONG_BINPUT
    0x94: () => void memo.set(memo.size, top()), // MEMOIZE
    0x68: () => {
      push(recall(byte()));
    }, // BINGET
    0x6a: () => {
      push(recall(uint32()));
    }, // LONG_BINGET
    0x63: () => {
      push(global(`${line()} ${line()}`));
    }, // GLOBAL
    0x93: () => {
      // STACK_GLOBAL
      const [name, module] = [pop(), pop()];
      push(global(`${String(module)} ${String(name)}`));
    },
    0x51: () => {
      push(new PersistentId(pop()));
    }, // BINPERSID
    0x52: () => {
      push(call());
    }, // REDUCE
    0x73: () => {
      setItems([pop(), pop()].reverse());
    }, // SETITEM
    0x75: () => {
      setItems(popToMark());
    }, // SETITEMS
    0x61: () => {
      append([pop()]);
    }, // APPEND
    0x65: () => {
      append(popToMark());
    }, // APPENDS
    0x62: () => {
      // BUILD: what an OrderedDict carries beside its items (_metadata) is of no use here.
      pop();
      if (!(top() instanceof Map)) throw wrong('its pickle builds an object');
    },
  };
  for (;;) {
    const code = byte();
    if (code === 0x2e) return pop(); // STOP
    if (!(code in operations))
      throw wrong(`its pickle has the operation 0x${code.toString(16)}, which no plain state dict needs`);
    operations[code]();
  }
}
