/** A server in which a value stands in every column that names keys, and the same server after its keys have rotated. */
import { hour } from '../../../src/base/clock.ts';
import { makeKeyRing, type KeyRing } from '../../../src/base/keys.ts';
import { ringAt, withNextKeys } from '../../../src/base/rotation.ts';
import { timeOrderedHex, uuid } from '../../../src/base/random.ts';
import { confirm } from '../../../src/engine/enrollment/confirm.ts';
import { enroll } from '../../../src/engine/enrollment/enroll.ts';
import { addClient } from '../../../src/engine/operator/manage-clients.ts';
import { insertChallenge } from '../../../src/store/challenges.ts';
import { checkKeyRing } from '../../../src/store/meta.ts';
import { insertProvider } from '../../../src/store/providers.ts';
import { insertRefreshToken } from '../../../src/store/refresh-tokens.ts';
import type { TestDatabase } from '../../../kit/databases.ts';
import { unwrap, startEngine, type Enrolled, type TestEngine, type Person } from '../../../kit/test-engine.ts';
import { seededRandom } from '../../../kit/random.ts';

export type KeyScene = {
  readonly engine: TestEngine & AsyncDisposable;
  readonly ring: KeyRing;
  readonly person: Person & Enrolled;
  readonly apikey: string;
};

export async function keyScene(database: TestDatabase): Promise<KeyScene> {
  const ring = makeKeyRing(seededRandom('scene'));
  const engine = await startEngine(database, { ring });
  const { ctx, clock } = engine;
  const now = clock.now();
  await checkKeyRing(ctx.store);
  const person = await engine.addProtected('ada', { phone: '+12025550123', email: 'ada@example.com' });
  const made = unwrap(await enroll(ctx, person.caller, { kind: 'apikey', label: null, input: {} }));
  await enrolSms(engine, person);
  await engine.logIn('nobody', 'a guess at nobody');
  unwrap(await addClient(ctx, { name: 'app', grantTypes: ['password'], scope: '', isPublic: false }));
  const settings = { secret_key: 'a secret of a provider' };
  const provider = { id: timeOrderedHex(ctx.random, now), accountId: null, providerName: 'duo', name: null };
  await insertProvider(ctx.store, { ...provider, enabled: true, settings }, now);
  await askDuo(engine, person, provider.id);
  const token = { sessionId: person.caller.id, scope: '', createdAt: now, expiresAt: now + hour, usedAt: null };
  await insertRefreshToken(ctx.store, { id: uuid(ctx.random, now), ...token, proven: null }, 'a refresh token');
  return { engine, ring, person, apikey: String(made.offer.secret) };
}

async function enrolSms({ ctx, sent }: TestEngine, { caller }: Person): Promise<void> {
  const given = { kind: 'sms', label: null, input: { destination: '+12025550123' } } as const;
  const { authenticator } = unwrap(await enroll(ctx, caller, given));
  const response = sent.findLast(({ channel }) => channel === 'sms')?.code;
  unwrap(await confirm(ctx, caller, { authenticatorId: authenticator.id, response }));
}

async function askDuo({ ctx, clock }: TestEngine, { user }: Person, id: string): Promise<void> {
  const [createdAt, expiresAt] = [clock.now(), clock.now() + hour];
  const origins = { authConfigOrigin: null, mfaConfigOrigin: null };
  const asked = { userId: user.id, authModule: 'password', amr: ['pwd'], epoch: 0, createdAt, expiresAt, kinds: null };
  const prompt = {
    kind: 'duo',
    provider: { accountId: null, id },
    shown: { shape: 'redirect' as const, url: 'https://duo.example', state: 'a handle' },
    memo: 'a memo',
    handle: 'a handle',
    expiresAt,
  };
  const other = { ...prompt, kind: 'key', provider: null, handle: 'another handle' };
  const own = { id: uuid(ctx.random, createdAt), prompts: [prompt, other], enrolls: null };
  await insertChallenge(ctx.store, { kind: 'login', ...own, ...asked, ...origins }, 'a prompt token');
}

/** The ring after a rotation that is over. */
export function rotated(ring: KeyRing, now: number): KeyRing {
  return ringAt(withNextKeys(ring, ['sealing', 'mac', 'signing'], now - 1, seededRandom('rotated')), now);
}
