import { z } from 'zod';
import type { SecondFactorNeeded } from '../../../engine/login/login-outcome.ts';
import type { ShownPrompt } from '../../../engine/proof/issue-prompts.ts';
import type { Prompt } from '../../../factors/factor.ts';
import { isEnrolled } from '../../../factors/registry.ts';
import { sentCodeLife } from '../../../factors/sent-code/sent-code.ts';
import { otherSecondFactors } from './factor-members.ts';

/** The query of the page that Duo's Universal Prompt redirects to. */
const fromPrompt = z.strictObject({ state: z.string().max(1024), duo_code: z.string().max(1024) });

/** The second factors that a client may send: a code as text or number, or a response that a provider signed. */
export const responseMember = z.union([z.string().max(8192), z.int().nonnegative(), fromPrompt]);

/** The settings that a client needs for the prompt of a provider. They differ between providers. */
export const promptSettings = z.record(z.string(), z.string());

const options = z.record(z.string(), z.unknown()).optional();

/** The member `options` of answers, where a factor other than these three exists: a key signs or registers with it. */
export const optionsMember = (otherSecondFactors(['totp', 'sms', 'email']).length > 0 ? { options } : {}) as {
  readonly options: typeof options;
};

/** The settings of one prompt. A code needs none. */
export function settingsOf(prompt: Prompt): z.infer<typeof promptSettings> | undefined {
  if (prompt.shape === 'signedRequest') return { duo_sig_request: prompt.request, duo_api_hostname: prompt.host };
  return prompt.shape === 'redirect' ? { duo_auth_url: prompt.url, state: prompt.state } : undefined;
}

type Asked = Pick<SecondFactorNeeded, 'prompts'>;

/** The prompts of providers that verify by themselves. Users have no authenticator for those. */
export function askedByProviders({ prompts }: Asked): readonly ShownPrompt[] {
  return prompts.filter(({ kind }) => !isEnrolled(kind));
}

/** The same prompts as factors of a challenge. */
export function viewProviders(asked: Asked) {
  return askedByProviders(asked).map(({ kind: type, prompt }) => {
    const settings = settingsOf(prompt);
    return { type, label: null, ...(settings && { settings }) };
  });
}

/** The time at which a code that is sent now expires. */
export const expiryOfCode = (now: number) => new Date(now + sentCodeLife).toISOString();
