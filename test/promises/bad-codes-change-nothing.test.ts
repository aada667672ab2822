/** What is no code gets a clear 4xx at every route that takes one and changes nothing; a wrong code counts once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownOf } from '../http/catalogue.ts';
import { send, type Good } from '../http/good-requests.ts';
import { otherRoutes, type Responses } from '../http/other-seconds.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer, type Server } from '../../kit/server.ts';
import { about, credentials, scene, unchanged, type Scene } from './bad-input.ts';

/** A body with a code in the place where its route has one. */
const coded = ({ route }: Good, code: unknown) => ({ [knownOf(route).code ?? '']: code });

/** What is no code at all. */
const noCodes: Readonly<Record<string, unknown>> = {
  nothing: undefined,
  null: null,
  true: true,
  'an empty text': '',
  'a space': ' ',
  dashes: '------',
  'a negative number': -123_456,
  'a float': 123_456.5,
  'a number beyond every code': 100_000_000,
  'the largest safe number': Number.MAX_SAFE_INTEGER,
  'a number that is not safe': 1e20,
  'five digits': '12345',
  'nine digits': '123456789',
  'a list of a code': ['123456'],
  'a list of codes': Array.from({ length: 1000 }, (_, at) => String(100_000 + at)),
  'an object': { code: '123456' },
  'an object that looks like a text': { toString: '123456', length: 6 },
  'a NUL': '\u0000',
  'digits and a NUL': '123456\u0000',
  'a NUL between digits': '123\u0000456',
  'full-width digits': '１２３４５６',
  'one full-width digit': '12345６',
  'Arabic digits': '١٢٣٤٥٦',
  'mathematical digits': '𝟏𝟐𝟑𝟒𝟓𝟔',
  'circled digits': '①②③④⑤⑥',
  superscripts: '¹²³⁴⁵⁶',
  'an emoji': '😀',
  'six emoji': '😀'.repeat(6),
  keycaps: '1️⃣2️⃣3️⃣',
  '10,000 digits': '1'.repeat(10_000),
  '10,000 spaces and a code': `${' '.repeat(10_000)}123456`,
  'a line break after it': '123456\n',
  'a line break before it': '\n123456',
  'a line break inside': '123\n456',
  'a tab': '123\t456',
  'a no-break space': '123\u00a0456',
  'a thin space': '123\u2009456',
  'a zero width space': '123\u200b456',
  'a dash that is none': '123–456',
  'a minus sign': '-123456.0',
  'a plus sign': '+123456',
  'a hexadecimal number': '0x1e240',
  'an exponent': '1e5',
  letters: 'abcdef',
  'a pattern': '......',
  SQL: "' or 1=1 --",
  'a template': '{{123456}}',
  'a recovery code that is too long': 'abcd-efgh-jkmn-pqrs-t',
  'a recovery code with a letter that none has': 'abcd-efgh-jkmn-pqru',
};

/** The right response to a route that takes one, and a wrong one. */
function responsesTo({ does, path }: Good, { app, pending, external, ...cast }: Scene, server: Server): Responses {
  const [, door, method = ''] = path.split('/');
  if (door === 'mfa' && method in cast.others) return cast.others[method] ?? assert.fail(method);
  if (door === 'mfa') {
    const sent = method === 'sms' ? cast.smsCode : cast.emailCode;
    return { right: typed(sent), wrong: String((Number(sent) + 1) % 1e6).padStart(6, '0') };
  }
  const own = does === 'answers a challenge' ? app : pending;
  const asked = does === 'keeps users' ? external : own;
  return { right: typed(server.code(asked)), wrong: server.wrongCode(asked) };
}

/** With all the spaces and dashes that a person may type. */
const typed = (code: string) => ` ${code.slice(0, 2)}-${code.slice(2, 4)} - ${code.slice(4)} `;

onEachDatabase('a code that is none changes nothing', (on) => {
  test('what is no code is refused at every route that takes one, and not counted', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const taking = scenery.goods.filter(({ route }) => knownOf(route).code);
    assert.equal(taking.length, 7 + otherRoutes.filter((name) => name.endsWith('/verify')).length);
    await unchanged(server, async () => {
      for (const good of taking) {
        for (const [what, token] of Object.entries(knownOf(good.route).malformed ?? noCodes)) {
          const answer = await send(server, { ...good, json: coded(good, token) }, credentials(good, scenery));
          assertSaid(answer, '400 invalid_request', `${what}: ${about(answer)}`);
        }
        for (const number of ['021589', '+21589', '1e400', 'NaN', '0x12']) {
          const text = `{"${knownOf(good.route).code}": ${number}}`;
          const call = { ...credentials(good, scenery), body: text, headers: { 'Content-Type': 'application/json' } };
          const answer = await send(server, { ...good, json: undefined }, call);
          assert.equal(answer.status, 400, `${text}: ${about(answer)}`);
          if (!good.route.formatProblem) assert.match(member(answer, 'code'), /^(?:malformed_json|invalid_request)$/);
        }
      }
    });
  });

  test('after all of it a wrong code counts once, and the right one works', async () => {
    await using server = await startServer({ on });
    const names = (await scene(server)).goods.filter(({ route }) => knownOf(route).code).map(({ name }) => name);
    for (const name of names) {
      await using other = await startServer({ on });
      const scenery = await scene(other);
      const good = scenery.goods.find((one) => one.name === name) ?? assert.fail(name);
      const { uid } = good.does === 'keeps users' ? scenery.external : scenery;
      const { right, wrong } = responsesTo(good, scenery, other);
      const ask = (token: unknown) => send(other, { ...good, json: coded(good, token) }, credentials(good, scenery));
      for (const token of Object.values(knownOf(good.route).malformed ?? noCodes)) await ask(token);
      const { attempts: _log, throttles: none, ...before } = await other.rows();
      assert.deepEqual(none, []);
      const refused = await ask(wrong);
      assert.ok(refused.status === 400 || refused.status === 401, about(refused));
      if (!good.route.formatProblem) assert.equal(member(refused, 'code'), 'invalid_code');
      const { attempts: _more, throttles, ...after } = await other.rows();
      assert.deepEqual(after, before);
      assert.equal(throttles?.length, 1);
      assert.match(throttles[0] ?? '', new RegExp(`"subject":"${uid}".*"failures":1,`));
      const answer = await ask(right);
      assert.equal(answer.status, 200, about(answer));
    }
  });

  test('a list of guesses is no guess, however many it holds', async () => {
    await using server = await startServer({ on });
    const { challenge, app } = await scene(server);
    await unchanged(server, async () => {
      const token = [server.code(app), server.wrongCode(app)];
      const answer = await server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });
      assert.equal(answer.status, 400);
    });
  });
});
