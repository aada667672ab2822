import { createReadStream, statSync } from 'node:fs';

/** The bytes of a file, or of standard input. */
export type Bytes = {
  readonly chunks: AsyncIterable<Buffer>;
  readonly fraction: () => number | undefined;
};

export function bytesOf(file: string): Bytes {
  if (file === '-') return { chunks: process.stdin, fraction: () => undefined };
  const { size } = statSync(file);
  const stream = createReadStream(file);
  return { chunks: stream, fraction: () => (size === 0 ? 1 : Math.min(1, stream.bytesRead / size)) };
}

/** The bytes between two separators; undefined if longer than allowed. */
export type Piece = Buffer | undefined;

/** Collects the bytes of a piece, up to the longest allowed. */
export function gatherer(longest: number) {
  let parts: Buffer[] = [];
  let length = 0;
  return {
    add(part: Buffer): void {
      length += part.length;
      if (length <= longest) parts.push(part);
      else parts = [];
    },
    isEmpty: () => length === 0,
    take(): Piece {
      const piece = length <= longest ? Buffer.concat(parts) : undefined;
      parts = [];
      length = 0;
      return piece;
    },
  };
}

const newline = 0x0a;

/** The lines of a source, without line breaks. */
export async function* linesOf(chunks: AsyncIterable<Buffer>, longest: number): AsyncGenerator<Piece> {
  const line = gatherer(longest);
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(newline); at >= 0; at = chunk.indexOf(newline, from)) {
      line.add(chunk.subarray(from, at));
      yield line.take();
      from = at + 1;
    }
    // Copied, because a view of the rest would keep the whole chunk in memory.
    if (from < chunk.length) line.add(Buffer.from(chunk.subarray(from)));
  }
  if (!line.isEmpty()) yield line.take();
}
