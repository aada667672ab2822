/** What is no code gets a clear 4xx at every route that takes one and changes nothing; a wrong code counts once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { knownOf } from '../http/catalogue.ts';
import { send, type Good } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, member, startServer } from '../../kit/server.ts';
import { about, credentials, scene, unchanged } from './bad-input.ts';

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

onEachDatabase('a code that is none changes nothing', (on) => {
  test('what is no code is refused at every route that takes one, and not counted', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const taking = scenery.goods.filter(({ route }) => knownOf(route).code);
    assert.equal(taking.length, 7);
    await unchanged(server, async () => {
      for (const good of taking) {
        for (const [what, token] of Object.entries(noCodes)) {
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
      const own = good.does === 'answers a challenge' ? scenery.app : scenery.pending;
      const app = good.does === 'keeps users' ? scenery.external : own;
      const { uid } = good.does === 'keeps users' ? scenery.external : scenery;
      const sent = good.path.includes('/sms/') ? scenery.smsCode : scenery.emailCode;
      const digits = good.path.startsWith('/mfa/') ? sent : other.code(app);
      const wrong = good.path.startsWith('/mfa/')
        ? String((Number(sent) + 1) % 1e6).padStart(6, '0')
        : other.wrongCode(app);
      const ask = (token: unknown) => send(other, { ...good, json: coded(good, token) }, credentials(good, scenery));
      for (const token of Object.values(noCodes)) await ask(token);
      const { attempts: _log, throttles: none, ...before } = await other.rows();
      assert.deepEqual(none, []);
      const refused = await ask(wrong);
      assert.ok(refused.status === 400 || refused.status === 401, about(refused));
      if (!good.route.formatProblem) assert.equal(member(refused, 'code'), 'invalid_code');
      const { attempts: _more, throttles, ...after } = await other.rows();
      assert.deepEqual(after, before);
      assert.equal(throttles?.length, 1);
      assert.match(throttles[0] ?? '', new RegExp(`"subject":"${uid}".*"failures":1,`));
      // With all the spaces and dashes that a person may type.
      const answer = await ask(` ${digits.slice(0, 2)}-${digits.slice(2, 4)} - ${digits.slice(4)} `);
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
