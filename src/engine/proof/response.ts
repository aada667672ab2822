import type { IssuedTo } from '../session/create-session.ts';

export type SecondFactorResponse = {
  /** What the person sent: a code of one of their second factors, a recovery code, or what a provider gave them. */
  readonly response: unknown;
  /** What it may be; either, when absent. */
  readonly role?: 'second' | 'recovery' | undefined;
  /** The kind of factor it is meant for, where its person said one. */
  readonly kind?: string | undefined;
  readonly issuedTo?: IssuedTo | undefined;
};

/** A response, and the token of the challenge that it answers, or its id where a handle led to it. */
export type ChallengeResponse = SecondFactorResponse &
  (
    | { readonly challengeToken: string; readonly challengeId?: undefined }
    | { readonly challengeId: string; readonly challengeToken?: undefined }
  );
