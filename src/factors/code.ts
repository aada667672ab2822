import { z } from 'zod';

/**
 * A code as people and programs send it: digits in a string, with spaces and `-` where they like, or a JSON integer, which
 * has lost its leading zeros and gets them back when the length of the code is known.
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

/** The code in the one form in which it is compared. A text keeps the digits it came with. */
export function codeOfLength(reply: CodeReply, digits: number): string {
  return typeof reply === 'number' ? String(reply).padStart(digits, '0') : reply;
}
