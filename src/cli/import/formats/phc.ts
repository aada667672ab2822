import { unpaddedBase64 } from '../../../base/password-hash.ts';

/** PHC strings of what other systems keep apart. Base64 loses its padding, whose absence is the one spelling that is read. */
export const scryptPhc = (ln: number, r: number, p: number, salt: Buffer, hash: Buffer) =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;

export const pbkdf2Phc = (digest: string, iterations: number | string, salt: Buffer, hash: Buffer) =>
  `$pbkdf2-${digest}$i=${iterations}$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;
