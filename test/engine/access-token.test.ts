import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { makeKeyRing } from '../../src/base/keys.ts';
import { createLiveRing } from '../../src/base/live-ring.ts';
import { ringAt, withNextKeys, withoutKey } from '../../src/base/rotation.ts';
import {
  createAccessTokens,
  createLiveAccessTokens,
  longestToken,
  type AccessTokens,
} from '../../src/engine/access-token.ts';
import { clockAt } from '../../kit/clock.ts';
import { seededRandom } from '../../kit/random.ts';

const url = 'https://house.example';
const now = Date.parse('2026-11-21T12:00:00Z');
const iat = now / 1000;
const ring = makeKeyRing(seededRandom('tokens'));
const [{ id: kid, jwk: privateJwk }] = ring.signing as [(typeof ring.signing)[number]];
const tokens: AccessTokens = await createAccessTokens(ring, url);

const claims = {
  sub: 'user',
  account: 'account',
  sid: '01a1fdfa-4600-7be9-9a02-1719ea5e031b',
  iat,
  exp: iat + 3600,
  auth_time: iat,
  amr: ['pwd'],
  acr: 'aal1' as const,
};
const issued = { ...claims, iss: url, aud: url };
const header = { alg: 'EdDSA', typ: 'at+jwt', kid };

const encode = (part: unknown) =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

/** A token as anybody can write one, signed with the server's own key: each of these is refused for what it says, not for its signature. */
function token(payload: unknown, head: object = header, jwk: object = privateJwk): string {
  const signed = `${encode(head)}.${encode(payload)}`;
  return `${signed}.${sign(null, Buffer.from(signed), { key: jwk, format: 'jwk' }).toString('base64url')}`;
}

async function refused(cases: Readonly<Record<string, string>>, at = now): Promise<void> {
  for (const [name, text] of Object.entries(cases)) assert.equal(await tokens.read(text, at), undefined, name);
}

const without = (member: keyof typeof issued) =>
  Object.fromEntries(Object.entries(issued).filter(([key]) => key !== member));

describe('access tokens', () => {
  test('say what was put into them', async () => {
    assert.deepEqual(await tokens.read(await tokens.issue(claims), now), issued);
    assert.deepEqual(await tokens.read(token(issued), now), issued);
  });

  test('can be checked by others with the public keys, which hold nothing private', async () => {
    const { payload, protectedHeader } = await jwtVerify(await tokens.issue(claims), createLocalJWKSet(tokens.jwks), {
      currentDate: new Date(now),
    });
    assert.deepEqual(payload, issued);
    assert.deepEqual(protectedHeader, header);
    assert.doesNotMatch(JSON.stringify(tokens.jwks), new RegExp(`"d"|${privateJwk.d}`));
  });

  test('are good up to the second in which they expire', async () => {
    const text = await tokens.issue(claims);
    assert.ok(await tokens.read(text, (iat + 3600) * 1000 - 1));
    assert.equal(await tokens.read(text, (iat + 3600) * 1000), undefined);
  });

  test('that were read before are looked at again for their time', async () => {
    const text = await tokens.issue(claims);
    assert.ok(await tokens.read(text, now));
    assert.equal(await tokens.read(text, (iat - 61) * 1000), undefined);
    assert.equal(await tokens.read(text, (iat + 3600) * 1000), undefined);
    assert.deepEqual(await tokens.read(text, now), issued);
  });

  test('that were refused before are read when their time has come', async () => {
    const text = await tokens.issue({ ...claims, iat: iat + 61 });
    assert.equal(await tokens.read(text, now), undefined);
    assert.ok(await tokens.read(text, now + 1000));
  });

  test('that were read before vouch for no other spelling of themselves', async () => {
    const text = await tokens.issue(claims);
    assert.ok(await tokens.read(text, now));
    await refused({ longer: `${text}A`, shorter: text.slice(0, -1), padded: `${text}=` });
  });

  test('of a retired key are read, and new ones are made with the active key', async () => {
    const next = makeKeyRing(seededRandom('next'));
    const rotated = {
      ...next,
      signing: [...next.signing, ...ring.signing.map((key) => ({ ...key, state: 'retired' as const }))],
    };
    const later = await createAccessTokens(rotated, url);
    assert.deepEqual(await later.read(await tokens.issue(claims), now), issued);
    assert.equal(await tokens.read(await later.issue(claims), now), undefined);
    assert.equal(later.jwks.keys.length, 2);
  });

  test('follow a ring that rotates: both nodes read what either has signed, and all public keys are told of', async () => {
    const clock = clockAt('2026-11-21T12:00:00Z');
    const rotating = withNextKeys(ring, ['signing'], now + 1000, seededRandom('rotating'));
    const live = await createLiveAccessTokens(createLiveRing(rotating, clock), url);
    const other = await createLiveAccessTokens(createLiveRing(rotating, clockAt('2026-11-21T11:59:00Z')), url);
    const kids = rotating.signing.map(({ id }) => id);
    const before = await live.issue(claims);
    clock.tick(1000);
    const after = await live.issue(claims);
    assert.deepEqual(
      [before, after].map((text) => decodeProtectedHeader(text).kid),
      kids,
    );
    for (const text of [before, after]) {
      assert.deepEqual(await live.read(text, now), issued);
      assert.deepEqual(await other.read(text, now), issued);
      for (const { jwks } of [live, other])
        await jwtVerify(text, createLocalJWKSet(jwks), { currentDate: new Date(now) });
    }
    for (const { jwks } of [live, other])
      assert.deepEqual(
        jwks.keys.map((key) => key.kid),
        kids,
      );
  });

  test('of a key that left the ring are refused, also where they were read before', async () => {
    const clock = clockAt('2026-11-21T12:00:00Z');
    const rotated = ringAt(withNextKeys(ring, ['signing'], now, seededRandom('rotated')), now);
    const live = createLiveRing(rotated, clock);
    const following = await createLiveAccessTokens(live, url);
    const old = await tokens.issue(claims);
    assert.ok(await following.read(old, now));
    live.replace(withoutKey(rotated, 'signing', kid));
    assert.equal(await following.read(old, now), undefined);
    assert.ok(await following.read(await following.issue(claims), now));
  });

  test('without a right signature are refused', async () => {
    const good = token(issued);
    const [head = '', body = '', signature = ''] = good.split('.');
    const [, foreign = ''] = token({ ...issued, sub: 'somebody else' }).split('.');
    const pair = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const confused = `${encode({ ...header, alg: 'HS256' })}.${body}`;
    const hmac = createHmac('sha256', Buffer.from(privateJwk.x, 'base64url')).update(confused).digest('base64url');
    await refused({
      'another body': `${head}.${foreign}.${signature}`,
      'no signature': `${head}.${body}.`,
      'two parts': `${head}.${body}`,
      'another key under our id': token(issued, header, pair),
      'another key': token(issued, { ...header, kid: 'other' }, pair),
      'its own key': token(
        issued,
        { alg: 'EdDSA', typ: 'at+jwt', jwk: { kty: 'OKP', crv: 'Ed25519', x: pair.x } },
        pair,
      ),
      'no key id': token(issued, { alg: 'EdDSA', typ: 'at+jwt' }),
      'a key id that is no text': token(issued, { ...header, kid: 1 }),
      'a key id that is a path': token(issued, { ...header, kid: '../../dev/null' }),
      'alg none': `${encode({ ...header, alg: 'none' })}.${body}.`,
      'alg none, in another case': `${encode({ ...header, alg: 'nOnE' })}.${body}.${signature}`,
      'alg none, signed': token(issued, { ...header, alg: 'none' }),
      'no alg': token(issued, { typ: 'at+jwt', kid }),
      'alg of a shared key': `${confused}.${hmac}`,
      'another alg': token(issued, { ...header, alg: 'ES256' }),
      'an unknown critical extension': token(issued, { ...header, crit: ['b64'], b64: false }),
    });
  });

  test('of another kind, issuer or audience are refused', async () => {
    await refused({
      'an identity token': token(issued, { ...header, typ: 'JWT' }),
      'no type': token(issued, { alg: 'EdDSA', kid }),
      'another issuer': token({ ...issued, iss: 'https://other.example' }),
      'no issuer': token(without('iss')),
      'another audience': token({ ...issued, aud: 'https://other.example' }),
      'several audiences': token({ ...issued, aud: [url, 'https://other.example'] }),
      'no audience': token(without('aud')),
      'another server, same keys': await (await createAccessTokens(ring, 'https://other.example')).issue(claims),
    });
  });

  test('whose times are odd are refused', async () => {
    const far = String(Number.MAX_SAFE_INTEGER);
    await refused({
      expired: token({ ...issued, exp: iat }),
      'never expires': token(JSON.stringify(issued).replace(String(issued.exp), '1e400')),
      'no end': token(without('exp')),
      'an end in text': token({ ...issued, exp: far }),
      'an end that is half a second': token({ ...issued, exp: issued.exp + 0.5 }),
      'issued in an hour': token({ ...issued, iat: iat + 3600 }),
      'issued in 61 seconds': token({ ...issued, iat: iat + 61 }),
      'no beginning': token(without('iat')),
      'a beginning in text': token({ ...issued, iat: String(iat) }),
      'not before later': token({ ...issued, nbf: iat + 60 }),
    });
  });

  test('of a node whose clock is a little ahead are read', async () => {
    assert.ok(await tokens.read(token({ ...issued, iat: iat + 60 }), now));
  });

  test('that say more, less or other than ours are refused', async () => {
    await refused({
      'a list of subjects': token({ ...issued, sub: ['user'] }),
      'an object as subject': token({ ...issued, sub: { toString: 'user' } }),
      'no subject': token(without('sub')),
      'no session': token(without('sid')),
      'a number as session': token({ ...issued, sid: 1 }),
      'no account': token(without('account')),
      'no methods': token(without('amr')),
      'no level': token(without('acr')),
      'another level': token({ ...issued, acr: 'aal3' }),
      'one member more': token({ ...issued, admin: true }),
      'a list': token([issued]),
      'no JSON': token('user'),
      nothing: token(''),
    });
  });

  test('have one spelling', async () => {
    const good = await tokens.issue(claims);
    const [head = '', body = '', signature = ''] = good.split('.');
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = signature.at(-1) ?? '';
    const twin = alphabet[alphabet.indexOf(last) ^ 1] ?? '';
    assert.deepEqual(Buffer.from(signature.slice(0, -1) + twin, 'base64url'), Buffer.from(signature, 'base64url'));
    await refused({
      'another last character': good.slice(0, -1) + twin,
      'a space before': ` ${good}`,
      'a space after': `${good} `,
      'a line break after': `${good}\n`,
      'a line break inside': `${head}.${body}\n.${signature}`,
      'a tab inside': `${head}.\t${body}.${signature}`,
      padding: `${good}==`,
      'another alphabet': `${head}.${body}.${Buffer.from(signature, 'base64url').toString('base64')}`,
      'a part more': `${good}.${signature}`,
      'an empty part': `.${good}`,
      'NUL after': `${good}\0`,
      'too long': token({ ...issued, account: 'a'.repeat(longestToken) }),
      'no token': '',
      dots: '..',
    });
  });
});
