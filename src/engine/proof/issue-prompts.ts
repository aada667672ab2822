import { minute } from '../../base/clock.ts';
import { success, type Outcome } from '../../base/outcome.ts';
import type { FactorContext, Held, Prompt } from '../../factors/factor.ts';
import { factorOf } from '../../factors/registry.ts';
import type { Authenticator } from '../../store/authenticators.ts';
import type { StoredPrompt } from '../../store/prompts.ts';
import type { ProviderPlace } from '../../store/providers.ts';
import type { User } from '../../store/users.ts';
import { factorContext, type RequestContext } from '../context.ts';
import type { Reason } from '../reasons.ts';
import type { Verifier } from '../policy/required-provider.ts';
import { userAtProvider } from './user-at-provider.ts';
import { settingsInForce } from '../policy/settings-in-force.ts';

/** How long a challenge is open, in milliseconds, unless its prompts set another time. */
export const challengeLife = 3 * minute;

/** A prompt as the user's client shows it. */
export type ShownPrompt = { readonly kind: string; readonly prompt: Prompt };

export type IssuedPrompt = {
  readonly shown: ShownPrompt;
  /** The prompts that the challenge stores; empty if the response can be verified without them. */
  readonly stored: readonly Omit<StoredPrompt, 'expiresAt'>[];
  /** Milliseconds. */
  readonly life: number;
};

export type PromptPurpose = Pick<FactorContext, 'binding'> & { readonly user: Pick<User, 'id' | 'name' | 'accountId'> };

type PromptInput = PromptPurpose & {
  readonly kind: string;
  readonly candidates: readonly Held[];
  readonly settings: unknown;
  readonly provider: ProviderPlace | null;
};

/** Issues the prompt of one factor. Do not call it in a transaction, because it may wait for a provider. */
async function issuePrompt(ctx: RequestContext, input: PromptInput): Promise<Outcome<IssuedPrompt, Reason>> {
  const { kind, candidates, settings, provider, binding, user } = input;
  const { prompt } = factorOf(kind);
  if (!prompt) throw new Error(`the factor ${kind} has no prompt`);
  const { id, name } = user;
  const subject = provider ? await userAtProvider(ctx.store, user, provider) : { id, name };
  const prompted = await prompt({ settings, candidates }, factorContext(ctx, { binding, user: subject }));
  if (!prompted.ok) return prompted;
  const { prompt: shown, memo, handle, life = challengeLife } = prompted.value;
  const place = provider && { accountId: provider.accountId, id: provider.id };
  const isStored = memo !== undefined || handle !== undefined;
  const stored = isStored ? [{ kind, provider: place, shown, ...(memo !== undefined && { memo }), handle }] : [];
  return success({ shown: { kind, prompt: shown }, stored, life });
}

/** Issues the prompt of an external provider. */
export function promptProvider(
  ctx: RequestContext,
  about: PromptPurpose,
  { provider, settings }: Verifier,
): Promise<Outcome<IssuedPrompt, Reason>> {
  const candidates = [{ id: provider.id, state: null }];
  return issuePrompt(ctx, { ...about, kind: provider.providerName, candidates, settings, provider });
}

/**
 * Issues the prompts of a user's authenticators, except for codes that are sent on request. A factor that cannot be
 * prompted now is left out, and the others may answer.
 */
export async function issuePrompts(
  ctx: RequestContext,
  { anyOf, ...about }: PromptPurpose & { readonly anyOf: readonly Authenticator[] },
): Promise<readonly IssuedPrompt[]> {
  const issued: IssuedPrompt[] = [];
  for (const [kind, candidates] of Map.groupBy(anyOf, (one) => one.kind)) {
    const { prompt, traits } = factorOf(kind);
    if (!prompt || traits.sends) continue;
    const settings = await settingsInForce(ctx, { kind, accountId: about.user.accountId });
    if (!settings.ok) continue;
    const one = await issuePrompt(ctx, { ...about, kind, candidates, settings: settings.value, provider: null });
    if (one.ok) issued.push(one.value);
  }
  return issued;
}

/** The prompts that a challenge stores, and when it expires. */
export function promptsToStore(issued: readonly IssuedPrompt[], now: number) {
  const expiresAt = now + (issued.length === 0 ? challengeLife : Math.max(...issued.map(({ life }) => life)));
  return {
    expiresAt,
    prompts: issued.flatMap(({ stored, life }) => stored.map((one) => ({ ...one, expiresAt: now + life }))),
  };
}
