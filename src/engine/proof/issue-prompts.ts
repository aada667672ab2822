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
import { settingsInForce } from '../policy/settings-in-force.ts';

/** How long a challenge is open, unless its prompts say otherwise. */
export const challengeLife = 3 * minute;

/** What the user's client is told to do. */
export type ShownPrompt = { readonly kind: string; readonly prompt: Prompt };

export type IssuedPrompt = {
  readonly shown: ShownPrompt;
  /** What the challenge keeps of it, if it has to remember anything. */
  readonly kept: readonly Omit<StoredPrompt, 'expiresAt'>[];
  /** Milliseconds. */
  readonly life: number;
};

export type PromptPurpose = Pick<FactorContext, 'binding'> & { readonly user: Pick<User, 'id' | 'name' | 'accountId'> };

type Asking = PromptPurpose & {
  readonly kind: string;
  readonly candidates: readonly Held[];
  readonly settings: unknown;
  readonly provider: ProviderPlace | null;
};

/** Puts the prompt of one factor. Never in a transaction: it may take as long as a provider is waited for. */
async function issuePrompt(ctx: RequestContext, asking: Asking): Promise<Outcome<IssuedPrompt, Reason>> {
  const { kind, candidates, settings, provider, binding, user } = asking;
  const { prompt } = factorOf(kind);
  if (!prompt) throw new Error(`${kind} asks for nothing`);
  const { id, name } = user;
  const prompted = await prompt({ settings, candidates }, factorContext(ctx, { binding, user: { id, name } }));
  if (!prompted.ok) return prompted;
  const { prompt: shown, memo, handle, life = challengeLife } = prompted.value;
  const place = provider && { accountId: provider.accountId, id: provider.id };
  const isKept = memo !== undefined || handle !== undefined;
  const kept = isKept ? [{ kind, provider: place, shown, ...(memo !== undefined && { memo }), handle }] : [];
  return success({ shown: { kind, prompt: shown }, kept, life });
}

/** What a provider asks that verifies by itself. */
export function promptProvider(
  ctx: RequestContext,
  about: PromptPurpose,
  { provider, settings }: Verifier,
): Promise<Outcome<IssuedPrompt, Reason>> {
  const candidates = [{ id: provider.id, state: null }];
  return issuePrompt(ctx, { ...about, kind: provider.providerName, candidates, settings, provider });
}

/**
 * The prompts of those of a user's authenticators that may answer, but for codes that are sent only where they are asked for. A factor that
 * cannot be prompted now is left out: the others answer.
 */
export async function issuePrompts(
  ctx: RequestContext,
  { anyOf, ...about }: PromptPurpose & { readonly anyOf: readonly Authenticator[] },
): Promise<readonly IssuedPrompt[]> {
  const put: IssuedPrompt[] = [];
  for (const [kind, candidates] of Map.groupBy(anyOf, (one) => one.kind)) {
    const { prompt, traits } = factorOf(kind);
    if (!prompt || traits.sends) continue;
    const settings = await settingsInForce(ctx, { kind, accountId: about.user.accountId });
    if (!settings.ok) continue;
    const asked = await issuePrompt(ctx, { ...about, kind, candidates, settings: settings.value, provider: null });
    if (asked.ok) put.push(asked.value);
  }
  return put;
}

/** What a challenge keeps of its prompts, and until when it is open. */
export function keeping(put: readonly IssuedPrompt[], now: number) {
  const expiresAt = now + (put.length === 0 ? challengeLife : Math.max(...put.map(({ life }) => life)));
  return {
    expiresAt,
    prompts: put.flatMap(({ kept, life }) => kept.map((one) => ({ ...one, expiresAt: now + life }))),
  };
}
