import type { IssuedTo } from '../session/create-session.ts';

export type SecondFactorResponse = {
  /** The value that the user sent: a code of a second factor, a recovery code, or the response of a provider. */
  readonly response: unknown;
  /** Whether it is for a first or a second factor or a recovery code; any, when absent. */
  readonly role?: 'first' | 'second' | 'recovery' | undefined;
  /** The kind of factor that it is for; any, when absent. */
  readonly kind?: string | undefined;
  readonly issuedTo?: IssuedTo | undefined;
};

/** A response and its challenge: by token, or by id if the challenge was found by the prompt's handle. */
export type ChallengeResponse = SecondFactorResponse &
  (
    | { readonly challengeToken: string; readonly challengeId?: undefined }
    | { readonly challengeId: string; readonly challengeToken?: undefined }
  );
