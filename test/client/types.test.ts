/** The client's types are written by hand, so that it needs nothing; here they are held against the schemas that the server and its OpenAPI document have. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { z } from 'zod';
import { operationsOver } from '../../src/client/operations.ts';
import type { ApiRequest } from '../../src/client/transport.ts';
import type * as client from '../../src/client/types.ts';
import type { newFactor, pendingView } from '../../src/http/doors/challenges/external-shapes.ts';
import type { externalProfile } from '../../src/http/doors/challenges/external-users.ts';
import type {
  approvedView,
  challengeStateView,
  challengeView,
  newChallenge,
  redeemedView,
  redeeming,
  response,
  sentView,
} from '../../src/http/doors/challenges/shapes.ts';
import type { factorsView, confirmation, confirmedView } from '../../src/http/doors/challenges/external-shapes.ts';
import type { authtokenLogin } from '../../src/http/doors/deux/authtoken.ts';
import type { mfaRequiredView } from '../../src/http/doors/shared/mfa-required.ts';
import type { userView } from '../../src/http/doors/shared/user-view.ts';
import type { sessionView } from '../../src/http/doors/system/sessions.ts';
import document from '../../docs/openapi.json' with { type: 'json' };

type Readable<T> = T extends readonly (infer Item)[]
  ? readonly Readable<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Readable<T[Key]> }
    : T;

/** `true` where each may stand in for the other. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

type Sent<Schema extends z.ZodType> = Readable<z.input<Schema>>;
type Told<Schema extends z.ZodType> = Readable<z.output<Schema>>;

/** The server also takes a code as a JSON number. The client does not send one, because it loses leading zeros. */
type CodesAsText<Body> = {
  [Member in keyof Body]: Member extends 'code' | 'mfa_code' ? Exclude<Body[Member], number> : Body[Member];
};

/** The compiler checks it: a type that is not its schema's does not compile. */
const same: readonly true[] = [
  true satisfies Same<client.ExternalUser, Told<typeof userView>>,
  true satisfies Same<client.ExternalProfile, Sent<typeof externalProfile>>,
  true satisfies Same<client.Factors, Told<typeof factorsView>>,
  true satisfies Same<client.FactorOf<'totp' | 'sms' | 'email'>, Sent<typeof newFactor>>,
  true satisfies Same<client.PendingFactor, Told<typeof pendingView>>,
  true satisfies Same<client.Confirmation, CodesAsText<Sent<typeof confirmation>>>,
  true satisfies Same<client.ConfirmedFactor, Told<typeof confirmedView>>,
  true satisfies Same<client.NewChallenge, Sent<typeof newChallenge>>,
  true satisfies Same<client.PendingChallenge, Told<typeof challengeView>>,
  true satisfies Same<client.ChallengeStatus, Told<typeof challengeStateView>>,
  true satisfies Same<client.SentCode, Told<typeof sentView>>,
  true satisfies Same<client.ChallengeReply, CodesAsText<Sent<typeof response>>>,
  true satisfies Same<client.Approved, Told<typeof approvedView>>,
  true satisfies Same<client.Redemption, Sent<typeof redeeming>>,
  true satisfies Same<client.Redeemed, Told<typeof redeemedView>>,
  true satisfies Same<client.MfaRequired, Told<typeof mfaRequiredView>>,
  true satisfies Same<client.Login, CodesAsText<Sent<typeof authtokenLogin>>>,
  true satisfies Same<client.SessionInfo, Told<typeof sessionView>>,
];

/** Every request that the client can make, without the server. */
async function everyRequest(): Promise<readonly ApiRequest[]> {
  const asked: ApiRequest[] = [];
  const { users, factors, challenges, sessions } = operationsOver(async (one) => {
    asked.push(one);
    return { status: 204, json: undefined, header: () => null };
  });
  const all = [
    ...Object.values(users),
    ...Object.values(factors),
    ...Object.values(challenges),
    ...Object.values(sessions),
  ] as ((...given: readonly unknown[]) => Promise<unknown>)[];
  const ofOneFactor: readonly unknown[] = Object.entries(factors)
    .filter(([name]) => name === 'confirm' || name === 'remove')
    .map(([, operation]) => operation);
  for (const operation of all)
    await (ofOneFactor.includes(operation) ? operation('42', '1', {}) : operation('42', {}, {}));
  await sessions.end();
  await sessions.assure({ acr: 'aal2', maxAge: 60, amr: ['otp'] });
  return asked;
}

test('the types are those of the schemas', () => {
  assert.ok(same.every(Boolean));
});

test('every request is one that the OpenAPI document has, with its parameters', async () => {
  const asked = await everyRequest();
  assert.ok(asked.length > 15);
  const paths: Readonly<
    Record<string, Readonly<Record<string, { parameters?: readonly { in: string; name: string }[] }>>>
  > = document.paths;
  for (const { method, path, params = {}, query = {} } of asked) {
    const operation = paths[path]?.[method.toLowerCase()] ?? assert.fail(`${method} ${path}`);
    const named = (where: string) =>
      (operation.parameters ?? []).filter((one) => one.in === where).map(({ name }) => name);
    assert.deepEqual(Object.keys(params), named('path'), path);
    for (const name of Object.keys(query)) assert.ok(named('query').includes(name), `${method} ${path}?${name}`);
  }
});

test('the client imports nothing but itself, and asks Node for nothing', () => {
  const root = new URL('../../', import.meta.url);
  for (const file of globSync('src/client/*.ts', { cwd: root })) {
    const text = readFileSync(new URL(file, root), 'utf8').replaceAll(/\/\*\*?.*?\*\//gs, '');
    for (const [, from = ''] of text.matchAll(/from '([^']+)'/g)) assert.match(from, /^\.\/[a-z-]+\.ts$/, file);
    assert.doesNotMatch(text, /\b(?:process|Buffer|require)\b\s*[.(]/, file);
  }
});
