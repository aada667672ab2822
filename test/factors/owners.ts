import { TOTP, URI } from 'otpauth';
import type { Kind } from '../../src/factors/registry.ts';
import type { Owner } from '../contracts/factor.ts';
import { duoSecret } from '../../kit/stand-ins/duo.ts';
import { approve, ownKey, webSettings } from './duo-help.ts';

/** A client with a secret of its own making, as password and device are. */
const chosen = (name: string) => `the long secret of ${name}`;
const withChosenSecret: Pick<Owner, 'once' | 'input' | 'hold'> = {
  once: false,
  input: (name) => ({ secret: chosen(name) }),
  hold: (name) => ({ right: () => chosen(name), wrong: () => `${chosen(name)}.`, secrets: [chosen(name), 'secret'] }),
};

/** Codes typed with something else in them, or on another keyboard. */
const notDigits = {
  nothing: '',
  spaces: '      ',
  'NUL at the end': '123456\0',
  'NUL inside': '123\u0000456',
  'a line break at the end': '123456\n',
  'a tab': '123\t456',
  'full-width digits': '１２３４５６',
  'Arabic digits': '١٢٣٤٥٦',
  letters: '12345a',
  'a sign': '+123456',
  'a fraction in text': '123456.0',
  'too few digits': '12345',
  'too many digits': '123456789',
};

const password: Owner = {
  ...withChosenSecret,
  malformed: { 'a number': 123_456, 'one byte too many': 'é'.repeat(512) + 'e' },
};

const device: Owner = {
  ...withChosenSecret,
  malformed: {
    nothing: '',
    'a number': 1_234_567_890_123_456,
    'one byte too few': '123456789012345',
    'one byte too many': 'é'.repeat(512) + 'e',
  },
};

const apikey: Owner = {
  once: false,
  input: () => ({}),
  hold(_name, { shown }) {
    const secret = String(shown.secret);
    return { right: () => secret, wrong: () => `csk_${'A'.repeat(43)}`, secrets: [secret, secret.slice(4)] };
  },
  malformed: {
    nothing: '',
    'a number': 123_456,
    'no prefix': 'A'.repeat(43),
    'another prefix': `key_${'A'.repeat(43)}`,
    'the prefix in capitals': `CSK_${'A'.repeat(43)}`,
    'one character too few': `csk_${'A'.repeat(42)}`,
    'one character too many': `csk_${'A'.repeat(44)}`,
    'NUL at the end': `csk_${'A'.repeat(43)}\0`,
    'a line break at the end': `csk_${'A'.repeat(43)}\n`,
    'a space before': ` csk_${'A'.repeat(43)}`,
    padding: `csk_${'A'.repeat(43)}=`,
    'full-width letters': `csk_${'Ａ'.repeat(43)}`,
  },
};

const totp: Owner = {
  once: true,
  input: () => ({ issuer: 'Countersign' }),
  hold(_name, { shown }) {
    const app = URI.parse(String(shown.otpauth_url));
    if (!(app instanceof TOTP)) throw new Error('what was shown is no TOTP');
    return {
      right: (now) => app.generate({ timestamp: now }),
      wrong: (now) => app.generate({ timestamp: now - 10 * app.period * 1000 }),
      // The server has to know the seed; the store seals it.
      secrets: [],
    };
  },
  malformed: { ...notDigits, 'a number below zero': -1, 'a fraction': 1.5, 'a number of nine digits': 123_456_789 },
};

const recovery: Owner = {
  once: true,
  input: () => ({}),
  hold(_name, { shown }) {
    const codes = Array.isArray(shown.codes) ? shown.codes.map(String) : [];
    const [first = ''] = codes;
    return {
      right: () => first,
      wrong: () => '0000-0000-0000-0000',
      secrets: codes.flatMap((code) => [code, code.replaceAll('-', '')]),
    };
  },
  malformed: {
    ...notDigits,
    'a number': 1_234_567_890_123_456,
    'one character too few': '0000-0000-0000-000',
    'one character too many': '0000-0000-0000-0000-0',
    'a line break at the end': '0000-0000-0000-0000\n',
    'a tab': '0000\t0000-0000-0000',
    'a full stop': '0000.0000.0000.0000',
    'a letter that is in no code': '0000-0000-0000-000u',
    'full-width letters': '００００-0000-0000-0000',
  },
};

/** Reads the code in a message. */
const withSentCode = (destinationOf: (name: string) => string): Owner => ({
  once: true,
  input: (name) => ({ destination: destinationOf(name) }),
  hold(_name, { code = '' }) {
    return { right: () => code, wrong: () => String((Number(code) + 1) % 1_000_000).padStart(6, '0'), secrets: [code] };
  },
  malformed: { ...notDigits, 'a number below zero': -1, 'a fraction': 1.5, 'a number of nine digits': 123_456_789 },
});

const sms = withSentCode((name) => `+1408555${String(name.length).padStart(4, '0')}`);
const email = withSentCode((name) => `${name}@example.com`);

const backup: Owner = {
  once: true,
  input: () => ({}),
  hold(_name, { shown }) {
    const code = String(shown.code);
    return { right: () => code, wrong: () => '0123456789AB', secrets: [code] };
  },
  malformed: {
    ...notDigits,
    'a number': 123_456_789_012,
    'one character too few': '0123456789A',
    'one character too many': '0123456789ABC',
    'a letter that is in no code': '0123456789AG',
  },
};

/** Says yes at Duo, by the Web SDK, which needs no server of Duo's. */
const duo: Owner = {
  once: true,
  settings: webSettings,
  hold(_name, { prompted }) {
    const asked = prompted?.prompt;
    const request = asked?.shape === 'signedRequest' ? asked.request : '';
    const wrong = approve(request, ([user = '', ...rest]) => [`${user}y`, ...rest]);
    return { right: () => approve(request), wrong: () => wrong, secrets: [duoSecret, ownKey] };
  },
  malformed: { 'a number below zero': -1, 'a fraction': 1.5, 'a state without a code': { state: 'state' } },
  // What signs cannot be told by its form, and codes of other factors are wrong rather than malformed.
  takes: ['half a surrogate pair, many times'],
};

/** One for each factor: without an owner a new one does not compile. */
export const owners = { password, apikey, device, duo, totp, sms, email, recovery, backup } satisfies Record<
  Kind,
  Owner
>;
