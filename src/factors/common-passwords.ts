import { dictionary } from '@zxcvbn-ts/language-common';

/** The passwords that people choose most (SP 800-63B-4 section 3.1.1.2 asks for such a list), compared without case. */
const common = new Set(dictionary['passwords-common']);

export function isCommonPassword(secret: string): boolean {
  return common.has(secret.toLowerCase());
}
