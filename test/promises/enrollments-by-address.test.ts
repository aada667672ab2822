/** Enrollments are counted by client address, where the server knows it, and only there. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../kit/databases.ts';
import { startServer, url, type Person, type Server } from '../../kit/server.ts';
import { addService } from '../http/doors/challenges/service.ts';

/** Enrolls a number as one person, from an address; answers with the status. */
async function enrollFrom(
  { countersign }: Server,
  { token }: Pick<Person, 'token'>,
  remoteAddress: string | undefined,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  const request = new Request(`${url}/mfa/sms/request`, {
    method: 'PUT',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ phone_number: nextNumber() }),
  });
  const environment = remoteAddress === undefined ? undefined : { incoming: { socket: { remoteAddress } } };
  return (await countersign.fetch(request, environment)).status;
}

let numbers = 0;
const nextNumber = () => `+1213373${5000 + (numbers += 1)}`;

async function people(server: Server, count: number): Promise<readonly Person[]> {
  const made: Person[] = [];
  for (let at = 0; at < count; at += 1) made.push(await server.addPerson(`person ${at}`));
  return made;
}

const sending = { enrollmentsPerAddress: 2 };
const warnings = ({ lines }: Server) => lines.filter(({ message }) => /X-Forwarded-For/.test(message)).length;

onEachDatabase('enrollments by client address', (on) => {
  for (const [what, addresses, expected] of [
    ['one IPv4 address', ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.1'], [200, 200, 429]],
    ['addresses of one IPv6 network', ['2001:db8:1:2::1', '2001:db8:1:2:3::4', '2001:db8:1:2::5'], [200, 200, 429]],
    ['IPv4 addresses side by side', ['192.0.2.1', '192.0.2.1', '192.0.2.2'], [200, 200, 200]],
    ['two IPv6 networks', ['2001:db8:1:2::1', '2001:db8:1:2::1', '2001:db8:1:3::1'], [200, 200, 200]],
    ['an unknown address', [undefined, undefined, undefined], [200, 200, 200]],
  ] as const) {
    test(`of three users at ${what} so many are sent a code: ${expected.join(', ')}`, async () => {
      await using server = await startServer({ on, sending });
      const statuses: number[] = [];
      for (const [at, person] of (await people(server, 3)).entries())
        statuses.push(await enrollFrom(server, person, addresses[at]));
      assert.deepEqual(statuses, expected);
    });
  }

  test('the address stands nowhere in the counts', async () => {
    await using server = await startServer({ on, sending });
    const [ada = assert.fail()] = await people(server, 1);
    assert.equal(await enrollFrom(server, ada, '198.51.100.7'), 200);
    const rows = JSON.stringify((await server.rows())['sends']);
    assert.match(rows, /enrollment\.address:/);
    assert.ok(!rows.includes('198.51.100.7'));
  });

  for (const header of ['X-Forwarded-For', 'Forwarded']) {
    test(`behind a proxy that sends ${header} none is counted, and one warning says so`, async () => {
      await using server = await startServer({ on, sending });
      for (const person of await people(server, 4))
        assert.equal(await enrollFrom(server, person, '192.0.2.1', { [header]: '203.0.113.9' }), 200);
      assert.equal(warnings(server), 1);
      assert.ok(!JSON.stringify((await server.rows())['sends']).includes('enrollment.address:'));
    });
  }

  test('without a bound there is no warning', async () => {
    await using server = await startServer({ on, sending: { enrollmentsPerAddress: 0 } });
    const [ada = assert.fail()] = await people(server, 1);
    assert.equal(await enrollFrom(server, ada, '192.0.2.1', { Forwarded: 'for=203.0.113.9' }), 200);
    assert.equal(warnings(server), 0);
  });

  test('the users of a service are not counted by the address of the service', async () => {
    await using server = await startServer({ on, sending });
    const { key: bearer } = await addService(server, 'root', 'shop');
    for (const id of ['41', '42', '43']) {
      await server.call('PUT', `/users/${id}`, { bearer, json: {} });
      const json = { type: 'sms', phone_number: nextNumber() };
      assert.equal((await server.call('POST', `/users/${id}/factors`, { bearer, json })).status, 201);
    }
  });
});
