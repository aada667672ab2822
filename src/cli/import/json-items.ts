import { gatherer, type Piece } from './bytes.ts';

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The deepest nesting of brackets. */
const maxDepth = 1000;

export const cutOff = Symbol('the list does not end');
export const missingList = Symbol('there is no such list');
export const trailingData = Symbol('there is data after the document');
export const duplicate = Symbol('the member appears more than once');
export const malformed = Symbol('brackets do not match or nest too deep');
export type Fault = typeof cutOff | typeof missingList | typeof trailingData | typeof duplicate | typeof malformed;

/**
 * The items of one list in a JSON document that may be larger than the memory. Without `member` the document is the list; otherwise the list
 * is this member of its object. Items are not parsed; only brackets are counted. A fault of the document is yielded last.
 */
export async function* jsonItems(
  chunks: AsyncIterable<Buffer>,
  member: string | undefined,
  longest: number,
): AsyncGenerator<Piece | Fault> {
  const item = gatherer(longest);
  const follow = listFollower(member);
  let hasItems = false;
  let isInside = false;
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const seen = follow(chunk[at] ?? 0);
      if (seen === undefined) continue;
      if (typeof seen === 'symbol') {
        yield seen;
        return;
      }
      if (seen !== 'begin') {
        item.add(chunk.subarray(from, at));
        const piece = item.take();
        // An empty list has nothing between its brackets.
        if (seen === 'next' || hasItems || !piece?.every(isSpace)) yield piece;
      }
      hasItems = seen === 'next';
      isInside = seen !== 'end';
      from = at + 1;
    }
    if (isInside) item.add(Buffer.from(chunk.subarray(from)));
  }
  const fault = follow(undefined);
  if (typeof fault === 'symbol') yield fault;
}

type Seen = 'begin' | 'next' | 'end' | Fault | undefined;

/** Classifies each byte: it begins the list, ends an item or the list, or is a fault. `undefined` is the end of the bytes. */
function listFollower(member: string | undefined): (byte: number | undefined) => Seen {
  const isOfString = stringFollower();
  const keys = keyFollower(member);
  /** The closing brackets that are expected. */
  const open: number[] = [];
  const listDepth = member === undefined ? 1 : 2;
  let state: 'before' | 'inside' | 'after' = 'before';
  let isClosed = false;
  const opened = (closing: number): Seen => {
    open.push(closing);
    if (open.length > maxDepth) return malformed;
    const isWanted = closing === closeList && open.length === listDepth && keys.isAtMember();
    if (state !== 'before' || !isWanted) return undefined;
    state = 'inside';
    return 'begin';
  };
  const closed = (byte: number): Seen => {
    const isEnd = state === 'inside' && open.length === listDepth;
    if (open.pop() !== byte) return malformed;
    isClosed = open.length === 0;
    if (!isEnd) return undefined;
    state = 'after';
    return 'end';
  };
  return (byte) => {
    if (byte === undefined) return state === 'before' ? missingList : isClosed ? undefined : cutOff;
    if (isClosed) return isSpace(byte) ? undefined : trailingData;
    const isString = isOfString(byte);
    if (open.length === 1 && open[0] === closeObject && keys.add(byte, isString)) return duplicate;
    if (isString) return undefined;
    if (byte === openList) return opened(closeList);
    if (byte === openObject) return opened(closeObject);
    if (byte === closeList || byte === closeObject) return closed(byte);
    return byte === comma && state === 'inside' && open.length === listDepth ? 'next' : undefined;
  };
}

/** Follows the keys of the outermost object. `add` returns whether the member appears a second time. */
function keyFollower(member: string | undefined) {
  const text = gatherer(256);
  let [isAt, times] = [false, 0];
  return {
    isAtMember: () => member === undefined || isAt,
    add(byte: number, isString: boolean): boolean {
      if (isString) text.add(Buffer.of(byte));
      else if (byte === comma || byte === colon) {
        const key = text.take();
        isAt = byte === colon && key !== undefined && textOf(key) === member;
        if (isAt) times += 1;
      }
      return times > 1;
    },
  };
}

/** Keys may be written with escapes. */
function textOf(key: Buffer): unknown {
  try {
    return JSON.parse(key.toString());
  } catch {
    return undefined;
  }
}

/** Returns a function that says for each byte whether it belongs to a string, including its quotation marks. */
function stringFollower(): (byte: number) => boolean {
  let inside = false;
  let escaped = false;
  return (byte) => {
    if (!inside) {
      inside = byte === quote;
      return inside;
    }
    if (escaped) escaped = false;
    else if (byte === backslash) escaped = true;
    else if (byte === quote) inside = false;
    return true;
  };
}
