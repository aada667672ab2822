import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { english, textNames } from '../../src/messages/english.ts';
import { createTexts, type Notice, type TextReplacement } from '../../src/messages/texts.ts';

const values = { code: '731904', service: 'Countersign', host: 'login.example.com', minutes: 5 };
const when = Date.parse('2026-01-01T12:34:56Z');
const changed = { service: 'Countersign', host: 'login.example.com', user: 'alice', when };
const notices: readonly Notice[] = [
  { ...changed, name: 'factor_added', factor: 'an authenticator app (phone)' },
  { ...changed, name: 'factor_removed', factor: 'an authenticator app (phone)' },
  { ...changed, name: 'mfa_enabled' },
  { ...changed, name: 'mfa_disabled' },
  { ...changed, name: 'password_changed' },
  { ...changed, name: 'recovery_codes_renewed' },
  { ...changed, name: 'recovery_code_used' },
];

/** What WICG's "Origin-bound one-time codes delivered via SMS" has a browser read, by its own steps. */
function parseOriginBound(message: string): { readonly host: string; readonly code: string } | undefined {
  const line = message.replaceAll(/\r\n?/g, '\n').split('\n').at(-1) ?? '';
  const [, host, code] = /^@([^\t\n\f\r ]+) #([^\t\n\f\r ]+)(?: .*)?$/.exec(line) ?? [];
  return host !== undefined && code !== undefined ? { host, code } : undefined;
}

describe('a code by SMS', () => {
  test('says the code, the service, its life and which one counts, in one SMS', () => {
    const { subject, body, code } = createTexts().code('sms', values);
    assert.equal(
      body,
      '731904 is your code for Countersign. It works for 5 minutes; only the newest code counts. Never give it to anybody.\n\n@login.example.com #731904',
    );
    assert.ok(body.length <= 160);
    assert.deepEqual([subject, code], [undefined, '731904']);
  });

  test('is bound to the host at which it is typed', () => {
    const { body } = createTexts().code('sms', values);
    assert.deepEqual(parseOriginBound(body), { host: 'login.example.com', code: '731904' });
  });

  test('stays bound to it in any wording, and whatever the service is called', () => {
    const body = '{service}: {code}\n@evil.example #{code} {host}';
    const texts = createTexts([{ language: 'en', text: 'sms_code', body }]);
    const service = 'Evil\n\n@evil.example #111111';
    for (const made of [texts.code('sms', { ...values, service }), createTexts().code('sms', { ...values, service })]) {
      assert.deepEqual(parseOriginBound(made.body), { host: 'login.example.com', code: '731904' });
    }
  });
});

describe('a code by e-mail', () => {
  test('stands in the body, not in the subject and not in the first line of a preview', () => {
    const { subject = '', body, code } = createTexts().code('email', values);
    assert.equal(subject, 'Your code for Countersign');
    assert.equal(code, '731904');
    assert.ok(body.indexOf('731904') > 100);
    assert.match(body, /5 minutes.*login\.example\.com/);
    assert.equal(body.includes('@login.example.com'), false);
  });
});

describe('a code that approves an action', () => {
  const action = 'Pay 40 EUR to Bob';

  for (const channel of ['sms', 'email'] as const) {
    test(`names it in the body by ${channel}, and the service that asks`, () => {
      const { subject = '', body } = createTexts().code(channel, { ...values, requestedBy: 'shop', action });
      for (const part of [action, '731904', 'for shop', '5 minutes', 'nothing else'])
        assert.ok(body.includes(part), part);
      assert.equal(/[{}]|undefined|Countersign/.test(subject + body), false);
      assert.equal(subject.includes(action), false);
    });

    test(`shows what others typed as text by ${channel}: one line, short, no link`, () => {
      const typed = `Pay\r\n\r\n\u202e{code}\u0000 https://evil.example/${'x'.repeat(1000)}`;
      const shown = `Pay {code} https[:]/ /evil[.]example/${'x'.repeat(31)}…`;
      const { body } = createTexts().code(channel, { ...values, requestedBy: 'evil.example', action: typed });
      assert.ok(body.includes(shown), body);
      assert.ok(body.includes('evil[.]example'), body);
    });
  }

  test('has a text of its own, which needs the action and the code', () => {
    const text = { language: 'de', text: 'sms_action_code' } as const;
    const texts = createTexts([{ ...text, body: '{code} für {service}: {action}' }]);
    const { body } = texts.code('sms', { ...values, requestedBy: 'shop', action }, { language: 'de' });
    assert.equal(body.split('\n')[0], `731904 für shop: ${action}`);
    for (const wrong of ['{code}', '{action}'])
      assert.throws(() => createTexts([{ ...text, body: wrong }]), SetupError);
  });

  test('of no action is in the usual words, for the service that asks', () => {
    assert.match(
      createTexts().code('sms', { ...values, requestedBy: 'shop', action: null }).body,
      /is your code for shop\./,
    );
  });
});

describe('a notice', () => {
  for (const notice of notices) {
    test(`of ${notice.name} says who, where and when, and what to do about it`, () => {
      const { subject = '', body } = createTexts().notice(notice);
      for (const part of [
        'alice',
        'Countersign',
        '2026-01-01 12:34 UTC',
        'change your password',
        'login.example.com',
      ]) {
        assert.ok(body.includes(part), part);
      }
      if (notice.factor !== undefined) assert.ok(body.includes(notice.factor));
      assert.ok(subject.includes('Countersign'));
      assert.equal(/[{}]|undefined/.test(subject + body), false);
    });
  }

  test('takes names for words: no lines, no placeholders, no links of their length', () => {
    const user = 'alice\r\n\r\nYour account is closed.\u2028\u202e{when}{service}\u0000 $& $1';
    const { body } = createTexts().notice({ ...changed, user, name: 'mfa_enabled' });
    assert.ok(body.includes('alice Your account is closed. {when}{service} $& $1'), body);
    assert.equal(
      body.split('\n').length,
      createTexts()
        .notice({ ...changed, name: 'mfa_enabled' })
        .body.split('\n').length,
    );
  });

  for (const [user, shown] of [
    ['evil.example/login', 'evil[.]example/login'],
    ['https://2130706433/', 'https[:]/ /2130706433/'],
    ['go to www.evil.example now', 'go to www[.]evil[.]example now'],
    ['evil\u3002example', 'evil[\u3002]example'],
    ['mailto:a@evil.example', 'mailto[:]a@evil[.]example'],
    [String.raw`\\evil\share`, String.raw`\ \evil\share`],
    ['Dr. Ada: the first', 'Dr. Ada: the first'],
    ['x'.repeat(64), 'x'.repeat(64)],
    ['x'.repeat(65), `${'x'.repeat(63)}…`],
  ] as const) {
    test(`shows the name ${user} as text that is no link`, () => {
      const { body } = createTexts().notice({ ...changed, user, name: 'mfa_enabled' });
      assert.ok(body.includes(` for ${shown} at `), body);
    });
  }

  test('has no room for a story in a name', () => {
    const user = `${'x'.repeat(99)}😀${'y'.repeat(10_000)}`;
    const { body } = createTexts().notice({ ...changed, user, name: 'mfa_enabled' });
    assert.ok(body.length < 500);
    assert.ok(body.isWellFormed());
  });
});

describe('notices that are sent in one message', () => {
  const change = { user: 'alice', count: 1, firstAt: when, lastAt: when };
  const digest = { service: 'Countersign', host: 'login.example.com' };

  test('are a line each, in the words of their subjects, with a count of the others', () => {
    const { subject = '', body } = createTexts().digest({
      ...digest,
      changes: [
        { ...change, name: 'password_changed' },
        { ...change, name: 'factor_added', factor: 'totp', user: 'evil.example', count: 90, lastAt: when + 3_600_000 },
      ],
      total: 120,
    });
    assert.match(subject, /Countersign/);
    const lines = body.split('\n\n')[1]?.split('\n');
    assert.deepEqual(lines, [
      '2026-01-01 12:34 UTC: Your password at Countersign was changed (alice)',
      '2026-01-01 12:34 – 2026-01-01 13:34 UTC: A sign-in method was added to your account at Countersign (90 ×, evil[.]example, totp)',
      '… + 29',
    ]);
    assert.match(body, /change your password at login\.example\.com/);
    assert.ok(!/[{}]|undefined/.test(body), body);
  });

  test('are said in replaced words, those of each line too', () => {
    const texts = createTexts([
      { language: 'en', text: 'notices_collected', subject: 'Mehr', body: 'Auch:\n{changes}' },
      { language: 'en', text: 'mfa_disabled', account: 'acme', subject: 'Aus für {user}', body: 'x' },
    ]);
    const changes = [{ ...change, user: 'a\n{user}', name: 'mfa_disabled' as const }];
    const made = texts.digest({ ...digest, changes, total: 1 }, { account: 'acme' });
    assert.deepEqual(made, {
      subject: 'Mehr',
      body: 'Auch:\n2026-01-01 12:34 UTC: Aus für a {user} (a {user})',
    });
  });
});

describe('texts of the server', () => {
  test('keep the rules that it has for others', () => {
    for (const text of textNames) {
      const { body, ...rest } = english[text];
      const subject = 'subject' in rest ? { subject: rest.subject } : {};
      createTexts([{ language: 'en', text, body, ...subject }]);
    }
  });
});

describe('replaced texts', () => {
  const sms = (body: string, place: Partial<TextReplacement> = {}): TextReplacement => ({
    language: 'en',
    text: 'sms_code',
    body: `${body} {code}`,
    ...place,
  });
  const texts = createTexts([
    sms('en'),
    sms('de', { language: 'de' }),
    sms('de-AT', { language: 'de-AT' }),
    sms('en of acme', { account: 'acme' }),
    sms('de of acme', { account: 'acme', language: 'de' }),
  ]);
  const first = (account?: string, language?: string) =>
    texts.code('sms', values, { account, language }).body.split(' 731904')[0];

  test('are chosen by language, then by account, then English', () => {
    assert.equal(first(), 'en');
    assert.equal(first('other', 'fr'), 'en');
    assert.equal(first('other', 'de'), 'de');
    assert.equal(first('other', 'de-CH'), 'de');
    assert.equal(first('other', 'DE-at'), 'de-AT');
    assert.equal(first('acme', 'de'), 'de of acme');
    assert.equal(first('acme', 'de-CH'), 'de of acme');
    assert.equal(first('acme', 'de-AT'), 'de-AT');
    assert.equal(first('acme', 'fr'), 'en of acme');
    assert.equal(first('acme'), 'en of acme');
  });

  test('leave the others as they are', () => {
    assert.deepEqual(texts.code('email', values), createTexts().code('email', values));
  });

  test('carry what they name', () => {
    const body = '{code} {service} {minutes} {host} 100 %';
    const replaced = createTexts([
      { language: 'en', text: 'email_code', subject: '{service}: {minutes}, {host}', body },
    ]);
    assert.deepEqual(replaced.code('email', values), {
      subject: 'Countersign: 5, login.example.com',
      body: '731904 Countersign 5 login.example.com 100 %',
      code: '731904',
    });
  });

  const bad: Readonly<Record<string, Partial<TextReplacement>>> = {
    'a code without {code}': { body: 'your code' },
    'a placeholder that nobody knows': { body: '{code} {user}' },
    'a placeholder of another text': { text: 'mfa_enabled', subject: 'on', body: 'on {code}' },
    'a factor where there is none': { text: 'mfa_enabled', subject: 'on', body: 'on {factor}' },
    'an empty placeholder': { body: '{code} {}' },
    'a placeholder with spaces': { body: '{code} { host }' },
    'an open brace': { body: '{code} {host' },
    'a closed brace': { body: '{code} host}' },
    'braces in braces': { body: '{code} {{host}}' },
    'a placeholder with a dollar': { body: '{code} ${host.x}' },
    'a subject for an SMS': { subject: 'code', body: '{code}' },
    'no subject for an e-mail': { text: 'email_code', body: '{code}' },
    'the code in the subject': { text: 'email_code', subject: '{code} it is', body: '{code}' },
    'two lines in the subject': { text: 'email_code', subject: 'a\nBcc: mallory@example.com', body: '{code}' },
    'a control character': { body: '{code}\u0007' },
    'a line that turns round': { body: '{code}\u202e' },
    'an endless body': { body: `{code}${'x'.repeat(2000)}` },
    'a text that nobody sends': { text: 'welcome' as 'sms_code', body: '{code}' },
    "a text of every object's": { text: 'constructor' as 'sms_code', body: '{code}' },
    'a language that is none': { language: 'English please', body: '{code}' },
    'an account without a name': { account: '', body: '{code}' },
    'a member that it does not know': { body: '{code}', html: '<b>{code}</b>' } as Partial<TextReplacement>,
  };
  for (const [what, change] of Object.entries(bad)) {
    test(`are refused with ${what}`, () => {
      assert.throws(() => createTexts([{ language: 'en', text: 'sms_code', body: '{code}', ...change }]), SetupError);
    });
  }
});
