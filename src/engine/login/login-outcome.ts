import type { Authenticator } from '../../store/authenticators.ts';
import type { ShownPrompt } from '../proof/issue-prompts.ts';
import type { CreatedSession } from '../session/create-session.ts';

/** A login that created a session. */
export type CompletedLogin = {
  readonly state: 'session';
  readonly token: string;
  readonly session: CreatedSession;
  /** The account of its user. */
  readonly accountId: string;
};

/** A login that needs a second factor. */
export type SecondFactorNeeded = {
  readonly state: 'challenge';
  /** An opaque token, valid for this challenge only. */
  readonly challengeToken: string;
  /** The authenticators of which any may answer. */
  readonly anyOf: readonly Authenticator[];
  /** The prompts to show, including those of external providers. Factors whose codes are sent on request have none. */
  readonly prompts: readonly ShownPrompt[];
};

export type Admitted = CompletedLogin | SecondFactorNeeded;

/** A login whose request has the response to a prompt that an earlier login issued. */
export type Resumed = { readonly state: 'resumed'; readonly challengeId: string };
