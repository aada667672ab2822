/** The requirements of a resource on a session (RFC 9470 section 3). */
export type SessionRequirements = {
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** The maximum age of the last authentication, in seconds. */
  readonly maxAge?: number | undefined;
  /** Methods that must all have been used (RFC 8176). */
  readonly amr?: readonly string[] | undefined;
  /** The ids of the OAuth2 clients whose tokens are accepted; when absent, those of none. */
  readonly clients?: readonly string[] | undefined;
};

/** The user of a session, and how they were authenticated. */
export type Assured = {
  readonly user: string;
  readonly account: string;
  readonly acr: 'aal1' | 'aal2';
  readonly amr: readonly string[];
};
