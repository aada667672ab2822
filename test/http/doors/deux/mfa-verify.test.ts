/** Contract section 2: which codes enable a factor. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minute, second } from '../../../../src/base/clock.ts';
import { onEachDatabase } from '../../../../kit/databases.ts';
import { member, startServer } from '../../../../kit/server.ts';
import { assertSays, newest, other, phone, put, wrongCode } from './help.ts';

/** Another code than a right one. */
const not = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

onEachDatabase('/mfa/…/verify', (on) => {
  test('a code may come as a text with spaces and dashes or as a number, and wrong ones are told so', async () => {
    await using server = await startServer({ on });
    for (const form of [
      (code: string) => ` ${code.slice(0, 3)} ${code.slice(3)} `,
      (code: string) => code.split('').join('-'),
      Number,
    ]) {
      const person = await server.addPerson(`person ${String(form)}`.slice(0, 60));
      assert.equal((await put(server, person, 'sms/request/', { phone_number: phone })).status, 200);
      const code = newest(server);
      for (const wrong of [not(code), 'x', '', '12345', code.slice(1)])
        assertSays(await put(server, person, 'sms/verify/', { mfa_code: wrong }), 400, wrongCode);
      assertSays(await put(server, person, 'sms/verify/'), 400, { mfa_code: ['This field is required.'] });
      assert.equal((await put(server, person, 'sms/verify', { mfa_code: form(code) })).status, 200);
      server.clock.tick(30 * second);
    }
  });

  test('a number with leading zeros that JSON took away is the code all the same', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    let code = '';
    // One code in ten begins with a zero.
    while (!code.startsWith('0')) {
      // One user sends three codes a day to a number.
      server.clock.tick(24 * 60 * minute);
      const token = (await server.logIn(ada)) || assert.fail();
      assert.equal((await put(server, { token }, 'sms/request/', { phone_number: phone })).status, 200);
      code = newest(server);
      if (code.startsWith('0'))
        assert.equal((await put(server, { token }, 'sms/verify/', { mfa_code: Number(code) })).status, 200);
    }
  });

  test('a new request takes the place of the one before: a code that went to one number never enables another', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await put(server, ada, 'sms/request/', { phone_number: phone });
    const first = newest(server);
    await put(server, ada, 'sms/request/', { phone_number: other });
    const latter = newest(server);
    assert.notEqual(first, latter);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: first }), 400, wrongCode);
    const verified = await put(server, ada, 'sms/verify/', { mfa_code: latter });
    assert.equal(member(verified, 'phone_number'), other);
  });

  test('a verification without a request, after its end, or with somebody else’s code is a wrong code', async () => {
    await using server = await startServer({ on });
    const [ada, bob] = [await server.addPerson('ada'), await server.addPerson('bob')];
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: '123456' }), 400, wrongCode);
    await put(server, bob, 'sms/request/', { phone_number: phone });
    const his = newest(server);
    await put(server, ada, 'sms/request/', { phone_number: other });
    const hers = newest(server);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: his }), 400, wrongCode);
    assertSays(await put(server, ada, 'email/verify/', { mfa_code: hers }), 400, wrongCode);
    server.clock.tick(5 * minute);
    assertSays(await put(server, ada, 'sms/verify/', { mfa_code: hers }), 400, wrongCode);
  });

  test('after five wrong codes verifying waits: 429, a detail and Retry-After', async () => {
    await using server = await startServer({ on });
    const ada = await server.addPerson('ada');
    await put(server, ada, 'sms/request/', { phone_number: phone });
    const code = newest(server);
    for (let guess = 0; guess < 5; guess += 1)
      assertSays(await put(server, ada, 'sms/verify/', { mfa_code: not(code) }), 400, wrongCode);
    const waiting = await put(server, ada, 'sms/verify/', { mfa_code: code });
    assert.equal(waiting.status, 429);
    assert.deepEqual(Object.keys(waiting.json as object), ['detail']);
    assert.equal(waiting.headers.get('retry-after'), '30');
  });
});
