/** The callers of the table, and everything that their requests are about. */
import assert from 'node:assert/strict';
import { minute } from '../../../src/base/clock.ts';
import { claimsOf } from '../../../kit/doors.ts';
import type { Server } from '../../../kit/server.ts';
import type { Cast } from '../../http/catalogue.ts';
import { externalUser } from '../bad-input.ts';
import {
  approvedChallenge,
  pendingApp,
  pendingFactors,
  serviceChallenge,
  stepUpChallenge,
  userOf,
  type User,
} from './own.ts';
import { makePeople, type People } from './people.ts';
import { openSessions, type Tokens } from './tokens.ts';

export type Caller = {
  /** Undefined where the request has no credential. */
  readonly token: string | undefined;
  /** The objects of requests in the name of its user. */
  readonly own: Cast;
  /** The challenge that it may answer, and the right answer. */
  readonly challenge: string;
  readonly answer: object;
  /** The body with which it asks for a challenge. */
  readonly asks: object;
  /** The password that it sends with requests that need fresh proof. */
  readonly password?: string;
};

export type Scene = Awaited<ReturnType<typeof scene>>;

export async function scene(server: Server) {
  const people = await makePeople(server);
  const tokens = await openSessions(server, people);
  const { clock } = server;
  const pending = await pendingOf(server, tokens);
  const external = await externalUser(server, people.shop.key);
  clock.set(tokens.proven + 12 * minute);
  const approved = await approvedChallenge(server, people.shop.key);
  clock.set(tokens.proven + 13 * minute);
  const asked = await serviceChallenge(server, people.shop.key);
  clock.set(tokens.proven + 15 * minute);
  const halfLogin = { token: await server.challenge(people.ada), code: server.code(people.ada.app) };
  const users = await usersOf(server, { people, tokens, pending });
  const another = {
    own: { ...users.carol.own, uid: people.carol.uid },
    challenge: await stepUpChallenge(server, tokens.fresh.carol),
  };
  const { challenge } = another;
  const nothing = (token: string | undefined, { own, answer }: User = users.ada): Caller => {
    return { token, own, challenge, answer, asks: {} };
  };
  const service = (token: string): Caller => ({ ...nothing(token, users.shop), ...asked, challenge: asked.id });
  return {
    ...people,
    another,
    approved,
    halfLogin,
    external: { ...external, code: server.code(external) },
    /** By the names of the rows. */
    callers: {
      'no credential': nothing(undefined),
      'half login': { ...nothing(halfLogin.token), challenge: 'current' },
      'enrollment token': nothing(tokens.enrollment, users.eve),
      'before a change': nothing(people.ended),
      'service, apikey': service(people.shop.key),
      'service, session of apikey': service(tokens.unattended.shop),
      disabled: nothing(tokens.disabled),
      ...(await sessionsOf(server, tokens, users)),
    } as Readonly<Record<string, Caller>>,
  };
}

/** An enrollment that a user of each session has begun. It waits for ten minutes. */
async function pendingOf(server: Server, { fresh, enrollment }: Tokens) {
  return {
    ada: await pendingApp(server, fresh.ada),
    bob: await pendingFactors(server, { token: fresh.bob }),
    carol: await pendingApp(server, fresh.carol),
    grace: await pendingApp(server, fresh.grace),
    admin: await pendingApp(server, fresh.admin),
    acme: await pendingApp(server, fresh.acme),
    shop: await pendingApp(server, fresh.shop),
    eve: await pendingApp(server, enrollment),
  };
}

type Before = {
  readonly people: People;
  readonly tokens: Tokens;
  readonly pending: Awaited<ReturnType<typeof pendingOf>>;
};

async function usersOf(server: Server, { people, tokens: { fresh }, pending }: Before) {
  const { ada, bob, carol, grace, acme, shop } = people;
  const admin = server.admin;
  const [first, eve] = [await userOf(server, { ...ada, token: fresh.ada }, pending.ada), pending.eve];
  return {
    ada: first,
    bob: await userOf(server, { ...bob, token: fresh.bob }, pending.bob),
    carol: await userOf(server, { ...carol, token: fresh.carol }, pending.carol),
    grace: await userOf(server, { ...grace, token: fresh.grace }, pending.grace),
    admin: await userOf(server, { ...admin, token: fresh.admin }, pending.admin),
    acme: await userOf(server, { ...acme, token: fresh.acme }, pending.acme),
    shop: await userOf(server, { ...shop, token: fresh.shop }, pending.shop),
    eve: { ...first, own: { ...first.own, secretId: eve.pendingId, pendingId: eve.pendingId, code: server.code(eve) } },
  };
}

type Users = Awaited<ReturnType<typeof usersOf>>;

async function sessionsOf(server: Server, { stale, fresh, unattended, clients }: Tokens, users: Users) {
  const session = async (token: string, { own, sids, answer }: User): Promise<Caller> => {
    const sid = sids.find((one) => one !== sidOf(token)) ?? assert.fail('the user has no other session');
    return { token, own: { ...own, sid }, challenge: await stepUpChallenge(server, token), answer, asks: {} };
  };
  return {
    'one factor': await session(fresh.bob, users.bob),
    'two factors': await session(fresh.ada, users.ada),
    'one factor, stale': await session(stale.bob, users.bob),
    'two factors, stale': await session(stale.ada, users.ada),
    'before a step-up': await session(stale.raised, users.ada),
    apikey: await session(unattended.ada, users.ada),
    'device secret': await session(unattended.bob, users.bob),
    'client without scope': await session(clients.noScope, users.ada),
    'client with mfa': await session(clients.mfa, users.ada),
    'client with manage': await session(clients.manage, users.grace),
    administrator: await session(fresh.grace, users.grace),
    'administrator, one factor': await session(fresh.admin, users.admin),
    'administrator, one factor, stale': await session(stale.admin, users.admin),
    'administrator, stale + password': {
      ...(await session(stale.admin, users.admin)),
      password: server.admin.password,
    },
    'administrator, stale': await session(stale.grace, users.grace),
    'administrator, apikey': await session(unattended.grace, users.grace),
    'administrator, manage key': await session(unattended.managing, users.grace),
    'other tenant': await session(fresh.acme, users.acme),
    'service, session of password': await session(fresh.shop, users.shop),
  };
}

/** The session that an access token names. */
export const sidOf = (token: string) => claimsOf(token).sid;
