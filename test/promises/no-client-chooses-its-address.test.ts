/** The address of a client is that of its connection, or what a trusted proxy says. No header of the client changes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../kit/databases.ts';
import { basic, startServer, url, type Person, type Server, type Settings } from '../../kit/server.ts';

const stranger = '198.51.100.7';
const proxy = '10.0.0.1';
const victim = '203.0.113.9';

type Headers = Readonly<Record<string, string>>;

const ask = ({ countersign }: Server, remoteAddress: string, path: string, init: RequestInit) =>
  countersign.fetch(new Request(url + path, init), { incoming: { socket: { remoteAddress } } });

/** The addresses that the session and the audit event of a login have. */
async function seenAt(server: Server, peer: string, headers: Headers): Promise<readonly unknown[]> {
  const { name, password } = server.admin;
  const init = { headers: { ...headers, Authorization: basic(name, password) } };
  const answer = await ask(server, peer, '/auth/password', init);
  assert.equal(answer.status, 200);
  const event = await server.countersign.context.store.db
    .selectFrom('attempts')
    .innerJoin('sessions', 'sessions.id', 'attempts.session_id')
    .select(['sessions.client_ip as ofSession', 'attempts.client_ip as ofEvent'])
    .where('attempts.request_id', '=', answer.headers.get('x-request-id'))
    .executeTakeFirstOrThrow();
  return [event.ofSession, event.ofEvent];
}

const forgeries: readonly Headers[] = [
  { 'X-Forwarded-For': victim },
  { 'X-Forwarded-For': `${victim}, ${proxy}` },
  { 'X-Forwarded-For': Array.from({ length: 1000 }, () => victim).join(', ') },
  { Forwarded: `for=${victim};proto=https` },
  { 'X-Forwarded-For': victim, Forwarded: `for=${victim}` },
  { 'X-Real-IP': victim, 'X-Client-IP': victim, 'True-Client-IP': victim, 'CF-Connecting-IP': victim },
  { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'http', 'X-Forwarded-For': victim },
];

for (const settings of [
  {},
  { trustedProxies: [proxy] },
  { trustedProxies: ['loopback', '10.0.0.0/8'], forwardedHeader: 'forwarded' },
] as const satisfies readonly Settings[])
  test(`with ${JSON.stringify(settings)} a peer that is not trusted has its own address, whatever it sends`, async () => {
    await using server = await startServer(settings);
    for (const headers of forgeries)
      assert.deepEqual(await seenAt(server, stranger, headers), [stranger, stranger], JSON.stringify(headers));
  });

for (const [header, hop] of [
  ['x-forwarded-for', (address: string) => address],
  ['forwarded', (address: string) => `for=${address}`],
] as const) {
  test(`behind a trusted proxy that sends ${header}, what the client sent before is not believed`, async () => {
    await using server = await startServer({ trustedProxies: ['10.0.0.0/8'], forwardedHeader: header });
    const other = header === 'forwarded' ? { 'X-Forwarded-For': victim } : { Forwarded: `for=${victim}` };
    for (const before of [[], [victim], ['10.0.0.9'], [victim, '10.0.0.9'], ['unknown'], [`${victim}"`]]) {
      const sent = { ...other, [header]: [...before, stranger, '10.0.0.2'].map(hop).join(', ') };
      assert.deepEqual(await seenAt(server, proxy, sent), [stranger, stranger], before.join(', '));
    }
    assert.deepEqual(await seenAt(server, proxy, other), [proxy, proxy], 'the other header alone');
  });
}

test('IPv4 clients of a socket for both families are the same clients', async () => {
  await using server = await startServer({ trustedProxies: [proxy] });
  assert.deepEqual(await seenAt(server, `::ffff:${stranger}`, {}), [stranger, stranger]);
  const headers = { 'X-Forwarded-For': `::ffff:${stranger}` };
  assert.deepEqual(await seenAt(server, `::ffff:${proxy}`, headers), [stranger, stranger]);
});

test('X-Forwarded-Host changes no URL', async () => {
  await using server = await startServer({ trustedProxies: [proxy] });
  const headers = { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-For': stranger, Forwarded: 'host=evil.example' };
  for (const path of ['/', '/openapi.json', '/users/me', '/nowhere']) {
    const text = await (await ask(server, proxy, path, { headers })).text();
    assert.ok(text.includes(url) && !text.includes('evil.example'), text);
  }
});

test('a proxy that takes plain HTTP for an https URL is logged once', async () => {
  await using server = await startServer({ trustedProxies: [proxy] });
  const warnings = () => server.lines.filter(({ message }) => message.includes('plain HTTP')).length;
  const headers = { 'X-Forwarded-For': victim, 'X-Forwarded-Proto': 'http' };
  await ask(server, stranger, '/', { headers });
  await ask(server, proxy, '/', { headers: { ...headers, 'X-Forwarded-Proto': 'https' } });
  assert.equal(warnings(), 0);
  await ask(server, proxy, '/', { headers });
  await ask(server, proxy, '/', { headers });
  assert.equal(warnings(), 1);
});

onEachDatabase('the limit by address', (on) => {
  test('counts the clients behind a trusted proxy, each by its own address', async () => {
    await using server = await startServer({ on, sending: { enrollmentsPerAddress: 2 }, trustedProxies: [proxy] });
    const statuses: number[] = [];
    for (const [at, address] of [victim, victim, victim, stranger, `forged, ${victim}`, 'a', 'a'].entries()) {
      const person = await server.addPerson(`person ${at}`);
      statuses.push(await enroll(server, person, address, 5000 + at));
    }
    // An address that cannot be read counts as the proxy's.
    assert.deepEqual(statuses, [200, 200, 429, 200, 429, 200, 200]);
    assert.ok(!server.lines.some(({ message }) => message.includes('COUNTERSIGN_TRUSTED_PROXIES')));
  });
});

async function enroll(server: Server, { token }: Person, forwarded: string, number: number): Promise<number> {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const init = {
    method: 'PUT',
    headers: { ...headers, 'X-Forwarded-For': forwarded },
    body: JSON.stringify({ phone_number: `+1213373${number}` }),
  };
  return (await ask(server, proxy, '/mfa/sms/request', init)).status;
}
