/** The fields of a message by their numbers, each as often as it appears: a number, or the bytes of a text or of another message. */
export type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

/** Reads a message of Protocol Buffers with variable-length numbers and lengths (wire types 0 and 2). Undefined: the bytes are not such a message. */
export function readFields(bytes: Buffer): Fields | undefined {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const next = (): number | undefined => {
    const number = varint(bytes, at);
    at = number?.end ?? bytes.length;
    return number?.value;
  };
  while (at < bytes.length) {
    const tag = next();
    const value = next();
    if (tag === undefined || value === undefined) return undefined;
    const [field, wireType] = [Math.floor(tag / 8), tag % 8];
    if (wireType !== 0 && wireType !== 2) return undefined;
    const found = wireType === 0 ? value : bytes.subarray(at, at + value);
    if (typeof found === 'object') {
      if (found.length < value) return undefined;
      at += value;
    }
    const values = fields.get(field) ?? [];
    values.push(found);
    fields.set(field, values);
  }
  return fields;
}

/** Seven bits per byte, the lowest first, in at most ten bytes. A number that a double cannot represent exactly is invalid. */
function varint(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let at = from; at < from + 10; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * (at - from));
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
