import type { OtherFactors } from './other-factors.ts';

/** What goes over the wire, in the words of the OpenAPI document. Instants are ISO 8601 texts. */

/** A user, as the house knows them. */
export type ExternalUser = {
  readonly uid: string;
  /** Of a user of your own: the id that you gave. */
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly roles: readonly ('admin' | 'service' | 'user')[];
  readonly verified: boolean;
  readonly accountId: string;
  readonly dateCreated: string;
  readonly dateModified: string;
  readonly version: number;
};

/** What is absent stays as it is; null clears it. */
export type ExternalProfile = {
  readonly email?: string | null | undefined;
  /** E.164: `+12133734253`. */
  readonly phone?: string | null | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  /** An account below the service's own, by its id or name. */
  readonly account?: string | undefined;
};

/** A second factor that works. */
export type ActiveFactor = {
  readonly id: string;
  /** `totp`, `sms`, `email`, … */
  readonly type: string;
  readonly label: string | null;
  readonly created_at: string;
  readonly last_used_at: string | null;
  /** Where codes go, as a stranger may see it. */
  readonly hint?: string | undefined;
};

export type Factors = {
  readonly enabled: boolean;
  readonly factors: readonly ActiveFactor[];
  readonly recovery_codes_left: number;
};

/** `challenge_id`: the challenge that the user has passed, where they have a second factor already. */
export type NewFactor = FactorOf<keyof FactorMembers>;

/** A distributive type: one member of a union for each type of factor. */
export type FactorOf<Type extends keyof FactorMembers> = Type extends keyof FactorMembers
  ? FactorMembers[Type] & {
      readonly type: Type;
      readonly label?: string | undefined;
      readonly challenge_id?: string | undefined;
    }
  : never;

/** The members that the enrollment of each type of factor takes. */
type FactorMembers = OtherFactors & {
  readonly totp: {
    /** Your application's name, as the authenticator app shows it. */
    readonly issuer?: string | undefined;
  };
  readonly sms: { readonly phone_number: string };
  readonly email: {
    /** The user's own address when absent. */
    readonly email?: string | undefined;
  };
};

/** It counts after a code of it confirmed it, within ten minutes. */
export type PendingFactor = {
  readonly id: string;
  readonly type: string;
  readonly label: string | null;
  readonly state: 'pending';
  readonly hint?: string | undefined;
  /** Of `totp`: what the app needs, in base32, as a key URI, and as the address of an image of that (SVG). Shown this once. */
  readonly secret?: string | undefined;
  readonly otpauth_url?: string | undefined;
  readonly qr?: string | undefined;
  /** Of a key: what it registers with. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
};

/** A code may have spaces and dashes. */
export type Confirmation = { readonly code: string | number; readonly challenge_id?: string | undefined };

export type ConfirmedFactor = {
  readonly id: string;
  readonly type: string;
  /** Ten, where the user had none; shown this once. */
  readonly recovery_codes: readonly string[];
};

export type NewChallenge = {
  /** Whom a service asks. A session asks its own user. */
  readonly user?:
    | { readonly uid: string }
    | { readonly name: string; readonly account?: string | undefined }
    | undefined;
  /** The types of factor that will do. */
  readonly factors?: readonly string[] | undefined;
  /** What the user is asked to approve: show it to them. Its SHA-256 stands in the assertion as `action_hash`. */
  readonly action?: string | undefined;
  /** What for, in a word that the assertion repeats. */
  readonly purpose?: string | undefined;
};

export type PendingChallenge = {
  readonly id: string;
  /** Lets the user's browser send and verify by itself. */
  readonly challenge_token: string;
  readonly state: 'pending';
  readonly expires_at: string;
  readonly factors: readonly {
    readonly id?: string | undefined;
    readonly type: string;
    readonly label: string | null;
    readonly hint?: string | undefined;
    /** What a provider needs that asks by itself, such as Duo. */
    readonly settings?: Readonly<Record<string, string>> | undefined;
  }[];
};

/** The user has no second factor, and none is required. */
export type NotRequired = { readonly state: 'not_required' };

export type ChallengeStatus = {
  readonly id: string;
  readonly state: 'pending' | 'approved' | 'expired' | 'failed';
  readonly expires_at: string;
};

export type SentCode = {
  readonly hint?: string | undefined;
  /** Of Duo's Universal Prompt: where to send the person. */
  readonly auth_url?: string | undefined;
  /** All that a provider needs which asks by itself. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** Of a key: what it signs. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly expires_at: string;
  /** Seconds until another one may be sent. */
  readonly retry_after: number;
};

/** Digits, perhaps with spaces and dashes between them; or what Duo's page came back with. */
export type Code = string | number | { readonly state: string; readonly duo_code: string };

/** One of `code`, `backup_code` and `duo_code`. */
export type ChallengeReply = {
  readonly factor_id?: string | undefined;
  readonly code?: Code | undefined;
  readonly backup_code?: string | undefined;
  readonly duo_code?: string | undefined;
};

/** To a service an `assertion`, to a session its next `token`. */
export type Approved = {
  readonly state: 'approved';
  readonly user_id: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly acr: 'aal2';
  /** A JWT for the service alone, good for five minutes. */
  readonly assertion?: string | undefined;
  readonly token?: string | undefined;
};

export type LoggedIn = { readonly token: string };

/** The password was right; the challenge token, as the credential, goes on with `challenges.verify('current', …)`. */
export type MfaRequired = {
  readonly mfa_required: true;
  readonly mfa_type: string;
  readonly mfa_token: string;
  /** What a provider needs that asks by itself, such as Duo. */
  readonly mfa_settings?: Readonly<Record<string, string>> | undefined;
};

export type Login = {
  readonly username: string;
  readonly password: string;
  readonly mfa_code?: Code | undefined;
  readonly backup_code?: string | undefined;
  /** An account by its id or name: the root account when absent. */
  readonly account?: string | undefined;
};

export type SessionInfo = {
  readonly sid: string;
  /** Whether it is the one that asks. */
  readonly current: boolean;
  readonly auth_module: string;
  readonly amr: readonly string[];
  readonly acr: 'aal1' | 'aal2';
  readonly auth_time: string;
  readonly expires_at: string;
  readonly client_ip: string | null;
  readonly user_agent: string | null;
};

/** What a resource wants of a session (RFC 9470 section 3). */
export type Wanted = {
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** How old the last proof may be, in seconds. */
  readonly maxAge?: number | undefined;
  /** Methods that all have to be among those that were used (RFC 8176). */
  readonly amr?: readonly string[] | undefined;
};

/** Whose session it is, and how it was proven. */
export type Assured = {
  readonly user: string;
  readonly account: string;
  readonly acr: 'aal1' | 'aal2';
  readonly amr: readonly string[];
};
