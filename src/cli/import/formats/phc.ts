import { unpaddedBase64 } from '../../../base/password-hash.ts';

/** N as its logarithm to base 2, r and p of RFC 7914. */
type ScryptCost = { readonly ln: number; readonly r: number; readonly p: number };

/** PHC strings from separate values of other systems. Base64 loses its padding, because only that spelling is read. */
export const scryptPhc = ({ ln, r, p }: ScryptCost, salt: Buffer, hash: Buffer) =>
  `$scrypt$ln=${ln},r=${r},p=${p}$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;

export const pbkdf2Phc = (digest: string, iterations: number | string, salt: Buffer, hash: Buffer) =>
  `$pbkdf2-${digest}$i=${iterations}$${unpaddedBase64(salt)}$${unpaddedBase64(hash)}`;
