import { z } from 'zod';

/**
 * A code as clients send it: a string of digits that may contain spaces and `-`, or a JSON integer. An integer has lost
 * its leading zeros, which `codeOfLength` restores.
 */
export const codeReply = z.union([
  z
    .string()
    .max(64)
    .transform((text) => text.replace(/[ -]/g, ''))
    .pipe(z.string().regex(/^[0-9]{6,8}$/, 'must be 6 to 8 digits')),
  z.int().nonnegative().max(99_999_999),
]);

export type CodeReply = z.infer<typeof codeReply>;

/** The code as a string, for comparison. A number is padded to `digits`; a string keeps its length. */
export function codeOfLength(reply: CodeReply, digits: number): string {
  return typeof reply === 'number' ? String(reply).padStart(digits, '0') : reply;
}
