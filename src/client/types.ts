import type { OtherFactors } from './other-factors.ts';

export type * from './assurance-types.ts';

/** The types of requests and answers, as in the OpenAPI document. Times are ISO 8601 texts. */

/** A user of Countersign. */
export type ExternalUser = {
  readonly uid: string;
  /** For a user of your application: the id that you gave. */
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

/** An absent member is not changed; null clears it. */
export type ExternalProfile = {
  readonly email?: string | null | undefined;
  /** E.164: `+12133734253`. */
  readonly phone?: string | null | undefined;
  readonly firstName?: string | null | undefined;
  readonly lastName?: string | null | undefined;
  /** An account below the service's own, by its id or name. */
  readonly account?: string | undefined;
};

/** A confirmed second factor. */
export type ActiveFactor = {
  readonly id: string;
  /** `totp`, `sms`, `email`, … */
  readonly type: string;
  readonly label: string | null;
  readonly created_at: string;
  readonly last_used_at: string | null;
  /** The masked phone number or address that codes are sent to. */
  readonly hint?: string | undefined;
};

export type Factors = {
  readonly enabled: boolean;
  readonly factors: readonly ActiveFactor[];
  readonly recovery_codes_left: number;
};

/** `challenge_id`: the challenge that the user passed, if they have a second factor already. */
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

/** It becomes active when one of its codes confirms it, within ten minutes. */
export type PendingFactor = {
  readonly id: string;
  readonly type: string;
  readonly label: string | null;
  readonly state: 'pending';
  readonly hint?: string | undefined;
  /** For `totp`: the secret in base32, as a key URI, and as the data URL of a QR code (SVG). Shown only once. */
  readonly secret?: string | undefined;
  readonly otpauth_url?: string | undefined;
  readonly qr?: string | undefined;
  /** For a security key: the options of its registration. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
};

/** A code may have spaces and dashes. It is text: a number loses the zeros that one code in ten begins with. */
export type Confirmation = { readonly code: string; readonly challenge_id?: string | undefined };

export type ConfirmedFactor = {
  readonly id: string;
  readonly type: string;
  /** Ten, if the user had none; shown only once. */
  readonly recovery_codes: readonly string[];
};

export type NewChallenge = {
  /** The user that a service challenges. A session challenges its own user. */
  readonly user?:
    | { readonly uid: string }
    | { readonly name: string; readonly account?: string | undefined }
    | undefined;
  /** The accepted types of factor. */
  readonly factors?: readonly string[] | undefined;
  /** The action that the user is asked to approve: show it to them. The assertion repeats it, and has its SHA-256 as `action_hash`. */
  readonly action?: string | undefined;
  /** The purpose, in one word, which the assertion repeats. */
  readonly purpose?: string | undefined;
};

export type PendingChallenge = {
  readonly id: string;
  /** Allows the user's browser to send and verify. */
  readonly challenge_token: string;
  readonly state: 'pending';
  readonly expires_at: string;
  readonly factors: readonly {
    readonly id?: string | undefined;
    readonly type: string;
    readonly label: string | null;
    readonly hint?: string | undefined;
    /** For a provider with its own prompt, such as Duo: its settings. */
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
  /** For Duo's Universal Prompt: the URL to send the user to. */
  readonly auth_url?: string | undefined;
  /** For Duo's Web SDK: its request, and the host that it is for. */
  readonly duo_sig_request?: string | undefined;
  readonly duo_api_hostname?: string | undefined;
  /** For a provider with its own prompt: its settings. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  /** For a security key: the options of the assertion. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  readonly expires_at: string;
  /** Seconds until another one may be sent. */
  readonly retry_after: number;
};

/** Digits as text, which may have spaces and dashes between them; or the parameters of Duo's redirect. */
export type Code = string | { readonly state: string; readonly duo_code: string };

/** One of `code`, `backup_code`, `duo_code`, `duo_sig_response` and `password`. */
export type ChallengeReply = {
  readonly factor_id?: string | undefined;
  readonly code?: Code | undefined;
  readonly backup_code?: string | undefined;
  readonly duo_code?: string | undefined;
  readonly duo_sig_response?: string | undefined;
  /** For a session that steps up and whose user has no second factor. */
  readonly password?: string | undefined;
};

/** A service gets an `assertion`, a session its next `token`. */
export type Approved = {
  readonly state: 'approved';
  readonly user_id: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  /** `aal1` after a code by e-mail, unless the account of the user says otherwise. */
  readonly acr: 'aal1' | 'aal2';
  /** A JWT for this service only, valid for five minutes. */
  readonly assertion?: string | undefined;
  readonly token?: string | undefined;
  readonly refresh_token?: string | undefined;
};

/** The assertion that `verify` returned. */
export type Redemption = { readonly assertion: string };

/** `purpose` and `action` are those that the service gave. */
export type Redeemed = {
  readonly state: 'approved';
  readonly user_id: string;
  /** RFC 8176. */
  readonly amr: readonly string[];
  readonly acr: 'aal1' | 'aal2';
  readonly purpose?: string | undefined;
  readonly action?: string | undefined;
};

export type LoggedIn = { readonly token: string };
/** RFC 6749 section 5.1. `expires_in` is in seconds. */
export type Granted = Readonly<Record<'access_token' | 'scope', string>> & {
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly refresh_token?: string | undefined;
  readonly token?: undefined;
};

/** The password was correct. Continue with the token as credential and `challenges.verify('current', …)`. */
export type MfaRequired = {
  readonly mfa_required: true;
  readonly mfa_type: string;
  readonly mfa_token: string;
  /** For a provider with its own prompt, such as Duo: its settings. */
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
  /** Whether it is the session of this request. */
  readonly current: boolean;
  readonly auth_module: string;
  readonly amr: readonly string[];
  readonly acr: 'aal1' | 'aal2';
  readonly auth_time: string;
  readonly expires_at: string;
  readonly client_ip: string | null;
  readonly user_agent: string | null;
};
