import { second } from '../base/clock.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import { duoSettings, type DuoSettings } from '../factors/duo-settings.ts';
import { duoOf, type DuoHelp, type DuoOutcome, type Spent } from '../factors/duo.ts';
import type { Prompt } from '../store/prompts.ts';
import { findProvider, type Provider } from '../store/providers.ts';
import type { Context, RequestContext } from './context.ts';
import type { Reason } from './reasons.ts';

/** A provider that judges people itself, in working order: nobody enrols for it here, and only its word counts. */
export type Prompter = { readonly provider: Provider; readonly settings: DuoSettings };

/** The one kind of them that there is. */
export const promptKind = 'duo';

export const isPrompter = ({ providerName }: Provider) => providerName === promptKind;

/** Reads the settings again, for what the operator allows may have changed since they were written. */
export function readPrompter({ duo }: Context, provider: Provider): Outcome<Prompter, Reason> {
  const settings = duoSettings(duo.hosts).safeParse(provider.settings);
  return settings.success ? success({ provider, settings: settings.data }) : refuse('provider_misconfigured');
}

/** Puts the question. May take as long as the provider is waited for. */
export async function askPrompter(
  ctx: RequestContext,
  { provider, settings }: Prompter,
  user: string,
): Promise<DuoOutcome<PutPrompt>> {
  const asked = await duoOf(settings).ask(settings, user, helpFor(ctx, settings));
  if (!asked.ok) return asked;
  const { accountId, id, providerName: kind } = provider;
  const { ask, memo, handle } = asked.value;
  return success({
    prompt: { provider: { accountId, id }, ask, memo, handle },
    life: settings.app_expire * second,
    shown: { kind, ask },
  });
}

export type PutPrompt = {
  /** What the challenge keeps of it. */
  readonly prompt: Omit<Prompt, 'token'>;
  /** Milliseconds. */
  readonly life: number;
  readonly shown: ShownPrompt;
};

/** What the person's client has to do where a provider judges them itself: its kind, and what it needs to know. */
export type ShownPrompt = { readonly kind: string; readonly ask: Readonly<Record<string, string>> };

/** What the prompt that a reply answers is known by, if the reply has that form. */
export function handleOf({ settings }: Prompter, reply: unknown): string | undefined {
  return duoOf(settings).handleOf(reply);
}

/** Judges a reply by the provider as it is now: one that was disabled or changed since it was asked vouches for nobody. */
export async function judgePrompted(
  ctx: RequestContext,
  { provider: place, memo }: Prompt,
  { user, reply }: { readonly user: string; readonly reply: unknown },
): Promise<Outcome<Spent, Reason>> {
  const provider = await findProvider(ctx.store, place);
  if (!provider) return refuse('no_provider');
  if (!provider.enabled) return refuse('provider_disabled');
  const prompter = readPrompter(ctx, provider);
  if (!prompter.ok) return prompter;
  const { settings } = prompter.value;
  return duoOf(settings).check(settings, user, memo, reply, helpFor(ctx, settings));
}

function helpFor({ now, duo, random }: RequestContext, settings: DuoSettings): DuoHelp {
  return { now, random, exchange: duo.exchange, redirectUri: settings.redirect_uri ?? duo.redirectUri };
}
