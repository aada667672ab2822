import type { z } from 'zod';
import type { Outcome } from '../base/outcome.ts';
import type { FactorContext, Operator } from './factor-context.ts';
import type { Channel, Destination, Held, JsonObject, Prompted, Remembered } from './prompt.ts';
import type { EnrollReason, ProviderReason, Verdict } from './proof.ts';

/* Authors of factors import everything that they need from this file. */
export type * from './factor-context.ts';
export type * from './prompt.ts';
export * from './proof.ts';

/**
 * A factor as its author writes it: one kind of proof in one file, without access to the database, HTTP or the clock.
 * `define-factor.ts` turns it into what the engine uses, which hides the type parameters.
 */
export type FactorSpec<Settings, State, Memo, Response, Input = never, Confirmation = never, Imported = never> = {
  readonly kind: string;
  readonly traits: Traits;
  /** Absent: accounts cannot configure the factor, and policy cannot require it. */
  readonly settings?: ProviderSpec<Settings>;
  /** The data that an authenticator stores, sealed. `z.null()` for a factor without any. */
  readonly state: z.ZodType<State>;
  /** Present if `prompt` returns a memo. */
  readonly memo?: z.ZodType<Memo>;
  /** A response that does not match cannot be right, so it is neither verified nor counted as a failure. */
  readonly response: z.ZodType<Response>;
  /** Absent: there are no authenticators. A provider verifies by itself, and recovery codes do not replace it. */
  readonly enroll?: EnrollmentSpec<Settings, NoInfer<State>, Input, Confirmation>;
  /**
   * One prompt for all of the user's authenticators of the factor that may answer. It never runs in a transaction,
   * because it may call a provider. Absent: the response needs no prompt, as for a password or a recovery code.
   */
  readonly prompt?: (
    given: { readonly settings: Settings; readonly candidates: readonly Held<NoInfer<State>>[] },
    ctx: FactorContext,
  ) => Awaitable<Outcome<Prompted<NoInfer<State>, NoInfer<Memo>>, ProviderReason>>;
  /** Whether the previous prompt can still be answered, so that no second message is sent. */
  readonly isOpen?: (given: Remembered<NoInfer<State>, NoInfer<Memo>>, ctx: FactorContext) => boolean;
  readonly verify: (
    given: Remembered<NoInfer<State>, NoInfer<Memo>> & { readonly settings: Settings; readonly response: Response },
    ctx: FactorContext,
  ) => Awaitable<Verdict<NoInfer<State>>>;
  /** The handle of the prompt that a response claims to answer. It proves nothing. */
  readonly handleOf?: (response: Response) => string | undefined;
  /**
   * The keyed hashes by which an authenticator with this response is found, in the order of the keys. Several
   * authenticators may share one.
   */
  readonly lookups?: (response: Response, ctx: FactorContext) => readonly string[];
  /** Whether a response can belong to this authenticator at all. If not, the authenticator is not tried. */
  readonly matches?: (state: NoInfer<State>, response: Response) => boolean;
  /** Takes as long as `verify`, for users without such an authenticator. A slow first factor needs it. */
  readonly decoy?: (response: Response, ctx: FactorContext) => Promise<void>;
  /** The details of an authenticator that are shown in lists and after the first factor. */
  readonly describe?: (state: NoInfer<State>) => Described;
  /** The full destination of its codes. It is shown to the owner only. */
  readonly destination?: (state: NoInfer<State>) => Destination;
  /** The data of an authenticator as another system stores it, and its conversion to the state here. */
  readonly transfer?: {
    readonly imported: z.ZodType<Imported>;
    readonly adopt: (imported: Imported, ctx: FactorContext) => NoInfer<State>;
  };
};

export type Traits = {
  readonly roles: readonly FactorRole[];
  /** The number of authenticators of this factor that one user may have. */
  readonly limit: number;
  /** Whether a new authenticator replaces the old one if only one is allowed. */
  readonly replaces: boolean;
  /** Only a program holds this credential: its login offers no enrollment, and its failures are counted separately. */
  readonly programOnly: boolean;
  readonly phishingResistant: boolean;
  /** False: as a second factor it leaves a session at AAL1, unless the account says otherwise. */
  readonly reachesAal2?: false;
  /** Whether a login with it removes every second factor of the user, as Deux's backup code does. */
  readonly disablesMfa?: true;
  /** The channel of its prompts. They leave as messages, so they are created only when a code is requested. */
  readonly sends?: Channel;
  /**
   * `fast`: `verify` only computes (an HMAC, a signature) and runs in the transaction that writes its result. `slow`:
   * it hashes or calls a provider, and runs before that transaction, after a claim with its own commit.
   */
  readonly verifies: 'fast' | 'slow';
};

/** `first` begins a login, `second` completes it, `recovery` replaces a lost second factor. */
export type FactorRole = 'first' | 'second' | 'recovery';

/** How accounts configure the factor. Policy calls such a factor a provider. */
export type ProviderSpec<Settings> = {
  /** The settings that an administrator may write. The operator may allow more than the default. */
  readonly schema: (operator: Operator) => z.ZodType<Settings>;
  /** Write-only members. */
  readonly secrets: readonly string[];
  /**
   * Merges the settings of the system and of the accounts down to the user's, root first. Absent: there are none to
   * read.
   */
  readonly inForce?: (layers: readonly Settings[]) => Settings;
  /**
   * `verify` also needs the settings in force at that moment. Otherwise none are read, and `verify` gets the defaults.
   */
  readonly verifies?: true;
};

export type EnrollmentSpec<Settings, State, Input, Confirmation> = {
  /** The data that enrollment needs from the user or the client. */
  readonly input: z.ZodType<Input>;
  /** Never runs in a transaction. `others` are the user's active authenticators of the factor. */
  readonly begin: (
    given: { readonly settings: Settings; readonly input: Input; readonly others: readonly State[] },
    ctx: FactorContext,
  ) => Awaitable<Outcome<Begun<State>, EnrollReason>>;
  /**
   * `none`: active at once. `verify`: pending until a response passes `verify`, as at a login. An object verifies the
   * response that completes the enrollment, never in a transaction.
   */
  readonly confirm:
    | 'none'
    | 'verify'
    | {
        readonly response: z.ZodType<Confirmation>;
        readonly judge: (
          given: { readonly settings: Settings; readonly state: State; readonly response: Confirmation },
          ctx: FactorContext,
        ) => Awaitable<Verdict<State>>;
      };
};

export type Begun<State = unknown> = {
  readonly state: State;
  /** Shown to the owner once and not stored. */
  readonly shown: JsonObject;
  /** The keyed hash by which the authenticator is found. */
  readonly lookup?: string;
};

export type Described = JsonObject & { /** A destination in masked form. */ readonly hint?: string };
type Awaitable<Value> = Value | Promise<Value>;
