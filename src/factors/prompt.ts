export type JsonObject = Readonly<Record<string, unknown>>;

/** What is asked, told apart by `shape`. Pages, doors and clients know these and no factor. */
export type Prompt =
  | {
      readonly shape: 'code';
      readonly digits: number;
      /** Seconds. */
      readonly period?: number;
      /** As a hint. */
      readonly sentTo?: string;
      readonly expiresAt?: number;
    }
  | { readonly shape: 'publicKey'; readonly options: JsonObject }
  | { readonly shape: 'redirect'; readonly url: string; readonly state: string }
  | { readonly shape: 'signedRequest'; readonly request: string; readonly host: string };

/** One of a user's authenticators as a factor sees it. */
export type Held<State = unknown> = { readonly id: string; readonly state: State };

/** `memo`: of the prompt that is answered, where it gave one. */
export type Remembered<State = unknown, Memo = unknown> = { readonly state: State; readonly memo: Memo | undefined };

export type Prompted<State = unknown, Memo = unknown> = {
  readonly prompt: Prompt;
  /** Kept sealed with the challenge, at most 4 KiB as JSON, and given back to `verify`. */
  readonly memo?: Memo;
  /** What a response names this prompt by, where the client keeps no challenge token. A keyed hash of it is kept. */
  readonly handle?: string;
  /** Replaces one authenticator's state, over its revision; written only after a gateway took the message. */
  readonly next?: Held<State>;
  readonly message?: CodeMessage;
  /** Milliseconds the challenge stays open for it; the usual three minutes when absent. */
  readonly life?: number;
};

/** A code on its way to its user. `life` is in milliseconds. */
export type CodeMessage = Destination & {
  readonly code: string;
  readonly life: number;
  /** Of phone numbers (ISO 3166-1). All may be reached when absent. */
  readonly countries?: Countries;
};

/** A number in E.164 or an e-mail address. */
export type Destination = { readonly channel: Channel; readonly to: string };
export type Channel = 'sms' | 'email';
export type Countries = { readonly allowed?: readonly string[]; readonly denied?: readonly string[] };
