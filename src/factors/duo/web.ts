import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { second } from '../../base/clock.ts';
import { success } from '../../base/outcome.ts';
import { sameText } from '../../base/seal.ts';
import {
  declined,
  isSuitable,
  type Duo,
  type DuoOutcome,
  type DuoQuestion,
  type DuoResponse,
  type Spent,
} from './protocol.ts';
import type { DuoSettings } from './settings.ts';

/**
 * Duo's Web SDK, version 2. A part is `PREFIX|base64(user|integration key|expiry)|HMAC-SHA1(key, PREFIX|base64)` in hexadecimal. The request
 * is a TX part for Duo and an APP part for ourselves; Duo's script trades TX for AUTH and brings `AUTH:APP` back. TX and AUTH are signed
 * with the secret key, which Duo knows, and APP with the application's, which it does not.
 */
type Part = { readonly user: string; readonly integrationKey: string; readonly expiry: number };

/** Longer than any that names a user of ours; a longer response is not read. */
export const longestResponse = 8192;

const webResponse = z.string().min(1).max(longestResponse);

/** The APP part of the request. A response that carries another one answers another question. */
export const webMemo = z.strictObject({ app: z.string() });

/** An empty key in its place would let anybody sign. */
const noOwnKey = declined('provider_refused', 'the provider has no application secret key');

/** Seconds, in the one right spelling, within the time that a clock can tell. */
const instant = /^[1-9][0-9]{0,10}$/;

export const duoWeb: Duo = {
  ask: (settings, user, { now }) => Promise.resolve(askAt(settings, user, Math.floor(now / second))),
  check: (settings, answered, { now }) => Promise.resolve(checkAt(settings, answered, Math.floor(now / second))),
  handleOf: (response) => partsOf(response)?.app,
};

/** `now` is in seconds since the Unix epoch here and below, as Duo counts. */
function askAt(settings: DuoSettings, user: string, now: number): DuoOutcome<DuoQuestion> {
  // A separator in the name would shift what comes after it, and make Alice out of `alice|…`.
  if (!isSuitable(user) || user.includes('|')) return declined('unsuitable_user', 'the name is empty or has a |');
  const { application_secret_key: ownKey } = settings;
  if (ownKey === undefined) return noOwnKey;
  const tx = sign('TX', settings.secret_key, { user, settings, expiry: now + settings.duo_expire });
  const app = sign('APP', ownKey, { user, settings, expiry: now + settings.app_expire });
  return success({
    prompt: { shape: 'signedRequest', request: `${tx}:${app}`, host: settings.api_hostname },
    memo: { app },
    handle: app,
  });
}

function checkAt(settings: DuoSettings, { user, memo, response }: DuoResponse, now: number): DuoOutcome<Spent> {
  const asked = webMemo.safeParse(memo);
  const came = partsOf(response);
  if (!asked.success) return declined('wrong', 'was asked in another way');
  if (!came) return declined('wrong', 'is no signed response');
  if (!sameText(came.app, asked.data.app)) return declined('wrong', 'answers another question');
  const { application_secret_key: ownKey } = settings;
  if (ownKey === undefined) return noOwnKey;
  const auth = open('AUTH', settings.secret_key, came.auth);
  const app = open('APP', ownKey, came.app);
  if (!auth || !app) return declined('wrong', 'is not signed by Duo and us');
  for (const part of [auth, app]) {
    if (part.integrationKey !== settings.integration_key) return declined('wrong', 'is for another integration');
    if (part.user !== user) return declined('wrong', 'is about another user');
    if (part.expiry <= now) return declined('wrong', 'has expired');
  }
  // Duo signs no challenge of ours, so the AUTH part alone must never be taken twice, whichever APP part comes with it.
  return success({ id: createHash('sha256').update(came.auth).digest('base64url'), until: auth.expiry * second });
}

function partsOf(response: unknown): { readonly auth: string; readonly app: string } | undefined {
  const read = webResponse.safeParse(response);
  const [auth, app, ...more] = read.success ? read.data.split(':') : [];
  return auth === undefined || app === undefined || more.length > 0 ? undefined : { auth, app };
}

type Content = { readonly user: string; readonly settings: DuoSettings; readonly expiry: number };

function sign(prefix: string, key: string, { user, settings, expiry }: Content): string {
  const text = `${prefix}|${Buffer.from(`${user}|${settings.integration_key}|${expiry}`).toString('base64')}`;
  return `${text}|${mac(key, text)}`;
}

/** What a part says, if it is a part of this kind that was signed with this key. */
function open(prefix: string, key: string, text: string): Part | undefined {
  const [kind, content, signature, ...more] = text.split('|');
  if (kind !== prefix || content === undefined || signature === undefined || more.length > 0) return undefined;
  if (!sameText(mac(key, `${kind}|${content}`), signature)) return undefined;
  const [user, integrationKey, expiry, ...rest] = decode(content)?.split('|') ?? [];
  if (user === undefined || integrationKey === undefined || rest.length > 0) return undefined;
  return expiry !== undefined && instant.test(expiry) ? { user, integrationKey, expiry: Number(expiry) } : undefined;
}

function mac(key: string, text: string): string {
  return createHmac('sha1', key).update(text).digest('hex');
}

/** The text in base64, if it is spelled in the one right way and is UTF-8: what is spent goes by its spelling. */
function decode(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
