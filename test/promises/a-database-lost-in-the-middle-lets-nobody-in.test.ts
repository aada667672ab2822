/**
 * The database goes away at any moment of a login: after its first statement, its second, and so on until there is a session. Each time the
 * answer is a fault without a token, and what was spent in vain is not spent: the same login goes on when the database is back.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KyselyPlugin } from 'kysely';
import { minute } from '../../src/base/clock.ts';
import { approve } from '../factors/duo-help.ts';
import { dataOf, door } from '../http/doors/crossbar/door.ts';
import { duoFixture, type DuoFixture } from '../http/doors/crossbar/duo-fixture.ts';
import { onEachDatabase, type TestDatabase } from '../../kit/databases.ts';
import type { Answer, Call } from '../../kit/server.ts';

type Line = { readonly losing: (at: number) => void; readonly lost: () => boolean; readonly mend: () => void };

/** Loses the answer to a statement that was carried out. */
function lineOf({ server }: DuoFixture): Line {
  const { store } = server.countersign.context;
  let left = Infinity;
  let lost = false;
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    transformResult({ result }) {
      if (left <= 0) throw Object.assign(new Error('the line is cut'), { code: 'ECONNRESET' });
      left -= 1;
      if (left > 0) return Promise.resolve(result);
      lost = true;
      throw Object.assign(new Error('the line was cut'), { code: 'ECONNRESET' });
    },
  };
  Object.assign(store, { db: store.db.withPlugin(plugin) });
  return {
    losing(at) {
      [left, lost] = [at, false];
    },
    lost: () => lost,
    mend() {
      left = Infinity;
    },
  };
}

type Scene = {
  /** What has to be there before the login. */
  readonly before: (fixture: DuoFixture) => Promise<unknown>;
  /** The step of a login that the database does not survive, with a call that expects that. */
  readonly step: (fixture: DuoFixture, before: never, call: Call) => Promise<Answer>;
};

const scene = <Before>(
  before: (fixture: DuoFixture) => Promise<Before>,
  step: (fixture: DuoFixture, before: Before, call: Call) => Promise<Answer>,
): Scene => ({ before, step });

const logIn = ({ server, acme }: DuoFixture, call: Call, more: object = {}) => {
  const { username, password, id } = acme;
  const data = { username, password, account_id: id, ...more };
  return server.call('PUT', '/v2/user_auth', { ...call, json: { data } });
};

async function free({ server, acme }: DuoFixture): Promise<void> {
  await door(server)(200, 'DELETE', `accounts/${acme.id}/security`);
}

/** Acme requires an app in the place of Duo. */
async function requireApp({ server, acme }: DuoFixture): Promise<void> {
  const provider = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
  const made = await door(server)(201, 'PUT', `accounts/${acme.id}/multi_factor`, provider);
  const multi_factor = { enabled: true, configuration_id: dataOf(made)['id'] };
  await door(server)(200, 'POST', `accounts/${acme.id}/security`, { auth_modules: { user_auth: { multi_factor } } });
}

const member = ({ json }: Answer, name: string) => String((json as Record<string, unknown>)[name]);

const scenes: Record<string, Scene> = {
  'a password': scene(free, (fixture, _before, call) => logIn(fixture, call)),
  'a password and a code': scene(
    async (fixture) => {
      await free(fixture);
      return fixture.server.addApp(fixture.acme);
    },
    (fixture, app, call) => logIn(fixture, call, { multi_factor_response: fixture.server.code(app) }),
  ),
  'a challenge and a code': scene(
    async (fixture) => {
      await free(fixture);
      return fixture.server.addApp(fixture.acme);
    },
    async ({ server, acme }, app, call) => {
      const basic = [acme.username, acme.password] as const;
      const first = await server.call('POST', `/auth/password?account=${acme.id}`, { ...call, basic });
      if (first.status !== 302) return first;
      const json = { challenge_token: member(first, 'challenge_token'), token: server.code(app) };
      return server.call('POST', '/auth/totp', { ...call, json });
    },
  ),
  'what Duo said': scene(
    async (fixture) => fixture.asked(),
    (fixture, asked, call) => logIn(fixture, call, { multi_factor_response: approve(asked['duo_sig_request']) }),
  ),
  'an app that had to be enrolled': scene(
    async (fixture) => {
      await requireApp(fixture);
      const bearer = String(dataOf(await logIn(fixture, {}))['enrollment_token']);
      const begun = await fixture.server.call('PUT', '/mfa/totp/request', { bearer, json: {} });
      return { bearer, seed: member(begun, 'secret') };
    },
    ({ server }, { bearer, seed }, call) =>
      server.call('PUT', '/mfa/totp/verify', { ...call, bearer, json: { mfa_code: server.code({ seed }) } }),
  ),
};

const hasToken = ({ text }: Answer) => /"(?:auth_)?token":"ey/.test(text);

onEachDatabase('a database lost in the middle lets nobody in', (on: TestDatabase) => {
  for (const [what, { before, step }] of Object.entries(scenes)) {
    test(`of a login with ${what}`, async () => {
      await using fixture = await duoFixture('Web SDK', { on });
      const prepared = (await before(fixture)) as never;
      const line = lineOf(fixture);
      fixture.server.clock.tick(minute);
      const sessions = async () => (await fixture.server.rows())['sessions'];
      const there = await sessions();
      for (let at = 1; ; at += 1) {
        assert.ok(at < 60, 'the login has an end');
        line.losing(at);
        const answer = await step(fixture, prepared, { breaks: true });
        const { lost } = line;
        line.mend();
        if (!lost()) assert.ok(hasToken(answer), answer.text);
        else assert.ok(!hasToken(answer) && answer.status >= 400, `${at}: ${answer.text}`);
        // Once the session is there, what gets lost is the answer: its token is nobody's.
        if ((await sessions())?.length !== there?.length)
          return assert.ok(at > 4, 'it takes more statements than this');
        // What was claimed before the fault is a failure like any other.
        await fixture.server.countersign.context.store.db.deleteFrom('throttles').execute();
      }
    });
  }
});
