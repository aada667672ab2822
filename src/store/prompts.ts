import { z } from 'zod';
import { isMembers } from '../base/merge-patch.ts';
import type { Safe } from '../base/seal.ts';
import type { Prompt as Shown } from '../factors/factor.ts';
import type { ProviderPlace } from './providers.ts';
import type { Store } from './store.ts';

/** What a challenge keeps of one prompt until the response comes. */
export type KeptPrompt = {
  readonly kind: string;
  /** The configuration that it was put by, where the factor has no authenticators. */
  readonly provider: ProviderPlace | null;
  /** To be shown again. */
  readonly shown: Shown;
  /** The factor parses it. */
  readonly memo?: unknown;
  /** What a response names it by. */
  readonly handle?: string | undefined;
  readonly expiresAt: number;
};

/** A memo is a note, not a store: this much as JSON. */
const longestMemo = 4096;

export async function insertPrompt({ db, safe }: Store, challengeId: string, prompt: KeptPrompt): Promise<void> {
  const { kind, provider, shown, memo, handle } = prompt;
  if ((JSON.stringify(memo) ?? '').length > longestMemo) throw new Error(`the memo of ${kind} is too long`);
  await db
    .insertInto('prompts')
    .values({
      challenge_id: challengeId,
      kind,
      provider_account_id: provider?.accountId ?? null,
      provider_id: provider?.id ?? null,
      memo: safe.seal(memoPlace({ challengeId, kind }), JSON.stringify({ shown, memo, handle })),
      handle: handle === undefined ? null : hashHandle(safe, handle),
      expires_at: prompt.expiresAt,
    })
    .execute();
}

/** A sealed memo opens for its own challenge and kind only. */
export const memoPlace = ({ challengeId, kind }: { readonly challengeId: string; readonly kind: string }) =>
  `prompts.memo.${challengeId}.${kind}`;

const kept = z.strictObject({
  shown: z.custom<Shown>((shown) => isMembers(shown) && typeof shown['shape'] === 'string'),
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

export function openPrompt(safe: Safe, challengeId: string, row: PromptRow): KeptPrompt {
  const { kind, provider_account_id: accountId, provider_id: id, expires_at: expiresAt } = row;
  const opened = kept.parse(JSON.parse(safe.open(memoPlace({ challengeId, kind }), row.memo)));
  return { kind, provider: id === null ? null : { accountId, id }, ...opened, expiresAt };
}

const handleContext = 'challenge.handle';

/** What a handle is found by. */
export const hashHandle = (safe: Safe, handle: string): string => safe.mac(handleContext, handle);

/** The same by every key that may have made it. */
export const handleHashes = (safe: Safe, handle: string): readonly string[] => safe.macs(handleContext, handle);
