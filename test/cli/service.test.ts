import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { countersign, outputOf, errorLineOf, serve, type Running } from '../../kit/process.ts';

const made = /^the service (\S+) has the id ([0-9a-f-]{36})\nits key is (csk_\S{43}) \(it is not shown again\)\n$/;

describe('services, made at the machine beside a running server', () => {
  let server: Running;
  before(async () => {
    server = await serve({});
  });
  const add = (...args: readonly string[]) => countersign(['service', 'add', ...args], { folder: server.folder });
  const put = (key: string, user: string) => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    return fetch(`${server.url}/users/${user}`, { method: 'PUT', headers, body: '{}' });
  };

  test('a service is made with a key, which works at once', async () => {
    const [, name, , key = ''] = made.exec(outputOf(await add('shop'))) ?? [];
    assert.equal(name, 'shop');
    assert.equal((await put(key, '42')).status, 201);
  });

  test('one that is there gets one more key, and keeps the others', async () => {
    const [, , id, key = ''] = made.exec(outputOf(await add('forum'))) ?? [];
    const [, , same, next = ''] = made.exec(outputOf(await add('forum', '--account', 'root'))) ?? [];
    assert.equal(same, id);
    assert.notEqual(next, key);
    assert.equal((await put(key, '43')).status, 201);
    assert.equal((await put(next, '43')).status, 200);
  });

  test('somebody who is no service becomes none', async () => {
    outputOf(await countersign(['user', 'add', 'ada', '--no-password'], { folder: server.folder }));
    assert.match(errorLineOf(await add('ada'), 1), /^countersign: ada: .*taken/);
    assert.match(errorLineOf(await add('shop', '--account', 'mars'), 1), /there is no such account/);
    assert.match(errorLineOf(await add('a:b'), 2), /^countersign: name: must not contain a colon/);
  });
});
