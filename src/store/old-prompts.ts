import { z } from 'zod';
import type { Safe } from '../base/seal.ts';
import type { Prompt as Shown } from '../factors/factor.ts';
import { hashHandle, type KeptPrompt } from './prompts.ts';

/*
 * For upgrades node by node, until the next version: nodes of version 0.1.0 know Duo's prompts from `challenges.prompt` and `handle` alone, and
 * without them would take a recovery code as the response. So they are still kept there, and not in `prompts`.
 */

/** Only providers that verify by themselves were prompted then. */
export const isInOldColumns = ({ provider, handle }: KeptPrompt) => provider !== null && handle !== undefined;

/** As the last version wrote and reads it: `ask` in the words of its dialects, and the challenge's own token. */
const kept = z.strictObject({
  provider: z.strictObject({ accountId: z.string().nullable(), id: z.string() }),
  ask: z.record(z.string(), z.string()),
  memo: z.unknown(),
  handle: z.string(),
  token: z.string(),
});

type Place = { readonly id: string; readonly userId: string };

export const oldPromptPlace = ({ id, userId }: Place) => `challenges.prompt.${id}.${userId}`;

export function oldColumnsOf(
  safe: Safe,
  challenge: Place & { readonly prompts: readonly KeptPrompt[] },
  token: string,
) {
  const { provider, shown, memo, handle } = challenge.prompts.find(isInOldColumns) ?? {};
  if (!shown || handle === undefined) return { prompt: null, handle: null };
  const old = { provider, ask: askOf(shown), memo, handle, token };
  return { prompt: safe.seal(oldPromptPlace(challenge), JSON.stringify(old)), handle: hashHandle(safe, handle) };
}

export function openOldPrompt(safe: Safe, challenge: Place, sealed: string, expiresAt: number): KeptPrompt {
  const { provider, ask, memo, handle } = kept.parse(JSON.parse(safe.open(oldPromptPlace(challenge), sealed)));
  return { kind: 'duo', provider, shown: shownOf(ask), memo, handle, expiresAt };
}

function askOf(shown: Shown): Readonly<Record<string, string>> {
  if (shown.shape === 'signedRequest') return { duo_sig_request: shown.request, duo_api_hostname: shown.host };
  return shown.shape === 'redirect' ? { duo_auth_url: shown.url, state: shown.state } : {};
}

function shownOf({ duo_sig_request: request, duo_api_hostname, duo_auth_url, state }: Record<string, string>): Shown {
  if (request !== undefined) return { shape: 'signedRequest', request, host: duo_api_hostname ?? '' };
  return { shape: 'redirect', url: duo_auth_url ?? '', state: state ?? '' };
}
