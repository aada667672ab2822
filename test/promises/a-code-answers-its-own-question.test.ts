/**
 * A code that was sent for the challenge of a service or a session answers this challenge alone. A code of a login answers any login of its
 * user and nothing else, and a code of an enrollment confirms this enrollment. Each code stays valid while others are sent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../src/base/clock.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { addOAuthApp, assertNoToken, enableSms, newestCode, singleRequestLogins } from '../../kit/doors.ts';
import { atOnce, twoNodes, type Ask } from '../../kit/nodes.ts';
import { member, startServer, type Answer, type Person, type Server } from '../../kit/server.ts';
import { addService } from '../http/doors/challenges/service.ts';

/** Creates challenges for Ada: a service or her own session. */
type Requester = { readonly bearer: string; readonly user?: { readonly uid: string } };

/** An open challenge with a code that was sent for it. */
type Sent = {
  readonly code: string;
  readonly text: string;
  /** Verifies a code at this challenge. */
  verify(code: string, call?: Ask): Promise<Answer>;
};

async function scene(
  on: TestDatabase,
  start: (on: TestDatabase) => Promise<Server> = (given) => startServer({ on: given }),
) {
  const server = await start(on);
  const ada = await server.addPerson('ada');
  const user = { uid: ada.uid };
  const shop = { bearer: (await addService(server, 'root', 'shop')).key, user };
  const bank = { bearer: (await addService(server, 'root', 'bank')).key, user };
  await enableSms(server, ada);
  return {
    server,
    ada,
    shop,
    bank,
    session: { bearer: ada.token },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** Creates a challenge without sending a code. */
async function ask({ server }: Scene, { bearer, user }: Requester, action?: string) {
  const id = member(await server.call('POST', '/challenges', { bearer, json: { user, action } }), 'id');
  const verify: Sent['verify'] = (code, call = server.call) =>
    call('POST', `/challenges/${id}/verify`, { bearer, json: { code } });
  const send = async (): Promise<Sent> => {
    server.clock.tick(30 * second);
    const answer = await server.call('POST', `/challenges/${id}/send`, { bearer, json: {} });
    assert.equal(answer.status, 202, answer.text);
    return { code: newestCode(server), text: server.sent.at(-1)?.body ?? '', verify };
  };
  return { send, verify };
}

const askAndSend = async (town: Scene, requester: Requester, action?: string) =>
  (await ask(town, requester, action)).send();

type Login = (server: Server, who: Person, code: string) => Promise<Answer>;

const inOneRequest = async (route: string, ...[server, ada, mfa_code]: Parameters<Login>) => {
  const login = singleRequestLogins(await addOAuthApp(server))[`POST /mfa/${route}`] ?? assert.fail(route);
  return login(server.call, ada, { mfa_code });
};

/** Every way to bring the code of a login. */

const logins: Readonly<Record<string, Login>> = {
  '/auth/totp': async (server, ada, code) =>
    server.call('POST', '/auth/totp', { json: { challenge_token: await server.challenge(ada), token: code } }),
  '/challenges/current/verify': async (server, ada, code) =>
    server.call('POST', '/challenges/current/verify', { bearer: await server.challenge(ada), json: { code } }),
  '/v2/user_auth': async (server, { name: username, password }, code) =>
    server.call('PUT', '/v2/user_auth', { json: { data: { username, password, multi_factor_response: code } } }),
  '/mfa/authtoken/login': async (server, ada, code) => inOneRequest('authtoken/login', server, ada, code),
  '/mfa/oauth2/token': async (server, ada, code) => inOneRequest('oauth2/token', server, ada, code),
};

const isRefused = (answer: Answer) => {
  assert.ok(answer.status === 401 || answer.status === 400, `${answer.asked} answered ${answer.status} ${answer.text}`);
  assertNoToken(answer);
  assert.ok(!answer.text.includes('assertion'), answer.text);
};

const isTaken = (answer: Answer) => assert.ok(answer.status < 300, `${answer.asked} ${answer.status} ${answer.text}`);

const sendForLogin = async ({ server, ada }: Scene) => {
  server.clock.tick(30 * second);
  const bearer = await server.challenge(ada);
  isTaken(await server.call('POST', '/challenges/current/send', { bearer, json: {} }));
  return newestCode(server);
};

onEachDatabase('a code answers its own question', (on) => {
  for (const [route, login] of Object.entries(logins))
    test(`that of a service's or a session's challenge does not log in at ${route}`, async () => {
      await using town = await scene(on);
      for (const requester of [town.shop, town.session]) {
        const sent = await askAndSend(town, requester, 'Pay 1 USD to shop');
        isRefused(await login(town.server, town.ada, sent.code));
        isTaken(await sent.verify(sent.code));
      }
    });

  for (const [route, login] of Object.entries(logins))
    test(`that of a login approves nothing, and logs in at ${route} after others were sent`, async () => {
      await using town = await scene(on);
      const code = await sendForLogin(town);
      for (const requester of [town.shop, town.session]) {
        const { verify, send } = await ask(town, requester);
        isRefused(await verify(code));
        await send();
        isRefused(await verify(code));
      }
      isTaken(await login(town.server, town.ada, code));
    });

  for (const [one, other] of [
    ['shop', 'bank'],
    ['shop', 'shop'],
    ['shop', 'session'],
    ['session', 'session'],
  ] as const)
    test(`of two open challenges of ${one} and ${other}, each takes its own`, async () => {
      await using town = await scene(on);
      const first = await askAndSend(town, town[one], 'Pay 1 USD to shop');
      const next = await askAndSend(town, town[other], 'Pay 10000 USD to mallory');
      isRefused(await next.verify(first.code));
      isRefused(await first.verify(next.code));
      isTaken(await first.verify(first.code));
      isTaken(await next.verify(next.code));
    });

  test('that of an enrollment confirms it and nothing else, and no other code confirms it', async () => {
    await using town = await scene(on);
    const { server, ada } = town;
    const { token: bearer } = ada;
    isTaken(await server.call('PUT', '/mfa/email/request', { bearer, json: { email: 'ada@example.org' } }));
    const code = newestCode(server);
    const confirm = (mfa_code: string) => server.call('PUT', '/mfa/email/verify', { bearer, json: { mfa_code } });
    const asked = await askAndSend(town, town.shop);
    isRefused(await asked.verify(code));
    isRefused(await confirm(asked.code));
    isTaken(await asked.verify(asked.code));
    for (const login of [logins['/auth/totp'], logins['/v2/user_auth']])
      isRefused(await (login ?? assert.fail())(server, ada, code));
    isRefused(await confirm(await sendForLogin(town)));
    isTaken(await confirm(code));
  });

  test('it works once: of sixteen uses on two nodes one is approved', async () => {
    await using server = await twoNodes(on);
    const town = await scene(on, async () => server);
    const sent = await askAndSend(town, town.shop);
    const answers = await atOnce(server, 16, (call) => sent.verify(sent.code, call));
    assert.equal(answers.filter(({ status }) => status === 200).length, 1);
    isRefused(await sent.verify(sent.code));
  });

  test('a new one takes the place of the one before at the same challenge, and five wrong ones end it', async () => {
    await using town = await scene(on);
    const { send } = await ask(town, town.shop);
    const before = await send();
    const sent = await send();
    isRefused(await sent.verify(before.code));
    const wrong = String((Number(sent.code) + 1) % 1_000_000).padStart(6, '0');
    for (let guess = 0; guess < 4; guess += 1) isRefused(await sent.verify(wrong));
    assert.equal((await sent.verify(sent.code)).status, 429);
    town.server.clock.tick(30 * second);
    isTaken(await (await send()).verify(newestCode(town.server)));
  });

  test('it ends with its challenge', async () => {
    await using town = await scene(on);
    const sent = await askAndSend(town, town.shop);
    town.server.clock.tick(3 * minute - 30 * second);
    isRefused(await sent.verify(sent.code));
  });

  test('its message names the service and the action', async () => {
    await using town = await scene(on);
    const paying = await askAndSend(town, town.shop, 'Pay 1 USD\nto https://shop.example/now');
    assert.match(
      paying.text,
      /for shop: "Pay 1 USD to https\[:\]\/ \/shop\[\.\]example\/now"\. It works for 3 minutes/,
    );
    assert.match((await askAndSend(town, town.bank)).text, /is your code for bank\./);
    assert.match(
      (await askAndSend(town, town.session, 'Close the account')).text,
      /for Countersign: "Close the account"/,
    );
    assert.doesNotMatch((await askAndSend(town, town.session)).text, /approve/);
  });
});
