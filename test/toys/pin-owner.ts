import type { Owner } from '../contracts/factor.ts';

const chosen = (name: string) => String(Buffer.from(name).readUIntBE(0, 3)).padStart(8, '0');

/** Remembers a PIN. */
export const pin: Owner = {
  once: false,
  input: (name) => ({ pin: chosen(name) }),
  hold: (name) => ({ right: () => chosen(name), wrong: () => `${chosen(name)}0`, secrets: [chosen(name)] }),
  malformed: {
    nothing: '',
    'a number': 123_456,
    'too few digits': '123',
    'too many digits': '1234567890123',
    letters: '123a',
    'a line break at the end': '1234\n',
    'full-width digits': '１２３４',
  },
};
