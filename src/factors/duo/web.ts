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
  type DuoPrompt,
  type DuoResponse,
  type Spent,
} from './protocol.ts';
import type { DuoSettings } from './settings.ts';

/**
 * Duo's Web SDK, version 2. A part is `PREFIX|base64(user|integration key|expiry)|hex(HMAC-SHA1(key, PREFIX|base64))`.
 * The request is `TX:APP`. Duo's script exchanges TX for AUTH and returns `AUTH:APP`. The secret key, which Duo knows,
 * signs TX and AUTH; the application's key, which Duo does not know, signs APP.
 */
type Part = { readonly user: string; readonly integrationKey: string; readonly expiry: number };

/** Every response about one of our users is shorter. A longer one is not parsed. */
export const longestResponse = 8192;

const webResponse = z.string().min(1).max(longestResponse);

/** The APP part of the request. A response with another APP part answers another prompt. */
export const webMemo = z.strictObject({ app: z.string() });

/** An empty key in its place would let anyone sign. */
const noOwnKey = declined('provider_refused', 'the provider has no application secret key');

/** Seconds since the Unix epoch in the only accepted spelling, within the range of dates. */
const instant = /^[1-9][0-9]{0,10}$/;

export const duoWeb: Duo = {
  ask: (settings, user, { now }) => Promise.resolve(askAt(settings, user, Math.floor(now / second))),
  check: (settings, answered, { now }) => Promise.resolve(checkAt(settings, answered, Math.floor(now / second))),
  handleOf: (response) => partsOf(response)?.app,
};

/** Here and below, `now` is in seconds since the Unix epoch, as in Duo's parts. */
function askAt(settings: DuoSettings, user: string, now: number): DuoOutcome<DuoPrompt> {
  // A `|` in the name would shift the fields after it, so that `alice|…` would be read as `alice`.
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
  const stored = webMemo.safeParse(memo);
  const parsed = partsOf(response);
  if (!stored.success) return declined('wrong', 'answers a prompt of the Universal Prompt');
  if (!parsed) return declined('wrong', 'is not a signed response');
  if (!sameText(parsed.app, stored.data.app)) return declined('wrong', 'answers another prompt');
  const { application_secret_key: ownKey } = settings;
  if (ownKey === undefined) return noOwnKey;
  const auth = open('AUTH', settings.secret_key, parsed.auth);
  const app = open('APP', ownKey, parsed.app);
  if (!auth || !app) return declined('wrong', 'does not have the signatures of Duo and Countersign');
  for (const part of [auth, app]) {
    if (part.integrationKey !== settings.integration_key) return declined('wrong', 'is for another integration');
    if (part.user !== user) return declined('wrong', 'is about another user');
    if (part.expiry <= now) return declined('wrong', 'has expired');
  }
  // Duo signs no challenge of ours, so an AUTH part must never be accepted twice, whichever APP part comes with it.
  return success({ id: createHash('sha256').update(parsed.auth).digest('base64url'), until: auth.expiry * second });
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

/** The content of a part, if it is of this kind and signed with this key. */
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

/** Decodes base64 of UTF-8 in its canonical spelling only, because a spent response is identified by its spelling. */
function decode(base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('base64') !== base64) return undefined;
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}
