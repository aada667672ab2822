import type { Authenticator } from '../../store/authenticators.ts';
import type { ShownPrompt } from '../proof/issue-prompts.ts';
import type { CreatedSession } from '../session/create-session.ts';

/** What follows a right first factor: a session, a challenge, or being turned away; each of them whole or not at all. */
export type CompletedLogin = {
  readonly state: 'session';
  readonly token: string;
  readonly session: CreatedSession;
  /** The account of its user. */
  readonly accountId: string;
};

export type SecondFactorNeeded = {
  readonly state: 'challenge';
  /** Opaque; speaks for the challenge alone and dies with it. */
  readonly challengeToken: string;
  /** The authenticators of which any answers it. */
  readonly anyOf: readonly Authenticator[];
  /** The prompts to show, also of a provider that verifies by itself; codes that are sent on request are not among them. */
  readonly prompts: readonly ShownPrompt[];
};

export type Admitted = CompletedLogin | SecondFactorNeeded;

/** The response to a prompt that was put before came along with the first factor. */
export type Resumed = { readonly state: 'resumed'; readonly challengeId: string };
