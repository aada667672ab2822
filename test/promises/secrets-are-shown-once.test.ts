/** A seed, key, code or token stands in the one answer that made it and nowhere else; what a person brought themself stands in none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { base32Decode } from '../../src/base/base32.ts';
import { strangers } from '../http/catalogue.ts';
import { goodRequests, send } from '../http/good-requests.ts';
import { live } from '../http/life.ts';
import type { Secret } from '../http/life/begin.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { startServer, type Answer, type Server } from '../../kit/server.ts';

/** A secret in the spellings in which it could get out. */
function spellings({ what, value }: Secret): readonly string[] {
  const bytes = what === 'seed' ? base32Decode(value) : undefined;
  return [
    value,
    value.replaceAll('-', ''),
    encodeURIComponent(value),
    Buffer.from(value).toString('base64').replaceAll('=', ''),
    Buffer.from(value).toString('hex'),
    JSON.stringify(value).slice(1, -1),
    ...(bytes ? [bytes.toString('hex'), bytes.toString('base64').replaceAll('=', '')] : []),
  ];
}

const holds = (text: string, secret: Secret) =>
  spellings(secret).some((one) => text.toLowerCase().includes(one.toLowerCase()));
const whole = ({ headers, text }: Answer) => `${[...headers].join('\n')}\n${text}`;

async function lifeOf(server: Server): Promise<readonly Secret[]> {
  const secrets = await live(server);
  const kinds = new Set(secrets.map(({ what }) => what));
  assert.deepEqual([...kinds].toSorted(), [
    'access_token',
    'apikey',
    'auth_token',
    'backup_code',
    'challenge_token',
    'client_secret',
    'device secret',
    'mfa_token',
    'password',
    'provider key',
    'recovery code',
    'refresh_token',
    'seed',
    'token',
  ]);
  assert.equal(new Set(secrets.map(({ value }) => value)).size, secrets.length);
  return secrets;
}

onEachDatabase('secrets are shown once', (on) => {
  test('in the one answer that made them, over a life of every route, and in none where they were brought', async () => {
    await using server = await startServer({ on, registration: 'open' });
    for (const secret of await lifeOf(server)) {
      const showing = server.answers.filter((answer) => holds(whole(answer), secret));
      const asked = showing.map((answer) => answer.asked).join(', ');
      assert.equal(showing.length, secret.answers, `the ${secret.what} stood in ${asked || 'no answer'}`);
    }
  });

  test('and never in the log, the attempts or the metrics', async () => {
    await using server = await startServer({ on, registration: 'open' });
    const secrets = await lifeOf(server);
    const { attempts } = await server.rows();
    const metrics = (await server.call('GET', '/metrics')).text;
    assert.ok(server.lines.length > 50 && attempts && attempts.length > 20);
    const kept = JSON.stringify([server.lines, attempts, metrics]);
    for (const secret of secrets) assert.ok(!holds(kept, secret), `the ${secret.what} was kept`);
  });

  test('and codes that were typed stand nowhere', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    const app = await server.addApp(ada);
    const typed = [server.code(app), server.wrongCode(app), app.codes[0] ?? ''];
    const challenge = await server.challenge(ada);
    const from = server.answers.length;
    for (const token of typed.toReversed()) {
      await server.call('POST', '/auth/totp', { json: { token, challenge_token: challenge } });
    }
    const { attempts } = await server.rows();
    const told = JSON.stringify([server.answers.slice(from).map(({ json }) => json), attempts, server.lines]);
    const [right, wrong, recovery] = typed;
    for (const code of [`"${right}"`, `"${wrong}"`, recovery ?? '']) assert.ok(!told.includes(code), code);
  });

  test('and a fault tells nothing of what was sent', async () => {
    await using server = await startServer({ on });
    const { db } = server.countersign.context.store;
    for (const table of ['refresh_tokens', 'sessions', 'prompts', 'challenges', 'authenticators'] as const)
      await db.schema.dropTable(table).execute();
    const from = server.answers.length;
    const secret = { what: 'secret', value: 'what only ada knows', answers: 0 } as const;
    for (const good of goodRequests(server.countersign.routes, strangers)) {
      const json = good.json !== undefined && { json: { ...good.json, secret: secret.value, password: secret.value } };
      await send(server, { ...good, ...json }, { bearer: secret.value, breaks: true });
      await send(server, { ...good, ...json }, { basic: ['admin', secret.value], breaks: true });
      await send(server, good, { bearer: server.admin.token, breaks: true });
    }
    const told = server.answers.slice(from);
    assert.ok(told.some(({ status }) => status === 500));
    const kept = `${told.map(whole).join('\n')}\n${inspect(server.lines, { depth: 9 })}`;
    assert.ok(!holds(kept, secret));
    assert.ok(!kept.includes(server.admin.token));
  });
});
