import { CompactSign, importJWK, SignJWT } from 'jose';
import { makeKeyRing, type KeyRing } from '../../../src/base/keys.ts';
import { seededRandom } from '../../../kit/random.ts';
import { url, type Server } from '../../../kit/server.ts';
import { ring } from '../../../kit/keys-file.ts';
import { nobody } from '../catalogue.ts';

type Head = Readonly<Record<string, unknown>>;

const stranger = makeKeyRing(seededRandom('a stranger’s keys'));

const privateKey = async ({ signing: [key] }: KeyRing) => importJWK({ ...key?.jwk }, 'EdDSA');

/** Signs anything, with the server's own key where nothing else is said. */
async function sign(claims: object, head: Head = {}, keys = ring): Promise<string> {
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid: ring.signing[0]?.id ?? '', ...head };
  return new SignJWT({ ...claims }).setProtectedHeader(header).sign(await privateKey(keys));
}

/** Signs a text as it stands, which JSON.stringify would not write. */
async function signText(text: string): Promise<string> {
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid: ring.signing[0]?.id ?? '' };
  return new CompactSign(Buffer.from(text)).setProtectedHeader(header).sign(await privateKey(ring));
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (head: Head, claims: object, signature = '') => `${encode(head)}.${encode(claims)}.${signature}`;

/** The last character of a part, exchanged for one that decodes to the same bytes or nearly so. */
function lastCharacters(token: string): readonly string[] {
  return 'ABCDQRSTghij0189-_'
    .split('')
    .map((letter) => token.slice(0, -1) + letter)
    .filter((one) => one !== token);
}

/** Every token that is like a good one and none, by what is wrong with it. */
export async function badTokens(server: Server, good: string): Promise<Readonly<Record<string, string>>> {
  const [head = '', body = '', signature = ''] = good.split('.');
  const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Readonly<Record<string, unknown>>;
  const without = (name: string) => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));
  const kid = ring.signing[0]?.id ?? '';
  const [theirs] = stranger.signing;
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: theirs?.jwk.x };
  const ours = Buffer.from(ring.signing[0]?.jwk.x ?? '', 'base64url');
  const hs256 = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid }).sign(ours);
  const bob = await server.addPerson('bob');
  const bobs = JSON.parse(Buffer.from(bob.token.split('.')[1] ?? '', 'base64url').toString()) as Readonly<
    Record<string, unknown>
  >;
  const text = JSON.stringify(claims);
  return {
    'of another key': await sign(claims, {}, stranger),
    'of another key, that names it': await sign(claims, { kid: theirs?.id }, stranger),
    'of another key, that brings it along': await sign(claims, { jwk: publicJwk }, stranger),
    'of another key, that says where it is': await sign(claims, { jku: 'http://127.0.0.1:1/jwks.json' }, stranger),
    'of another key, with a certificate': await sign(claims, { x5u: 'http://127.0.0.1:1/x', x5c: ['AAAA'] }, stranger),
    'without a key id': await sign(claims, { kid: undefined }),
    'with a key id that is a path': await sign(claims, { kid: '../../../../dev/null' }),
    'with a key id that is SQL': await sign(claims, { kid: "' or 1=1 --" }),
    'with a key id that is no text': await sign(claims, { kid: 5 }),
    'with a key id that is a list': await sign(claims, { kid: [kid] }),
    'with a key id that every object has': await sign(claims, { kid: '__proto__' }),
    'with an extension that must be understood': await sign(claims, { crit: ['exp'], exp: 1 }).catch(() => 'x.y.z'),
    'of no algorithm': unsigned({ alg: 'none', typ: 'at+jwt', kid }, claims),
    'of no algorithm, in other letters': unsigned({ alg: 'NoNe', typ: 'at+jwt', kid }, claims),
    'of no algorithm, with the signature': unsigned({ alg: 'none', typ: 'at+jwt', kid }, claims, signature),
    'without an algorithm': unsigned({ typ: 'at+jwt', kid }, claims, signature),
    'of an algorithm with our public key as its secret': hs256,
    'of an algorithm that only names itself so': unsigned({ alg: 'ES256', typ: 'at+jwt', kid }, claims, signature),
    'of no type': await sign(claims, { typ: undefined }),
    'of another type': await sign(claims, { typ: 'JWT' }),
    'of an identity': await sign(claims, { typ: 'id+jwt' }),
    'of another issuer': await sign({ ...claims, iss: 'https://other.example' }),
    'of our issuer with a slash': await sign({ ...claims, iss: `${url}/` }),
    'without an issuer': await sign(without('iss')),
    'for another audience': await sign({ ...claims, aud: 'https://other.example' }),
    'for several audiences': await sign({ ...claims, aud: [url, 'https://other.example'] }),
    'without an audience': await sign(without('aud')),
    'that is over': await sign({ ...claims, exp: server.clock.now() / 1000 }),
    'that never ends': await sign(without('exp')),
    'that ends at infinity': await signText(text.replace(/"exp":\d+/, '"exp":1e400')),
    'that ends in a text': await sign({ ...claims, exp: String(claims.exp) }).catch(() => 'x.y.z'),
    'that ends between two seconds': await signText(text.replace(/"exp":(\d+)/, '"exp":$1.5')),
    'that has not begun': await sign({ ...claims, nbf: Number(claims.exp) }),
    'that does not say when it was made': await sign(without('iat')),
    'of no session': await sign(without('sid')),
    'of a session that is not there': await sign({ ...claims, sid: nobody }),
    'of a session that is a NUL': await sign({ ...claims, sid: '\u0000' }),
    'of a session that is a list': await sign({ ...claims, sid: [claims.sid] }),
    "of another's session": await sign({ ...claims, sid: bobs.sid }),
    'of another user': await sign({ ...claims, sub: bob.uid }),
    'of no user': await sign(without('sub')),
    'of a user that is a list': await sign({ ...claims, sub: [claims.sub] }).catch(() => 'x.y.z'),
    'of another account': await sign({ ...claims, account: 'd'.repeat(32) }),
    'with a claim that none of ours has': await sign({ ...claims, admin: true }),
    'with another level of assurance': await sign({ ...claims, acr: 'aal3' }),
    'that is no JSON': await signText('{'),
    'that is a list': await signText('[]'),
    'that is a text': await signText('"text"'),
    'whose header is no JSON': `${Buffer.from('{').toString('base64url')}.${body}.${signature}`,
    'whose header is a list': `${encode([])}.${body}.${signature}`,
    'of two parts': `${head}.${body}`,
    'of four parts': `${good}.${signature}`,
    'of five parts': `${good}.${signature}.${signature}`,
    'of empty parts': '..',
    'without a signature': `${head}.${body}.`,
    'without claims': `${head}..${signature}`,
    'with padding': `${good}==`,
    'in base64 that is not for URLs': `${head}.${body}.+/${signature.slice(2)}`,
    'that is cut off': good.slice(0, -1),
    'that goes on': `${good}A`,
    'with a dot before it': `.${good}`,
    'in quotes': `"${good}"`,
    'in other letters': good.toUpperCase(),
    'that is very long': `${head}.${'A'.repeat(100_000)}.${signature}`,
    'that is one character': 'x',
    'that is null': 'null',
    'that is an emoji in Latin-1': '\u00f0\u009f\u0098\u0080',
    ...Object.fromEntries(lastCharacters(good).map((token) => [`whose last character is ${token.at(-1)}`, token])),
    ...Object.fromEntries(
      lastCharacters(`${head}.${body}`).map((token) => [
        `whose claims end in ${token.at(-1)}`,
        `${token}.${signature}`,
      ]),
    ),
  };
}
