import { createHmac } from 'node:crypto';
import type { Exchange } from '../../src/base/exchange.ts';
import type { DuoContext, DuoOutcome } from '../../src/factors/duo/protocol.ts';
import { duoSettings, type DuoSettings } from '../../src/factors/duo/settings.ts';
import { duoClient, duoSecret } from '../../kit/stand-ins/duo.ts';
import { seededRandom } from '../../kit/random.ts';
import { noon } from './help.ts';

export const ownKey = 'useacustomerprovidedapplicationsecretkey';

export const common = {
  integration_key: duoClient,
  secret_key: duoSecret,
  api_hostname: 'api-01234567.duosecurity.com',
};

export const webSettings: DuoSettings = duoSettings().parse({ ...common, application_secret_key: ownKey });

export const redirectUri = 'https://login.example.com/duo';

const random = seededRandom('duo');

const nobody: Exchange = () => Promise.reject(new Error('nothing was to be sent'));

export function duoContext({
  now = noon,
  exchange = nobody,
}: Partial<Pick<DuoContext, 'now' | 'exchange'>> = {}): DuoContext {
  return { now, random, redirectUri, exchange };
}

/** How an outcome ended, as a word and what the log is told. */
export function endOf(outcome: DuoOutcome<unknown>): string {
  return outcome.ok ? 'accepted' : `${outcome.reason}: ${outcome.detail}`;
}

/** Signs a part of Duo Web v2, right or not. */
export function partOf(prefix: string, key: string, content: string | Uint8Array): string {
  const text = `${prefix}|${Buffer.from(content).toString('base64')}`;
  return `${text}|${createHmac('sha1', key).update(text).digest('hex')}`;
}

/** What Duo and its script make of a request when the person says yes. */
export function approve(
  request: string | undefined,
  change: (fields: string[]) => string[] = (fields) => fields,
): string {
  const [tx = '', app = ''] = (request ?? '').split(':');
  const fields = Buffer.from(tx.split('|')[1] ?? '', 'base64')
    .toString()
    .split('|');
  return `${partOf('AUTH', duoSecret, change(fields).join('|'))}:${app}`;
}
