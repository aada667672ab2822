import { z } from 'zod';
import { sentCodeLife } from '../../factors/sent-code.ts';

/** What comes back from Duo's Universal Prompt, as the page it led back to had it in its query. */
const fromPrompt = z.strictObject({ state: z.string().max(1024), duo_code: z.string().max(1024) });

/** What a person's client may bring as a second factor: a code as text or number, or what a provider signed for it. */
export const replyMember = z.union([z.string().max(8192), z.int().nonnegative(), fromPrompt]);

/** What a client has to know to do what a provider asks, which differs from one to the next. */
export const promptSettings = z.record(z.string(), z.string());

/** Until when a code is good that was sent just now. */
export const expiryOfCode = (now: number) => new Date(now + sentCodeLife).toISOString();
