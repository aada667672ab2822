import { z } from 'zod';
import { isMembers } from '../base/merge-patch.ts';
import type { Safe } from '../base/seal.ts';
import type { Prompt } from '../factors/factor.ts';
import type { ProviderPlace } from './providers.ts';
import type { Store } from './store.ts';

/** A prompt as a challenge stores it until the response comes. */
export type StoredPrompt = {
  readonly kind: string;
  /** The provider that issued it, for factors without authenticators. */
  readonly provider: ProviderPlace | null;
  /** The data that the user's client shows. It is stored so that it can be shown again. */
  readonly shown: Prompt;
  /** The data that verifies the response. The factor parses it. */
  readonly memo?: unknown;
  /** Identifies the prompt in a response that comes without a challenge token. */
  readonly handle?: string | undefined;
  readonly expiresAt: number;
};

/** Characters of JSON. The limit keeps a factor from storing large data in a challenge. */
const maxMemoLength = 4096;

export async function insertPrompt({ db, safe }: Store, challengeId: string, prompt: StoredPrompt): Promise<void> {
  await db
    .insertInto('prompts')
    .values(rowOf(safe, challengeId, prompt))
    .execute();
}

function rowOf(safe: Safe, challengeId: string, { kind, provider, shown, memo, handle, expiresAt }: StoredPrompt) {
  if ((JSON.stringify(memo) ?? '').length > maxMemoLength)
    throw new Error(`the memo of the factor ${kind} is longer than ${maxMemoLength} characters`);
  return {
    challenge_id: challengeId,
    kind,
    provider_account_id: provider?.accountId ?? null,
    provider_id: provider?.id ?? null,
    memo: safe.seal(memoPlace({ challengeId, kind }), JSON.stringify({ shown, memo, handle })),
    handle: handle === undefined ? null : hashHandle(safe, handle),
    expires_at: expiresAt,
  };
}

type PromptPlace = {
  readonly challengeId: string;
  /** The prompt that is replaced, if the challenge has one of the kind. */
  readonly before: StoredPrompt | undefined;
  readonly now: number;
};

/**
 * Stores a new prompt of an open challenge in place of the one before. False: the challenge has been closed, or another
 * request was first.
 */
export async function replacePrompt(
  { db, safe }: Store,
  { challengeId, before, now }: PromptPlace,
  prompt: StoredPrompt,
): Promise<boolean> {
  const row = rowOf(safe, challengeId, prompt);
  const result = await db
    .insertInto('prompts')
    .columns(['challenge_id', 'kind', 'memo', 'expires_at'])
    .expression(
      db
        .selectFrom('challenges')
        .select((one) => [
          'id',
          one.val(row.kind).as('kind'),
          one.val(row.memo).as('memo'),
          one.val(row.expires_at).as('expires_at'),
        ])
        .where('id', '=', challengeId)
        .where('closed_at', 'is', null)
        .where('expires_at', '>', now),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['challenge_id', 'kind'])
        .doUpdateSet({ memo: row.memo, expires_at: row.expires_at })
        .where('prompts.expires_at', '=', before?.expiresAt ?? -1),
    )
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Binds a sealed memo to its challenge and kind. */
export const memoPlace = ({ challengeId, kind }: { readonly challengeId: string; readonly kind: string }) =>
  `prompts.memo.${challengeId}.${kind}`;

const sealedContent = z.strictObject({
  shown: z.custom<Prompt>((shown) => isMembers(shown) && typeof shown['shape'] === 'string'),
  memo: z.unknown().optional(),
  handle: z.string().optional(),
});

export type PromptRow = {
  readonly kind: string;
  readonly provider_account_id: string | null;
  readonly provider_id: string | null;
  readonly memo: string;
  readonly expires_at: number;
};

export function openPrompt(safe: Safe, challengeId: string, row: PromptRow): StoredPrompt {
  const { kind, provider_account_id: accountId, provider_id: id, expires_at: expiresAt } = row;
  const opened = sealedContent.parse(JSON.parse(safe.open(memoPlace({ challengeId, kind }), row.memo)));
  return { kind, provider: id === null ? null : { accountId, id }, ...opened, expiresAt };
}

const handleContext = 'challenge.handle';

/** The keyed hash that a handle is stored as. */
export const hashHandle = (safe: Safe, handle: string): string => safe.mac(handleContext, handle);

/** The keyed hashes that a handle may be stored as: one for each key of the ring. */
export const handleHashes = (safe: Safe, handle: string): readonly string[] => safe.macs(handleContext, handle);
