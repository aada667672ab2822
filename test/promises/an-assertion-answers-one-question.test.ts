/**
 * What a service gets says who approved what, for whom and when. It is checked as docs/challenges.md has it, with somebody else's library and the
 * public keys alone, and is worthless for every other service, user, action, purpose and challenge, and as any other kind of token.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, jwtVerify, SignJWT, UnsecuredJWT, type JSONWebKeySet } from 'jose';
import { minute, second } from '../../src/base/clock.ts';
import { addService } from '../http/doors/challenges/service.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { atOnce, twoNodes } from '../../kit/nodes.ts';
import { member, startServer, url, type App, type Person, type Server } from '../../kit/server.ts';

/** What a service asked, as it remembers it. */
type Question = {
  readonly service: string;
  readonly user: string;
  readonly challenge: string;
  readonly action: string;
};

type Asked = Question & { readonly assertion: string };

async function town(on: TestDatabase) {
  const server = await startServer({ on });
  const people: (Person & { app: App })[] = [];
  for (const name of ['ada', 'bob']) {
    const person = await server.addPerson(name);
    const app = await server.addApp(person);
    people.push({ ...person, app });
  }
  const services = [await addService(server, 'root', 'shop'), await addService(server, 'root', 'bank')];
  return { server, people, services, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Has a user approve an action for a service. */
async function approved(
  server: Server,
  { id: service, key }: { readonly id: string; readonly key: string },
  { uid: user, app }: Person & { readonly app: App },
  action: string,
): Promise<Asked> {
  server.clock.tick(30 * second);
  const json = { user: { uid: user }, action };
  const challenge = member(await server.call('POST', '/challenges', { bearer: key, json }), 'id');
  const response = { bearer: key, json: { code: server.code(app) } };
  const assertion = member(await server.call('POST', `/challenges/${challenge}/verify`, response), 'assertion');
  return { service, user, challenge, action, assertion };
}

/** Looks at everything that the page says is to be looked at. */
async function accepts(server: Server, { service, user, challenge, action }: Question, assertion: string) {
  const jwks = (await server.call('GET', '/.well-known/jwks.json')).json as JSONWebKeySet;
  const expected = { issuer: url, audience: service, typ: 'mfa-assertion+jwt', subject: user };
  const now = { currentDate: new Date(server.clock.now()) };
  try {
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(jwks), { ...expected, ...now });
    const hash = createHash('sha256').update(action).digest('base64url');
    return payload.jti === challenge && payload['action_hash'] === hash && payload['acr'] === 'aal2';
  } catch {
    return false;
  }
}

onEachDatabase('an assertion answers one question', (on) => {
  test('for another service, user, action or challenge it is worthless', async () => {
    await using fixture = await town(on);
    const { server, people, services } = fixture;
    const asked: Asked[] = [];
    const actions = ['Pay 40 EUR to Bob', 'Pay 40 EUR to Eve'];
    for (const service of services)
      for (const person of people)
        for (const action of actions) asked.push(await approved(server, service, person, action));
    // The same once more, in another challenge.
    const [shop = assert.fail(), ada = assert.fail()] = [services[0], people[0]];
    asked.push(await approved(server, shop, ada, 'Pay 40 EUR to Eve'));
    for (const question of asked)
      for (const { assertion } of asked)
        assert.equal(
          await accepts(server, question, assertion),
          question === asked.find((one) => one.assertion === assertion),
        );
  });

  test('after five minutes it is over', async () => {
    await using fixture = await town(on);
    const { server, people, services } = fixture;
    const [ada, shop] = [people[0] ?? assert.fail(), services[0] ?? assert.fail()];
    const { assertion, ...question } = await approved(server, shop, ada, 'Pay 40 EUR to Bob');
    server.clock.tick(5 * minute - second);
    assert.equal(await accepts(server, question, assertion), true);
    server.clock.tick(second);
    assert.equal(await accepts(server, question, assertion), false);
  });

  test('it opens no door, and nothing that opens one is an assertion', async () => {
    await using fixture = await town(on);
    const { server, people, services } = fixture;
    const [ada, shop] = [people[0] ?? assert.fail(), services[0] ?? assert.fail()];
    const { assertion, ...question } = await approved(server, shop, ada, 'Pay 40 EUR to Bob');
    for (const [method, path] of [
      ['GET', '/users/me'],
      ['GET', '/sessions'],
      ['GET', '/forward-auth'],
      ['GET', `/challenges/${question.challenge}`],
      ['PUT', '/users/42'],
      ['PUT', '/mfa/totp/request'],
    ] as const) {
      const answer = await server.call(method, path, { bearer: assertion, ...(method === 'PUT' && { json: {} }) });
      assert.equal(answer.status, 401, path);
    }
    const session = await server.logIn(ada, ada.app.codes[0]);
    assert.equal(await accepts(server, question, session), false);
    const claims = decodeJwt(assertion);
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', typ: 'mfa-assertion+jwt' })
      .sign(Buffer.from(JSON.stringify((await server.call('GET', '/.well-known/jwks.json')).json)));
    for (const other of [
      new UnsecuredJWT(claims).encode(),
      forged,
      `${assertion}x`,
      assertion.replace(/\.[^.]*$/, '.'),
    ])
      assert.equal(await accepts(server, question, other), false);
  });

  test('of sixteen replies at once on two nodes one gets it', async () => {
    await using server = await twoNodes(on);
    const person = await server.addPerson('ada');
    const app = await server.addApp(person);
    const { key } = await addService(server, 'root', 'shop');
    server.clock.tick(minute);
    const json = { user: { uid: person.uid }, action: 'Pay 40 EUR to Bob' };
    const id = member(await server.call('POST', '/challenges', { bearer: key, json }), 'id');
    const response = { bearer: key, json: { code: server.code(app) } };
    const answers = await atOnce(server, 16, (ask) => ask('POST', `/challenges/${id}/verify`, response));
    assert.equal(answers.filter(({ text }) => text.includes('"assertion"')).length, 1);
  });
});
