import { z } from 'zod';
import type { SecondFactorNeeded } from '../../../engine/login/login-outcome.ts';
import type { ShownPrompt } from '../../../engine/proof/issue-prompts.ts';
import type { Prompt } from '../../../factors/factor.ts';
import { isEnrolled } from '../../../factors/registry.ts';
import { sentCodeLife } from '../../../factors/sent-code/sent-code.ts';
import { secondsBeyond } from './factor-members.ts';

/** What comes back from Duo's Universal Prompt, as the page it led back to had it in its query. */
const fromPrompt = z.strictObject({ state: z.string().max(1024), duo_code: z.string().max(1024) });

/** What a person's client may bring as a second factor: a code as text or number, or what a provider signed for it. */
export const responseMember = z.union([z.string().max(8192), z.int().nonnegative(), fromPrompt]);

/** What a client has to know to do what a provider asks, which differs from one to the next. */
export const promptSettings = z.record(z.string(), z.string());

const options = z.record(z.string(), z.unknown()).optional();

/** A member of answers where a factor may ask a key to sign: what it signs, or registers with. */
export const optionsMember = (secondsBeyond(['totp', 'sms', 'email']).length > 0 ? { options } : {}) as {
  readonly options: typeof options;
};

/** The same of a prompt; of a code there is nothing to know. */
export function settingsOf(prompt: Prompt): z.infer<typeof promptSettings> | undefined {
  if (prompt.shape === 'signedRequest') return { duo_sig_request: prompt.request, duo_api_hostname: prompt.host };
  return prompt.shape === 'redirect' ? { duo_auth_url: prompt.url, state: prompt.state } : undefined;
}

type Asked = Pick<SecondFactorNeeded, 'prompts'>;

/** What providers ask that verify by themselves: nobody has an authenticator of theirs. */
export function askedByProviders({ prompts }: Asked): readonly ShownPrompt[] {
  return prompts.filter(({ kind }) => !isEnrolled(kind));
}

/** Those as factors of a challenge. */
export function viewProviders(asked: Asked) {
  return askedByProviders(asked).map(({ kind: type, prompt }) => {
    const settings = settingsOf(prompt);
    return { type, label: null, ...(settings && { settings }) };
  });
}

/** Until when a code is good that was sent just now. */
export const expiryOfCode = (now: number) => new Date(now + sentCodeLife).toISOString();
