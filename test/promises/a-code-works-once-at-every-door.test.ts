/**
 * A code works once, whatever door it is brought to: of sixteen uses at the same time, spread over all routes that take a code, one logs in
 * and the others are refused in their door's words.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute } from '../../src/base/clock.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import {
  addOAuthApp,
  assertRefused,
  claimsOf,
  enableSms,
  singleRequestLogins,
  newestCode,
  tokenOf,
  type Login,
} from '../../kit/doors.ts';
import { atOnce, twoNodes, type Ask, type TwoNodes } from '../../kit/nodes.ts';
import { member, startServer, type Answer, type Person } from '../../kit/server.ts';

type Use = (call: Ask) => Promise<Answer>;

/** The members in which a code is brought to a login. */
type Shape = (code: string) => Parameters<Login>[2];

const asCode: Shape = (code) => ({ mfa_code: code });
const asBackup: Shape = (code) => ({ backup_code: code });

/** Servers in which the requests meet: one, where they take turns, and two nodes, where nothing does. */
const fixtures: Readonly<Record<string, typeof twoNodes>> = {
  'on one node': async (on, settings) => {
    const server = await startServer({ on, ...settings });
    return { ...server, nodes: [server.call, server.call] };
  },
  'over two nodes': twoNodes,
};

/** Sixteen uses of one code: three at each route that logs in at once, three over challenges, one that would verify an enrolment. */
async function sixteenUses(town: TwoNodes, ada: Person, code: string, shape: Shape): Promise<readonly Use[]> {
  const logins = Object.values(singleRequestLogins(await addOAuthApp(town)));
  const inOne = logins.map(
    (login): Use =>
      (call) =>
        login(call, ada, shape(code)),
  );
  const over = async (): Promise<Use> => {
    const json = { token: code, challenge_token: await town.challenge(ada) };
    return (call) => call('POST', '/auth/totp', { json });
  };
  const overChallenges = [await over(), await over(), await over()];
  const verifying: Use = (call) => call('PUT', '/mfa/sms/verify', { bearer: ada.token, json: { mfa_code: code } });
  return [...overChallenges, ...inOne, verifying, ...inOne, ...inOne];
}

/** Logins that a second factor was proven for. When a backup code has turned that off, a password alone is enough for the others. */
const isProven = (answer: Answer) => claimsOf(tokenOf(answer) ?? assert.fail()).acr === 'aal2';

/** That one use of sixteen logs in by the code, and none does later. */
async function assertOneWins(town: TwoNodes, ada: Person, code: string, shape: Shape = asCode): Promise<void> {
  const uses = await sixteenUses(town, ada, code, shape);
  const answers = await atOnce(town, uses.length, (call, at) => (uses[at] ?? assert.fail())(call));
  const told = answers.map(({ asked, status, text }) => `${asked} ${status} ${text}`).join('\n');
  assert.equal(answers.length, 16);
  const entered = answers.filter((answer) => tokenOf(answer) !== undefined);
  assert.equal(entered.filter(isProven).length, 1, told);
  for (const answer of answers) if (!entered.includes(answer)) assertRefused(answer);
  const isOn = (await town.call('GET', '/auth/password', { basic: [ada.name, ada.password] })).status === 302;
  if (isOn) assert.equal(entered.length, 1, told);
  if (!isOn) return;
  // Later, when nobody has to wait any more.
  town.clock.tick(15 * minute);
  for (const login of Object.values(singleRequestLogins(await addOAuthApp(town))))
    assertRefused(await login(town.call, ada, shape(code)));
  const json = { token: code, challenge_token: await town.challenge(ada) };
  assertRefused(await town.call('POST', '/auth/totp', { json }));
}

onEachDatabase('a code works once at every door', (on) => {
  for (const [where, open] of Object.entries(fixtures)) {
    test(`that of an authenticator app, ${where}`, async () => {
      await using town = await open(on);
      const ada = await town.addPerson('ada');
      const app = await town.addApp(ada);
      await assertOneWins(town, ada, town.code(app));
    });

    test(`one that came by text message, ${where}`, async () => {
      await using town = await open(on);
      const ada = await town.addPerson('ada');
      await enableSms(town, ada);
      await town.call('POST', '/mfa/authtoken/login', { json: { username: ada.name, password: ada.password } });
      await assertOneWins(town, ada, newestCode(town));
    });

    test(`a recovery code of the server, ${where}`, async () => {
      await using town = await open(on);
      const ada = await town.addPerson('ada');
      const { codes } = await town.addApp(ada);
      await assertOneWins(town, ada, codes[0] ?? '', asBackup);
    });

    test(`Deux's backup code, which turns multi-factor authentication off as it wins, ${where}`, async () => {
      await using town = await open(on);
      const ada = await town.addPerson('ada');
      await town.addApp(ada);
      const code = member(await town.call('GET', '/mfa/recovery', { bearer: ada.token }), 'backup_code');
      await assertOneWins(town, ada, code, asBackup);
      assert.ok(await town.logIn(ada));
    });

    test(`one that enables text messages enables them once, and logs nobody in, ${where}`, async () => {
      await using town = await open(on);
      const ada = await town.addPerson('ada');
      await town.addApp(ada);
      const begun = { bearer: ada.token, json: { phone_number: '+12133734253' } };
      assert.equal((await town.call('PUT', '/mfa/sms/request', begun)).status, 200);
      const uses = await sixteenUses(town, ada, newestCode(town), asCode);
      const verifying = uses[7] ?? assert.fail();
      const all = [...uses.slice(0, 8), ...Array<Use>(8).fill(verifying)];
      const answers = await atOnce(town, all.length, (call, at) => (all[at] ?? assert.fail())(call));
      const enabled = answers.filter(({ status }) => status === 200).map(({ asked }) => asked);
      assert.deepEqual(enabled, ['PUT /mfa/sms/verify']);
      for (const answer of answers) if (answer.status !== 200) assertRefused(answer);
    });
  }
});
