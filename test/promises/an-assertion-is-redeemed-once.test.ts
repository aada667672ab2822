/**
 * A service that gets an assertion from its user's browser redeems it: once, on any number of nodes, and only its own, of the challenge that it
 * names, until it expires.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, SignJWT, UnsecuredJWT } from 'jose';
import { minute, second } from '../../src/base/clock.ts';
import { longestToken } from '../../src/engine/access-token.ts';
import { deleteExpired } from '../../src/engine/operations.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import { atOnce, twoNodes } from '../../kit/nodes.ts';
import { assertSaid, member, startServer, type Server } from '../../kit/server.ts';
import { addService } from '../http/doors/challenges/service.ts';

async function scene(on: TestDatabase) {
  const server = await startServer({ on });
  return { ...(await approvals(server)), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** A user with an app who approves what a service asks. */
async function approvals(server: Server) {
  const ada = await server.addPerson('ada');
  const app = await server.addApp(ada);
  const shop = await addService(server, 'root', 'shop');
  const bank = await addService(server, 'root', 'bank');
  /** The browser verifies with the challenge's token, and gets the assertion. */
  const approve = async ({ key: bearer }: { readonly key: string }, asked: object = {}) => {
    server.clock.tick(30 * second);
    const json = { user: { uid: ada.uid }, ...asked };
    const made = await server.call('POST', '/challenges', { bearer, json });
    const browser = { bearer: member(made, 'challenge_token'), json: { code: server.code(app) } };
    const assertion = member(await server.call('POST', '/challenges/current/verify', browser), 'assertion');
    return { id: member(made, 'id'), assertion, challengeToken: browser.bearer };
  };
  const redeem = (bearer: string, id: string, assertion: string, call = server.call) =>
    call('POST', `/challenges/${id}/redeem`, { bearer, json: { assertion } });
  return { server, ada, shop, bank, approve, redeem };
}

onEachDatabase('an assertion is redeemed once', (on) => {
  test('by its service, which learns what was approved by whom', async () => {
    await using town = await scene(on);
    const { ada, shop, approve, redeem } = town;
    const asked = { action: 'Pay 40 EUR to Bob', purpose: 'payment' };
    const { id, assertion } = await approve(shop, asked);
    const redeemed = await redeem(shop.key, id, assertion);
    const proof = { state: 'approved', user_id: ada.uid, amr: ['otp', 'mfa'], acr: 'aal2' };
    assert.deepEqual([redeemed.status, redeemed.json], [200, { ...proof, ...asked }]);
    assertSaid(await redeem(shop.key, id, assertion), '409 already_redeemed');
    // As long as it may be, and written with six characters for each.
    const longest = { action: '\u0001'.repeat(1024), purpose: '\u0001'.repeat(64) };
    const long = await approve(shop, longest);
    assert.deepEqual((await redeem(shop.key, long.id, long.assertion)).json, { ...proof, ...longest });
    const next = await approve(shop);
    assert.deepEqual((await redeem(shop.key, next.id, next.assertion)).json, proof);
  });

  test('of sixteen requests at once on two nodes, one succeeds', async () => {
    await using server = await twoNodes(on);
    const { shop, approve, redeem } = await approvals(server);
    const { id, assertion } = await approve(shop);
    const answers = await atOnce(server, 16, (call) => redeem(shop.key, id, assertion, call));
    const of = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    assert.deepEqual([of(200), of(409)], [1, 15]);
  });

  test('and never at another challenge, by another service, by a session, or by the browser', async () => {
    await using town = await scene(on);
    const { server, ada, shop, bank, approve, redeem } = town;
    const { id, assertion, challengeToken } = await approve(shop);
    const other = await approve(shop);
    assertSaid(await redeem(shop.key, other.id, assertion), '400 invalid_assertion');
    assertSaid(await redeem(bank.key, id, assertion), '404 not_found');
    const ofBank = await approve(bank);
    assertSaid(await redeem(bank.key, ofBank.id, assertion), '400 invalid_assertion');
    for (const bearer of [ada.token, server.admin.token])
      assertSaid(await redeem(bearer, id, assertion), '403 forbidden');
    assertSaid(await redeem(challengeToken, id, assertion), '401 invalid_token');
    assertSaid(await redeem(shop.key, 'current', assertion), '404 not_found');
    // None of these has spent it.
    assert.equal((await redeem(shop.key, id, assertion)).status, 200);
  });

  test('until it expires, and is not forgotten before', async () => {
    await using town = await scene(on);
    const { server, shop, approve, redeem } = town;
    const [spent, late] = [await approve(shop), await approve(shop)];
    assert.equal((await redeem(shop.key, spent.id, spent.assertion)).status, 200);
    server.clock.tick(4 * minute + 29 * second);
    await deleteExpired(server.countersign.context);
    assertSaid(await redeem(shop.key, spent.id, spent.assertion), '409 already_redeemed');
    server.clock.tick(31 * second);
    assertSaid(await redeem(shop.key, late.id, late.assertion), '400 invalid_assertion');
  });

  test('and no other token is one', async () => {
    await using town = await scene(on);
    const { server, ada, shop, approve, redeem } = town;
    const { id, assertion } = await approve(shop);
    const claims = decodeJwt(assertion);
    const jwks = (await server.call('GET', '/.well-known/jwks.json')).text;
    const header = { alg: 'HS256', typ: 'mfa-assertion+jwt' };
    for (const wrong of [
      ada.token,
      'no.assertion.atall',
      `${assertion}x`,
      assertion.replace(/\.[^.]*$/, '.'),
      new UnsecuredJWT(claims).encode(),
      await new SignJWT(claims).setProtectedHeader(header).sign(Buffer.from(jwks)),
    ])
      assertSaid(await redeem(shop.key, id, wrong), '400 invalid_assertion', wrong);
    for (const json of [
      {},
      { assertion: '' },
      { assertion: 'no assertion' },
      { assertion: 7 },
      { assertion: 'x'.repeat(longestToken + 1) },
      { assertion, more: 1 },
    ])
      assertSaid(
        await server.call('POST', `/challenges/${id}/redeem`, { bearer: shop.key, json }),
        '400 invalid_request',
      );
    assert.equal((await redeem(shop.key, id, assertion)).status, 200);
  });
});
