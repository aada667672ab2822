/** Contract section 4: an account is moved below another, as Crossbar's clients do it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { startServer, type Answer, type Server } from '../../../../kit/server.ts';
import { bodyOf, dataOf, door, listOf, town } from './door.ts';

const parents = async (server: Server, id: string) =>
  listOf(await door(server)(200, 'GET', `accounts/${id}/parents`)).map(({ name }) => name);

const message = (answer: Answer) => bodyOf(answer)['message'];

onEachDatabase('moving an account', (on) => {
  test('answers with it at a new revision, and sessions of its users end', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar, west } = await town(server);
    const ask = door(server, acme.token);
    const before = dataOf(await ask(200, 'GET', `accounts/${east.id}`));
    const moved = await ask(200, 'POST', `accounts/${east.id}/move`, { to: west.id });
    assert.deepEqual([dataOf(moved), bodyOf(moved)['revision'], moved.headers.get('etag')], [before, '1', '"1"']);
    assert.deepEqual(await parents(server, cellar.id), ['root', 'acme', 'west', 'east']);
    await door(server, cellar.token)(401, 'GET', `accounts/${cellar.id}`);
    await door(server, west.token)(200, 'GET', `accounts/${cellar.id}`);
    const again = await ask(200, 'POST', `accounts/${east.id}/move`, { to: west.id });
    assert.equal(bodyOf(again)['revision'], '1');
    await door(server)(200, 'POST', `accounts/${acme.id}/move`, { to: 'root' });
  });

  test('asks for a revision where the client names one', async () => {
    await using server = await startServer({ on });
    const { east, west } = await town(server);
    const move = (status: number, match: string) =>
      door(server)(status, 'POST', `accounts/${east.id}/move`, { to: west.id }, { headers: { 'If-Match': match } });
    assert.equal(message(await move(412, '"1"')), 'precondition_failed');
    await move(200, '"0"');
  });

  test('needs both accounts in reach: one that is not is like one that is not there', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar, west, other } = await town(server);
    const before = await server.rows();
    const root = String(dataOf(await door(server)(200, 'GET', 'accounts/root'))['id']);
    const nobody = '0'.repeat(32);
    const told = new Set<string>();
    for (const to of [nobody, root, 'root', acme.id, west.id, other.id]) {
      const answer = await door(server, east.token)(404, 'POST', `accounts/${cellar.id}/move`, { to });
      told.add(answer.text.replace(/"request_id":"[^"]+"/, ''));
      if (to !== 'root') await door(server, east.token)(404, 'POST', `accounts/${to}/move`, { to: cellar.id });
    }
    assert.equal(told.size, 1);
    for (const data of [{}, { to: 'nowhere' }, { to: null }, { to: cellar.id, name: 'x' }])
      assert.equal(message(await door(server)(400, 'POST', `accounts/${cellar.id}/move`, data)), 'validation_error');
    assert.deepEqual(await server.rows(), before);
  });

  test('is refused for the caller’s own account, below itself, too deep and away from a provider that is named', async () => {
    await using server = await startServer({ on });
    const { acme, east, cellar, west } = await town(server);
    const ask = door(server, acme.token);
    const refused = async (status: number, id: string, to: string) =>
      message(await ask(status, 'POST', `accounts/${id}/move`, { to }));
    assert.equal(await refused(403, acme.id, east.id), 'forbidden');
    assert.equal(message(await door(server)(403, 'POST', 'accounts/root/move', { to: east.id })), 'forbidden');
    assert.equal(await refused(409, east.id, cellar.id), 'below_itself');
    let lowest = west.id;
    for (let depth = 3; depth <= 31; depth += 1)
      lowest = String(dataOf(await ask(201, 'PUT', `accounts/${lowest}`, { name: `level ${depth}` }))['id']);
    assert.equal(await refused(409, east.id, lowest), 'too_deep');
    const apps = { provider_name: 'totp', provider_type: 'multi_factor', enabled: true, settings: {} };
    const { id } = dataOf(await ask(201, 'PUT', `accounts/${east.id}/multi_factor`, apps));
    const says = (multi_factor: object) => ({ auth_modules: { oauth2: { multi_factor } } });
    await ask(200, 'POST', `accounts/${east.id}/security`, says({ include_subaccounts: true, configuration_id: id }));
    const named = says({ enabled: true, configuration_id: id, account_id: east.id });
    await ask(200, 'POST', `accounts/${cellar.id}/security`, named);
    assert.equal(await refused(409, cellar.id, west.id), 'in_use');
    await ask(200, 'POST', `accounts/${east.id}/move`, { to: west.id });
  });
});
