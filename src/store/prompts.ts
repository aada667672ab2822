import { z } from 'zod';
import type { Safe } from '../base/seal.ts';

/** What a provider that judges people itself was asked. A challenge keeps it sealed. */
export type Prompt = {
  readonly provider: { readonly accountId: string | null; readonly id: string };
  /** What the person's client has to know to do what is asked. */
  readonly ask: Readonly<Record<string, string>>;
  /** What judges a reply again. */
  readonly memo: unknown;
  /** What a reply names it by. */
  readonly handle: string;
  /** The challenge's own: who comes back with a reply alone has no other way to it. */
  readonly token: string;
};

type Place = { readonly id: string; readonly userId: string };

/** A sealed prompt opens for its own challenge and user only. */
export const promptPlace = ({ id, userId }: Place) => `challenges.prompt.${id}.${userId}`;

const kept = z.strictObject({
  provider: z.strictObject({ accountId: z.string().nullable(), id: z.string() }),
  ask: z.record(z.string(), z.string()),
  memo: z.unknown(),
  handle: z.string(),
  token: z.string(),
});

export const sealPrompt = (safe: Safe, challenge: Place, prompt: Prompt): string =>
  safe.seal(promptPlace(challenge), JSON.stringify(prompt));

export const openPrompt = (safe: Safe, challenge: Place, sealed: string): Prompt =>
  kept.parse(JSON.parse(safe.open(promptPlace(challenge), sealed)));

const handleContext = 'challenge.handle';

/** What a handle is found by. */
export const hashHandle = (safe: Safe, handle: string): string => safe.mac(handleContext, handle);

/** The same by every key that may have made it. */
export const handleHashes = (safe: Safe, handle: string): readonly string[] => safe.macs(handleContext, handle);
