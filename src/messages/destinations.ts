import { domainToASCII } from 'node:url';
import {
  isSupportedCountry,
  parsePhoneNumberFromString,
  type CountryCode,
  type PhoneNumber,
} from 'libphonenumber-js/max';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { isPlainText } from '../base/text.ts';
import type { Countries } from '../factors/factor.ts';
import type { Channel } from './message.ts';

/** A country by its two letters (ISO 3166-1). */
export type Region = CountryCode;

export function isRegion(text: string): text is Region {
  return isSupportedCountry(text);
}

const international = /^\+[1-9][0-9]{6,14}$/;
const national = /^[0-9]{7,15}$/;

/**
 * A phone number as E.164: `+` and digits, or 7 to 15 digits as one dials them in the region. Nothing else passes, though
 * libphonenumber would find numbers in a sentence: one person's input is one number, spelled one way.
 */
export function readPhoneNumber(
  text: string,
  region: Region,
  countries: Countries = {},
): Outcome<string, 'invalid_destination' | 'not_allowed'> {
  if (!international.test(text) && !national.test(text)) return refuse('invalid_destination');
  const number = parsePhoneNumberFromString(text, region);
  if (!number?.isPossible() || !international.test(number.number)) return refuse('invalid_destination');
  // A zero too many is dropped from what people type; where zeros are all there is, every reading drops one more.
  if (parsePhoneNumberFromString(number.number)?.number !== number.number) return refuse('invalid_destination');
  return isAllowed(number, countries) ? success(number.number) : refuse('not_allowed');
}

/** Whether a number in E.164 is one that may be sent to. */
export function mayReach(number: string, countries: Countries): boolean {
  const parsed = parsePhoneNumberFromString(number);
  return parsed !== undefined && isAllowed(parsed, countries);
}

/** Numbers that earn money for whoever is called (attack A13.1). */
const costly: readonly unknown[] = ['PREMIUM_RATE', 'SHARED_COST'];

/**
 * Countries are told by the number, not by its first digits: +1 is the United States and some twenty islands. A number of a block that
 * nobody was given has none; it passes where no country is allowed or denied, for plans change and a gateway knows better.
 */
function isAllowed(number: PhoneNumber, { allowed, denied }: Countries): boolean {
  const { country } = number;
  // Satellites and the other networks of no country cost many times more.
  if (number.isNonGeographic() || costly.includes(number.getType())) return false;
  if (country === undefined) return allowed === undefined && denied === undefined;
  return denied?.includes(country) !== true && (allowed === undefined || allowed.includes(country));
}

const longestAddress = 254;
const longestLocalPart = 64;
/** An unquoted local part (RFC 5321 section 4.1.2) without the characters that old mail servers read as routes and commands. */
const localPart = /^[A-Za-z0-9#$&'*+=?^_{}~-]+(?:\.[A-Za-z0-9#$&'*+=?^_{}~-]+)*$/;
/** Two labels or more, the last no number. */
const asciiDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Everything in ASCII that stands in no domain; the parser of URLs would decode some of it. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const noDomain = /[\u0000-,/:-@[-`{-\u007f]/;

/**
 * An e-mail address in the form in which it is kept. Compatibility characters are resolved before anything is looked at: `＠` is an
 * `@` for somebody further on, so it is one for us (attack A13.7). The local part keeps its case; the domain is in ASCII.
 */
export function readEmailAddress(text: string): Outcome<string, 'invalid_destination'> {
  if (!isPlainText(text)) return refuse('invalid_destination');
  const [local = '', domain = '', ...more] = text.normalize('NFKC').split('@');
  if (more.length > 0 || local.length > longestLocalPart || !localPart.test(local))
    return refuse('invalid_destination');
  const ascii = noDomain.test(domain) ? '' : domainToASCII(domain);
  const address = `${local}@${ascii}`;
  return asciiDomain.test(ascii) && address.length <= longestAddress ? success(address) : refuse('invalid_destination');
}

/** Whether a destination is in the form in which the readers above give them. */
export function isDestination(channel: Channel, to: string): boolean {
  if (channel === 'sms') return international.test(to);
  const read = readEmailAddress(to);
  return read.ok && read.value === to;
}

/** Enough of a destination for its owner to know it, and too little for anybody else. */
export function hint(channel: Channel, to: string): string {
  return channel === 'sms' ? `•••${to.slice(-2)}` : `${to.slice(0, 1)}•••${to.slice(to.lastIndexOf('@'))}`;
}
