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

/** A two-letter country code (ISO 3166-1). */
export type Region = CountryCode;

export function isRegion(text: string): text is Region {
  return isSupportedCountry(text);
}

const international = /^\+[1-9][0-9]{6,14}$/;
const national = /^[0-9]{7,15}$/;

/**
 * Reads a phone number as E.164: `+` and digits, or 7 to 15 digits as dialed in the region. Other text is rejected,
 * because libphonenumber would also find numbers in a sentence.
 */
export function readPhoneNumber(
  text: string,
  region: Region,
  countries: Countries = {},
): Outcome<string, 'invalid_destination' | 'not_allowed'> {
  if (!international.test(text) && !national.test(text)) return refuse('invalid_destination');
  const number = parsePhoneNumberFromString(text, region);
  if (!number?.isPossible() || !international.test(number.number)) return refuse('invalid_destination');
  // libphonenumber drops an extra zero. A number of zeros loses one more at each reading, so it is rejected.
  if (parsePhoneNumberFromString(number.number)?.number !== number.number) return refuse('invalid_destination');
  return isAllowed(number, countries) ? success(number.number) : refuse('not_allowed');
}

/** Whether messages may be sent to a number in E.164. */
export function mayReach(number: string, countries: Countries): boolean {
  const parsed = parsePhoneNumberFromString(number);
  return parsed !== undefined && isAllowed(parsed, countries);
}

/** Kinds of premium-rate numbers, which earn money for their owner (attack A13.1). */
const premiumRate: readonly unknown[] = ['PREMIUM_RATE', 'SHARED_COST'];

/**
 * The country comes from the whole number: +1 is the United States and some twenty islands. An unassigned number has no
 * country. It is allowed if there are no lists, because plans change and a gateway knows better.
 */
function isAllowed(number: PhoneNumber, { allowed, denied }: Countries): boolean {
  const { country } = number;
  // Satellite and other networks without a country cost many times more.
  if (number.isNonGeographic() || premiumRate.includes(number.getType())) return false;
  if (country === undefined) return allowed === undefined && denied === undefined;
  return denied?.includes(country) !== true && (allowed === undefined || allowed.includes(country));
}

const longestAddress = 254;
const longestLocalPart = 64;
/**
 * An unquoted local part (RFC 5321 section 4.1.2), without characters that old mail servers read as routes and
 * commands.
 */
const localPart = /^[A-Za-z0-9#$&'*+=?^_{}~-]+(?:\.[A-Za-z0-9#$&'*+=?^_{}~-]+)*$/;
/** Two labels or more. The last one is not a number. */
const asciiDomain = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** ASCII characters that no domain contains. The URL parser would decode some of them. */
// oxlint-disable-next-line no-control-regex -- it looks for control characters
const notInDomain = /[\u0000-,/:-@[-`{-\u007f]/;

/**
 * Reads an e-mail address in its stored form. Compatibility characters are resolved first, because other software reads
 * `＠` as an `@` (attack A13.7). The local part keeps its case; the domain is in ASCII.
 */
export function readEmailAddress(text: string): Outcome<string, 'invalid_destination'> {
  if (!isPlainText(text)) return refuse('invalid_destination');
  const [local = '', domain = '', ...more] = text.normalize('NFKC').split('@');
  if (more.length > 0 || local.length > longestLocalPart || !localPart.test(local))
    return refuse('invalid_destination');
  const ascii = notInDomain.test(domain) ? '' : domainToASCII(domain);
  const address = `${local}@${ascii}`;
  return asciiDomain.test(ascii) && address.length <= longestAddress ? success(address) : refuse('invalid_destination');
}

/** Whether a destination is in the form that the functions above return. */
export function isDestination(channel: Channel, to: string): boolean {
  if (channel === 'sms') return international.test(to);
  const read = readEmailAddress(to);
  return read.ok && read.value === to;
}
