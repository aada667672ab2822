import { isDeepStrictEqual } from 'node:util';
import { SetupError } from '../../base/fault.ts';
import { readKeyFile, writeKeyFile } from '../../base/key-file.ts';
import { activeKey, keyKinds, makeKeyRing, type AnyKey, type KeyKind, type KeyRing } from '../../base/keys.ts';
import type { LiveRing } from '../../base/live-ring.ts';
import type { Random } from '../../base/random.ts';
import { ringAt } from '../../base/rotation.ts';
import { createSafe } from '../../base/seal.ts';
import { checkKeyRing, isFresh } from '../../store/meta.ts';
import type { Database } from '../../store/store.ts';
import { createAccessTokens } from '../access-token.ts';
import type { Context } from '../context.ts';

/** The key ring of this start. With SQLite and a database in which nothing was ever sealed it is made. */
export async function loadKeyRing(keysFile: string, database: Database, random: Random): Promise<KeyRing> {
  const ring = readKeyFile(keysFile);
  if (ring) return ring;
  if (database.flavour === 'postgres') {
    throw new SetupError(
      `there is no keys file ${keysFile}: with PostgreSQL every node needs the same one; make it with: countersign keys make`,
    );
  }
  if (!(await isFresh(database.db))) {
    // Another process may have made both since we looked.
    const made = readKeyFile(keysFile);
    if (made) return made;
    throw new SetupError(
      `the keys file ${keysFile} is missing, and the database was written with it: restore it from a backup`,
    );
  }
  return writeKeyFile(keysFile, makeKeyRing(random), random);
}

type House = Pick<Context, 'store' | 'clock' | 'random' | 'log'>;

type Followed = {
  readonly ring: LiveRing;
  readonly keysFile: string;
  /** What the file held when the ring was made of it. */
  readonly loaded: KeyRing;
  readonly url: string;
};

/**
 * Looks at the ring's file again whenever it is called, and takes what it holds in the place of the ring. What is no ring, is another house's or
 * lacks a key that makes values here now is not taken: the house goes on with what it has and says so, once for each complaint.
 */
export function createReread(context: House, { ring, keysFile, loaded, url }: Followed): () => Promise<void> {
  const { log } = context;
  let taken = loaded;
  let complained = '';
  return async () => {
    try {
      const read = readKeyFile(keysFile);
      if (!read) throw new SetupError(`the keys file ${keysFile} is gone`);
      if (!isDeepStrictEqual(read, taken)) {
        await assertUsable(context, { read, present: ring.current(), url });
        ring.replace(read);
        taken = read;
        log.info({ keys: statesOf(ring.current()) }, 'the key ring was read again');
      }
      complained = '';
    } catch (error) {
      const complaint = error instanceof Error ? error.message : '';
      if (complaint !== complained) log.error({ err: error }, 'the key ring stays as it was');
      complained = complaint;
    }
  };
}

type Rereading = { readonly read: KeyRing; readonly present: KeyRing; readonly url: string };

async function assertUsable({ store, clock, random }: House, { read, present, url }: Rereading) {
  for (const kind of keyKinds) {
    const { id } = activeKey<AnyKey>(present[kind]);
    if (!isDeepStrictEqual(secretOf(read, kind, id), secretOf(present, kind, id)))
      throw new SetupError(`the keys file lacks the ${kind} key ${id}, which is in use: give the file that has it`);
  }
  const ring = ringAt(read, clock.now());
  await checkKeyRing({ db: store.db, safe: createSafe(ring, random) });
  await createAccessTokens(ring, url);
}

function secretOf(ring: KeyRing, kind: KeyKind, id: string): unknown {
  if (kind === 'signing') return ring.signing.find((key) => key.id === id)?.jwk;
  return ring[kind].find((key) => key.id === id)?.secret;
}

/** What may be said of a ring: each key's id and state. */
const statesOf = (ring: KeyRing) =>
  Object.fromEntries(keyKinds.map((kind) => [kind, ring[kind].map(({ id, state }) => `${id} ${state}`)]));
