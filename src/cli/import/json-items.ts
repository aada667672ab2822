import { gatherer, type Piece } from './bytes.ts';

const [quote, backslash, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

export const cutOff = Symbol('the list does not end');
export const noList = Symbol('there is no such list');
export const notOne = Symbol('something stands after the document');

/**
 * The items of one list in a JSON document, so that the document may be larger than the memory: of the document itself, where it is a list,
 * or of that member of the object that it is. Only the brackets around an item are looked at; parsing it is for the caller. The last
 * thing it yields says that the document has no end, that something stands after it, or that the list was not there.
 */
export async function* jsonItems(
  chunks: AsyncIterable<Buffer>,
  member: string | undefined,
  longest: number,
): AsyncGenerator<Piece | typeof cutOff | typeof noList | typeof notOne> {
  const item = gatherer(longest);
  const key = gatherer(256);
  const isOfString = stringFollower();
  const listDepth = member === undefined ? 1 : 2;
  const wanted = JSON.stringify(member);
  let depth = 0;
  let lastKey: string | undefined;
  let state: 'before' | 'inside' | 'after' = 'before';
  let isClosed = false;

  for await (const chunk of chunks) {
    let from = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (isClosed && !isSpace(byte)) {
        yield notOne;
        return;
      }
      const mayBeKey = state === 'before' && depth === 1;
      if (isOfString(byte)) {
        if (mayBeKey) key.add(chunk.subarray(at, at + 1));
      } else if (byte === openList || byte === openObject) {
        depth += 1;
        const isIt = byte === openList && depth === listDepth && lastKey === wanted;
        if (state !== 'before' || !isIt) continue;
        state = 'inside';
        from = at + 1;
      } else if (state === 'inside' && depth === listDepth && (byte === comma || byte === closeList)) {
        item.add(chunk.subarray(from, at));
        from = at + 1;
        const piece = item.take();
        // Nothing stands between the brackets of an empty list.
        if (byte === comma || !piece?.every(isSpace)) yield piece;
        if (byte === comma) continue;
        state = 'after';
        depth -= 1;
        isClosed = depth === 0;
      } else if (byte === closeList || byte === closeObject) {
        depth -= 1;
        isClosed = depth === 0;
      } else if (mayBeKey && (byte === colon || byte === comma)) {
        lastKey = key.take()?.toString();
      }
    }
    if (state === 'inside') item.add(Buffer.from(chunk.subarray(from)));
  }
  if (state === 'before') yield noList;
  else if (!isClosed) yield cutOff;
}

/** Says of each byte in turn whether it belongs to a string, its quotation marks included. */
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
