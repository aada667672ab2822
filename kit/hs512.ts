/** JSON Web Tokens under a shared secret, without the library that the server uses. */
import { createHmac } from 'node:crypto';

export type Claims = Readonly<Record<string, unknown>>;

const usual = { alg: 'HS512', typ: 'JWT' };

export function jwtOf(claims: Claims, secret: string, header: Claims = usual): string {
  return sign(JSON.stringify(claims), secret, header);
}

/** Signs any text as claims. */
export function sign(claims: string, secret: string, header: Claims = usual): string {
  const text = [JSON.stringify(header), claims].map((part) => Buffer.from(part).toString('base64url')).join('.');
  return `${text}.${macOf(text, secret, header.alg === 'HS256' ? 'sha256' : 'sha512')}`;
}

/** The claims of a token; undefined unless it is signed as Duo requires. */
export function claimsOf(token: string, secret: string): Claims | undefined {
  const [header = '', payload = '', mac] = token.split('.');
  const right = mac === macOf(`${header}.${payload}`, secret, 'sha512');
  return right && read(header).alg === 'HS512' ? read(payload) : undefined;
}

function macOf(text: string, secret: string, hash: string): string {
  return createHmac(hash, secret).update(text).digest('base64url');
}

function read(base64url: string): Claims {
  return JSON.parse(Buffer.from(base64url, 'base64url').toString()) as Claims;
}
