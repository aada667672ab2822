/**
 * Second factors that have no rows of their own in the catalogue: the tests derive their routes at the self-service door, and the
 * requests to them, from the registry and from their owners.
 */
import assert from 'node:assert/strict';
import { factors, isKind, kindsWhere, type Kind } from '../../src/factors/registry.ts';
import type { Owner } from '../contracts/factor.ts';
import { owners } from '../factors/owners.ts';
import type { Call, Server } from '../../kit/server.ts';

const withOwnRows = ['sms', 'email', 'totp'];

const isConfirmed = (kind: Kind) => factors[kind].enroll?.confirm !== 'none';

export const otherSeconds = kindsWhere(
  ({ kind, enroll, traits }) => enroll !== undefined && traits.roles.includes('second') && !withOwnRows.includes(kind),
);

const paths = otherSeconds.flatMap((kind) => [
  `/mfa/${kind}/request`,
  ...(isConfirmed(kind) ? [`/mfa/${kind}/verify`] : []),
]);

export const otherRoutes = paths.map((path) => `PUT ${path}`);

/** Passkeys have routes in the dialect before they are a factor. */
export const notYet = isKind('webauthn') ? [] : ['PUT /mfa/webauthn/request', 'PUT /mfa/webauthn/verify'];

const ownerOf: Readonly<Record<Kind, Owner>> = owners;
const name = 'ada';

/** A good body of a request. */
export const requestOf = (kind: Kind) => ({ ...ownerOf[kind].input?.(name), label: 'of ada' });

/** Malformed where its enrollment is confirmed; some of it may be well-formed at a login. */
export const malformedOf = (kind: Kind) =>
  Object.fromEntries(
    Object.entries(ownerOf[kind].malformed).filter(([, value]) => factors[kind].enroll?.read(value) === undefined),
  );

/** A response that confirms an enrollment, and one of the same form that does not. */
export type Responses = { readonly right: unknown; readonly wrong: unknown };

/** Requests a factor that is confirmed: what the newest request asks for is right. */
export async function requestOther(server: Server, by: Call, kind: Kind): Promise<Responses> {
  const owner = ownerOf[kind];
  if (!owner.confirmation) return held(server, kind, await shownTo(server, by, kind));
  const replaced = await shownTo(server, by, kind);
  const shown = await shownTo(server, by, kind);
  return { right: owner.confirmation(name, shown), wrong: owner.confirmation(name, replaced) };
}

type Shown = Readonly<Record<string, unknown>>;

async function shownTo(server: Server, by: Call, kind: Kind): Promise<Shown> {
  const asked = await server.call('PUT', `/mfa/${kind}/request`, { ...by, json: requestOf(kind) });
  assert.equal(asked.status, 200, asked.text);
  return asked.json as Shown;
}

function held({ sent, clock }: Server, kind: Kind, shown: Shown): Responses {
  const holder = ownerOf[kind].hold(name, { shown, prompted: undefined, code: sent.at(-1)?.code });
  return { right: holder.right(clock.now()), wrong: holder.wrong(clock.now()) };
}

/** Requests each of them. */
export async function requestOthers(server: Server, by: Call): Promise<Readonly<Record<string, Responses>>> {
  const requested: Record<string, Responses> = {};
  for (const kind of otherSeconds.filter(isConfirmed)) requested[kind] = await requestOther(server, by, kind);
  return requested;
}
