import { z } from 'zod';
import type { Safe } from '../base/seal.ts';
import type { Prompt } from '../factors/factor.ts';
import { hashHandle, type StoredPrompt } from './prompts.ts';

/*
 * For rolling upgrades: nodes of version 0.1.0 read Duo's prompts from the columns `challenges.prompt` and
 * `challenges.handle`, and would accept a recovery code instead if these were empty. So Duo's prompts are stored there,
 * and not in `prompts`, until the next version.
 */

/** Version 0.1.0 only prompted for providers that verify the user themselves. */
export const isInOldColumns = ({ provider, handle }: StoredPrompt) => provider !== null && handle !== undefined;

/** The format of version 0.1.0: `ask` has the member names of its HTTP API, and `token` is the challenge's token. */
const oldPrompt = z.strictObject({
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
  challenge: Place & { readonly prompts: readonly StoredPrompt[] },
  token: string,
) {
  const { provider, shown, memo, handle } = challenge.prompts.find(isInOldColumns) ?? {};
  if (!shown || handle === undefined) return { prompt: null, handle: null };
  const old = { provider, ask: askOf(shown), memo, handle, token };
  return { prompt: safe.seal(oldPromptPlace(challenge), JSON.stringify(old)), handle: hashHandle(safe, handle) };
}

export function openOldPrompt(safe: Safe, challenge: Place, sealed: string, expiresAt: number): StoredPrompt {
  const { provider, ask, memo, handle } = oldPrompt.parse(JSON.parse(safe.open(oldPromptPlace(challenge), sealed)));
  return { kind: 'duo', provider, shown: shownOf(ask), memo, handle, expiresAt };
}

function askOf(shown: Prompt): Readonly<Record<string, string>> {
  if (shown.shape === 'signedRequest') return { duo_sig_request: shown.request, duo_api_hostname: shown.host };
  return shown.shape === 'redirect' ? { duo_auth_url: shown.url, state: shown.state } : {};
}

function shownOf({ duo_sig_request: request, duo_api_hostname, duo_auth_url, state }: Record<string, string>): Prompt {
  if (request !== undefined) return { shape: 'signedRequest', request, host: duo_api_hostname ?? '' };
  return { shape: 'redirect', url: duo_auth_url ?? '', state: state ?? '' };
}
