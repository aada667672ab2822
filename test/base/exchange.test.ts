import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createExchange, type Exchanged } from '../../src/base/exchange.ts';
import { selfSigned } from '../../kit/stand-ins/certificate.ts';
import { standIn } from '../../kit/stand-ins/stand-in.ts';

const identity = selfSigned();
const request = { headers: { 'content-type': 'text/plain' }, body: 'Größe' };
const way = { deadline: 10_000 };

function ask(host: string, { deadline, ca }: { deadline: number; ca?: string } = way): Promise<Exchanged> {
  return createExchange({ deadline, ca })({ ...request, url: `${ca === undefined ? 'http' : 'https'}://${host}/path` });
}

describe('an exchange with an HTTP server', () => {
  test('hands the request over as it is and gives the whole answer', async () => {
    await using server = await standIn((_, response) => response.writeHead(404).end('not here'));
    assert.deepEqual(await ask(server.host), { status: 404, text: 'not here' });
    const [{ method, path, body, headers } = assert.fail()] = server.seen;
    assert.deepEqual([method, path, body, headers['content-type']], ['POST', '/path', 'Größe', 'text/plain']);
  });

  test('does not follow a redirect', async () => {
    await using server = await standIn((_, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    assert.deepEqual(await ask(server.host), { status: 307, text: '' });
    assert.equal(server.seen.length, 1);
  });

  test('trusts the certificate that it is given', async () => {
    await using server = await standIn((_, response) => response.end('hello'), identity);
    assert.deepEqual(await ask(server.host, { ...way, ca: identity.cert }), { status: 200, text: 'hello' });
  });

  test('trusts no other certificate, and then sends nothing', async () => {
    await using server = await standIn((_, response) => response.end('hello'), identity);
    const stranger = await ask(server.host, { ...way, ca: selfSigned().cert });
    const untold = await createExchange(way)({ ...request, url: `https://${server.host}/path` });
    for (const exchanged of [stranger, untold]) assert.match(failureOf(exchanged), /CERT|SIGNATURE/);
    assert.equal(server.seen.length, 0);
  });

  test('gives up at the deadline, whether nothing comes or not all', async () => {
    await using silent = await standIn(() => undefined);
    await using slow = await standIn((_, response) => response.writeHead(200).write('{'));
    for (const { host } of [silent, slow])
      assert.deepEqual(await ask(host, { deadline: 100 }), { failure: 'TimeoutError' });
  });

  test('reads no more than 64 KiB', async () => {
    await using long = await standIn((_, response) => response.end('x'.repeat(64 * 1024 + 1)));
    await using longest = await standIn((_, response) => response.end('x'.repeat(64 * 1024)));
    assert.deepEqual(await ask(long.host), { failure: 'RangeError' });
    assert.equal('text' in (await ask(longest.host)), true);
  });

  const broken = {
    'is cut short': 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello',
    'breaks in its first packet': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nhello\r\n',
    'is no HTTP': '220 mail.example.com ESMTP\r\n',
  };
  for (const [what, bytes] of Object.entries(broken)) {
    test(`says in a code that an answer ${what}`, async () => {
      const server = createServer((socket) => socket.once('data', () => socket.end(bytes)));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const exchanged = await ask(`127.0.0.1:${(server.address() as AddressInfo).port}`);
      assert.match(failureOf(exchanged), /^[A-Z][A-Z_]+$/);
      server.close();
    });
  }

  test('says in a code that nobody is there', async () => {
    const server = await standIn(() => undefined);
    await server[Symbol.asyncDispose]();
    assert.deepEqual(await ask(server.host), { failure: 'ECONNREFUSED' });
  });
});

function failureOf(exchanged: Exchanged): string {
  return 'failure' in exchanged ? exchanged.failure : assert.fail(`an answer came: ${exchanged.status}`);
}
