/** A body that is not what it should be gets a clear 4xx at every route that takes one, never a 5xx, and changes nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Route } from '../../src/http/route.ts';
import { knownOf } from '../http/catalogue.ts';
import { send } from '../http/good-requests.ts';
import { onEachDatabase } from '../../kit/databases.ts';
import { assertSaid, startServer } from '../../kit/server.ts';
import { about, credentials, scene, unchanged } from './bad-input.ts';

/** The same text, spelled with the escapes of JSON. */
const escaped = (text: string) =>
  text.replace(/./g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`);

const isEmpty = (value: unknown) => JSON.stringify(value) === '{}';

/** In whose words a route says what is wrong. */
const dialectOf = ({ formatProblem, path }: Route) =>
  !formatProblem ? 'problem' : path.startsWith('/v2/') ? 'crossbar' : 'deux';

onEachDatabase('a body that is none changes nothing', (on) => {
  test('a body that is not what it should be is refused at every route that takes one', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    const taking = scenery.goods.filter(({ json }) => json !== undefined);
    assert.ok(taking.length >= 8);
    await unchanged(server, async () => {
      for (const good of taking) {
        const call = credentials(good, scenery);
        const text = JSON.stringify(good.json);
        const inside = text.slice(1, -1);
        const [first = ''] = Object.keys(good.json as object);
        const raw = async (status: string, body: string | Uint8Array, type = 'application/json') => {
          const answer = await send(
            server,
            { ...good, json: undefined },
            { ...call, body, headers: { 'Content-Type': type } },
          );
          assertSaid(answer, status, `${String(body).slice(0, 99)}: ${about(answer)}`);
          return answer;
        };
        for (const body of [
          ' ',
          '{',
          text.slice(0, -1),
          `${text}x`,
          `${text}${text}`,
          'null,',
          `{${inside},}`,
          '\u0000',
          'a=b',
        ])
          await raw('400 malformed_json', body);
        await raw('400 malformed_json', Buffer.concat([Buffer.from(text), new Uint8Array([0xff])]));
        await raw('400 malformed_json', Buffer.from(text, 'utf16le'));
        await raw('400 malformed_json', `{${inside},"deep":${'['.repeat(40)}${']'.repeat(40)}}`);
        await raw('400 malformed_json', `{${inside},${inside}}`);
        await raw('400 malformed_json', `{${inside},"${escaped(first)}":1}`);
        await raw('400 malformed_json', `{${inside},"half":"\\ud800"}`);
        await raw('413 content_too_large', `{${inside},"long":"${'x'.repeat(65_536)}"}`);
        const form = good.route.form ? [] : ['application/x-www-form-urlencoded'];
        for (const type of ['text/plain', 'multipart/form-data; boundary=x', ...form])
          await raw('415 unsupported_media_type', text, type);
        for (const body of ['null', '[]', `[${text}]`, '5', '"text"', 'true']) await raw('400 invalid_request', body);
        // The endpoints of OAuth2 ignore what they do not know (RFC 6749 section 3.2).
        if (good.route.form) continue;
        for (const name of ['__proto__', 'constructor', 'prototype', 'toString', 'roles', 'unknown', '', 'é']) {
          const { text: told } = await raw('400 invalid_request', `{${inside},"${name}":{"${first}":1}}`);
          const named = {
            problem: `"/${name}"`,
            deux: `"${name}":["is not a known member`,
            crossbar: `"${name}":{"invalid"`,
          };
          assert.ok(told.includes(named[dialectOf(good.route)]), told);
        }
      }
    });
  });

  test('a member of another type is refused at every route that takes a body', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    await unchanged(server, async () => {
      // What stands in the body of a login and of a client's request is a credential: a text that is no right one is a wrong one.
      const plain = scenery.goods.filter(
        ({ route, does }) => !knownOf(route).firstInBody && does !== 'serves a client',
      );
      for (const good of plain.filter(({ json }) => json !== undefined)) {
        const body = good.json as Readonly<Record<string, unknown>>;
        const merges = good.method === 'PATCH' || knownOf(good.route).merges;
        for (const [name, value] of Object.entries(body)) {
          // A number may be a code, and null clears what a profile holds.
          const others = [null, true, 5.5, 5, [], [value], {}, { [name]: value }, '', '\u0000', 'a\u0000b'].filter(
            (other) =>
              !(other === 5 && name === knownOf(good.route).code) &&
              !(other === null && merges) &&
              // No change is a change too.
              !(isEmpty(other) && merges),
          );
          for (const other of others) {
            const answer = await send(
              server,
              { ...good, json: { ...body, [name]: other } },
              credentials(good, scenery),
            );
            assertSaid(answer, '400 invalid_request', `${name}: ${JSON.stringify(other)}: ${about(answer)}`);
          }
        }
      }
    });
  });

  test('no body is ever a fault, whatever its members hold', async () => {
    await using server = await startServer({ on });
    const scenery = await scene(server);
    for (const good of scenery.goods.filter(({ json }) => json !== undefined)) {
      const members = Object.entries(good.json as object).map(([name, value]: [string, unknown]) => [
        name,
        fc.oneof(fc.constant(value), fc.string({ unit: 'binary' }), fc.string(), fc.maxSafeInteger(), fc.jsonValue()),
      ]);
      const bodies = fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>);
      // The server's own test fails a 5xx, and an answer that the route does not declare.
      const ask = (json: unknown) => send(server, { ...good, json }, credentials(good, scenery));
      await fc.assert(
        fc.asyncProperty(bodies, async (json) => void (await ask(json))),
        { numRuns: 25 },
      );
    }
  });
});
