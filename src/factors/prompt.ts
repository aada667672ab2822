export type JsonObject = Readonly<Record<string, unknown>>;

/** The data of a prompt, by `shape`. Pages, routes and clients depend on the shape, never on the factor. */
export type Prompt =
  | {
      readonly shape: 'code';
      readonly digits: number;
      /** Seconds. */
      readonly period?: number;
      /** The destination in masked form. */
      readonly sentTo?: string;
      readonly expiresAt?: number;
    }
  | { readonly shape: 'publicKey'; readonly options: JsonObject }
  | { readonly shape: 'redirect'; readonly url: string; readonly state: string }
  | { readonly shape: 'signedRequest'; readonly request: string; readonly host: string };

/** An authenticator of the user as its factor sees it. */
export type Held<State = unknown> = { readonly id: string; readonly state: State };

/** `memo` comes from the prompt that is answered, if that prompt has one. */
export type Remembered<State = unknown, Memo = unknown> = { readonly state: State; readonly memo: Memo | undefined };

export type Prompted<State = unknown, Memo = unknown> = {
  readonly prompt: Prompt;
  /** Stored sealed with the challenge, at most 4 KiB as JSON, and passed to `verify`. */
  readonly memo?: Memo;
  /**
   * Identifies this prompt in a response, for clients that keep no challenge token. Only a keyed hash of it is stored.
   */
  readonly handle?: string;
  /**
   * The new state of one authenticator. It is written only if a gateway has taken the message and the revision is
   * unchanged.
   */
  readonly next?: Held<State>;
  readonly message?: CodeMessage;
  /** Milliseconds for which the challenge stays open; three minutes if absent. */
  readonly life?: number;
};

/** A code to send to the user. `life` is in milliseconds. */
export type CodeMessage = Destination & {
  readonly code: string;
  readonly life: number;
  /** Limits for phone numbers (ISO 3166-1). All countries are allowed if absent. */
  readonly countries?: Countries;
};

/** A number in E.164 or an e-mail address. */
export type Destination = { readonly channel: Channel; readonly to: string };
export type Channel = 'sms' | 'email';
export type Countries = { readonly allowed?: readonly string[]; readonly denied?: readonly string[] };
