import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basicCredentials, shownToken } from '../../../src/http/server/credentials.ts';
import { basic } from '../../../kit/server.ts';

const shown = (...headers: [string, string][]) => shownToken(new Headers(headers));
const token = 'eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln';

for (const scheme of ['Bearer', 'Token', 'JWT', 'bearer', 'TOKEN', 'jwt', 'bEaReR']) {
  test(`Authorization: ${scheme} shows a token`, () => {
    assert.deepEqual(shown(['Authorization', `${scheme} ${token}`]), { token });
    assert.deepEqual(shown(['authorization', `${scheme}   ${token} `]), { token });
  });
}

test('X-Auth-Token shows a token', () => {
  assert.deepEqual(shown(['X-Auth-Token', token]), { token });
  assert.deepEqual(shown(['x-auth-token', ` ${token} `]), { token });
});

test('a request without either shows nothing', () => {
  assert.equal(shown(), 'nothing');
  assert.equal(shown(['Cookie', `token=${token}`], ['Proxy-Authorization', `Bearer ${token}`]), 'nothing');
});

const unreadable = {
  'another scheme': `Basic ${token}`,
  'a scheme that begins like one of ours': `BearerX ${token}`,
  'a scheme that ends like one of ours': `XBearer ${token}`,
  'no scheme': token,
  'a scheme and no token': 'Bearer',
  'nothing at all': '',
  'no space between': `Bearer${token}`,
  'a tab between': `Bearer\t${token}`,
  'a colon between': `Bearer: ${token}`,
  'two tokens': `Bearer ${token} ${token}`,
  'two credentials in one header': `Bearer ${token}, Bearer ${token}`,
  'a comma after the token': `Bearer ${token},`,
  'a parameter after the token': `Bearer ${token} a=b`,
};

for (const [what, value] of Object.entries(unreadable)) {
  test(`Authorization with ${what} is unreadable, not absent`, () => {
    assert.equal(shown(['Authorization', value]), 'unreadable');
    assert.equal(shown(['Authorization', value], ['X-Auth-Token', token]), 'unreadable');
  });
}

test('two Authorization headers are unreadable', () => {
  assert.equal(shown(['Authorization', `Bearer ${token}`], ['Authorization', `Bearer ${token}`]), 'unreadable');
});

test('the same token in both headers is one token, another is unreadable', () => {
  assert.deepEqual(shown(['Authorization', `Bearer ${token}`], ['X-Auth-Token', token]), { token });
  assert.equal(shown(['Authorization', `Bearer ${token}`], ['X-Auth-Token', `${token}x`]), 'unreadable');
  assert.equal(shown(['Authorization', `Bearer ${token}`], ['X-Auth-Token', '']), 'unreadable');
});

test('two X-Auth-Token headers are no token that anybody has', () => {
  assert.deepEqual(shown(['X-Auth-Token', token], ['X-Auth-Token', token]), { token: `${token}, ${token}` });
});

const read = (authorization: string) => basicCredentials(new Headers([['Authorization', authorization]]));
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');

test('Basic carries a name and a secret, in any case of the scheme', () => {
  for (const scheme of ['Basic', 'basic', 'BASIC']) {
    assert.deepEqual(read(`${scheme}  ${base64('ada:secret')}`), { login: 'ada', secret: 'secret' });
  }
  assert.deepEqual(read(basic('ada', 'secret')), { login: 'ada', secret: 'secret' });
});

test('the name ends at the first colon; the secret may hold more', () => {
  assert.deepEqual(read(basic('ada', ':a:b:')), { login: 'ada', secret: ':a:b:' });
});

test('the secret may be empty', () => {
  assert.deepEqual(read(basic('ada', '')), { login: 'ada', secret: '' });
});

test('Basic is read as UTF-8, byte order mark and all', () => {
  assert.deepEqual(read(basic('Åsa 😀', 'ﬀ пароль\u0000')), { login: 'Åsa 😀', secret: 'ﬀ пароль\u0000' });
  assert.deepEqual(read(basic('\uFEFFada', 'x')), { login: '\uFEFFada', secret: 'x' });
});

test('base64 is read with and without its padding', () => {
  for (const text of ['ada:abcd', 'ada:abcde', 'ada:abcdef']) {
    const secret = text.slice(4);
    assert.deepEqual(read(`Basic ${base64(text)}`), { login: 'ada', secret });
    assert.deepEqual(read(`Basic ${base64(text).replaceAll('=', '')}`), { login: 'ada', secret });
  }
});

const notBasic = {
  'another scheme': `Bearer ${base64('ada:secret')}`,
  'no value': 'Basic',
  'an empty value': 'Basic ',
  'padding only': 'Basic ==',
  'characters that are not base64': `Basic ${base64('ada:secret')}!`,
  'characters of base64url': `Basic ${base64('ada:>>>???').replaceAll('+', '-').replaceAll('/', '_')}`,
  'white space inside': `Basic ${base64('ada:')} ${base64('secret')}`,
  'two values': `Basic ${base64('ada:secret')}, Basic ${base64('ada:secret')}`,
  'padding in the middle': `Basic ${base64('ada:s')}${base64('secret')}`,
  'too much padding': `Basic ${base64('ada:secr')}===`,
  'no colon': `Basic ${base64('ada')}`,
  'no name': `Basic ${base64(':secret')}`,
  'bytes that are not UTF-8': `Basic ${base64(new Uint8Array([0x61, 0x3a, 0xff]))}`,
  'a NUL in the name': basic('a\u0000da', 'secret'),
  'a line break in the name': basic('ada\n', 'secret'),
  'another control in the name': basic('ada\u0085', 'secret'),
  'a name in Latin-1': `Basic ${base64(Buffer.from('Åsa:secret', 'latin1'))}`,
};

for (const [what, value] of Object.entries(notBasic)) {
  test(`Basic with ${what} carries nothing`, () => {
    assert.equal(read(value), undefined);
  });
}

test('a request without Authorization carries no name and secret', () => {
  assert.equal(basicCredentials(new Headers()), undefined);
});

test('HTTP Basic beside another credential is no login', () => {
  const both = new Headers([
    ['Authorization', basic('ada', 'secret')],
    ['X-Auth-Token', token],
  ]);
  assert.equal(basicCredentials(both), undefined);
});
