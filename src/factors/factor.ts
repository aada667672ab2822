import type { z } from 'zod';
import type { Outcome } from '../base/outcome.ts';
import type { FactorContext, Operator } from './factor-context.ts';
import type { Channel, Destination, Held, JsonObject, Prompted, Remembered } from './prompt.ts';
import type { EnrollReason, ProviderReason, Verdict } from './proof.ts';

/* What the author of a factor needs to know is imported from here. */
export type * from './factor-context.ts';
export type * from './prompt.ts';
export * from './proof.ts';

/**
 * A factor is a kind of proof, written as one pure file: it knows no database, no HTTP and no clock. Here is what its author writes;
 * `define-factor.ts` makes of it what the engine uses, without the types inside.
 */
export type FactorSpec<Settings, State, Memo, Response, Input = never, Confirmation = never, Kept = never> = {
  readonly kind: string;
  readonly traits: Traits;
  /** Absent: accounts configure nothing, and policy cannot require it. */
  readonly settings?: ProviderSpec<Settings>;
  /** What an authenticator keeps, sealed. `null` for a factor that has none. */
  readonly state: z.ZodType<State>;
  /** Present where `prompt` gives a memo. */
  readonly memo?: z.ZodType<Memo>;
  /** What does not fit cannot be right: it is never verified and never counted. */
  readonly response: z.ZodType<Response>;
  /** Absent: there are no authenticators; a provider verifies by itself, and nothing stands in for it. */
  readonly enroll?: EnrollmentSpec<Settings, NoInfer<State>, Input, Confirmation>;
  /**
   * One prompt for all of the user's authenticators of the factor that may answer. Never in a transaction: it may call somebody.
   * Absent: the response comes unasked, as a password or a recovery code does.
   */
  readonly prompt?: (
    given: { readonly settings: Settings; readonly candidates: readonly Held<NoInfer<State>>[] },
    ctx: FactorContext,
  ) => Awaitable<Outcome<Prompted<NoInfer<State>, NoInfer<Memo>>, ProviderReason>>;
  /** Whether what was prompted before can still be answered, so that nothing is sent twice. */
  readonly isOpen?: (given: Remembered<NoInfer<State>, NoInfer<Memo>>, ctx: FactorContext) => boolean;
  readonly verify: (
    given: Remembered<NoInfer<State>, NoInfer<Memo>> & { readonly settings: Settings; readonly response: Response },
    ctx: FactorContext,
  ) => Awaitable<Verdict<NoInfer<State>>>;
  /** The handle of the prompt that a response claims to answer. It proves nothing. */
  readonly handleOf?: (response: Response) => string | undefined;
  /** The keyed hashes under which an authenticator with this response is found, in the order of keys. Several may share one. */
  readonly lookups?: (response: Response, ctx: FactorContext) => readonly string[];
  /** Whether a response can be this authenticator's at all; one that cannot is no failure of it. */
  readonly matches?: (state: NoInfer<State>, response: Response) => boolean;
  /** Costs what `verify` costs, for users who have no such authenticator. Needed where it is slow and a first factor. */
  readonly decoy?: (response: Response, ctx: FactorContext) => Promise<void>;
  /** What lists and half logged-in users may see of an authenticator. */
  readonly describe?: (state: NoInfer<State>) => Described;
  /** Where its codes are sent, in full: for its owner alone. */
  readonly destination?: (state: NoInfer<State>) => Destination;
  /** What another system keeps of such an authenticator, and the state it has here from now on. */
  readonly transfer?: {
    readonly kept: z.ZodType<Kept>;
    readonly adopt: (kept: Kept, ctx: FactorContext) => NoInfer<State>;
  };
};

export type Traits = {
  readonly roles: readonly FactorRole[];
  /** How many of it one user may have. */
  readonly limit: number;
  /** Whether a new one takes the place of the old, where there may be only one. */
  readonly replaces: boolean;
  /** A program's own credential: no person is there to answer, so it may not manage its user's factors. */
  readonly unattended: boolean;
  readonly phishingResistant: boolean;
  /** Whether logging in with it removes every second factor of its user, as Deux's backup code does. */
  readonly disablesMfa?: true;
  /** Its prompts leave as messages, so they are put only where a code is asked for. */
  readonly sends?: Channel;
  /**
   * `fast`: `verify` only computes (an HMAC, a signature) and runs in the transaction that keeps its result.
   * `slow`: it hashes or calls somebody, and runs before that, after a claim that commits by itself.
   */
  readonly verifies: 'fast' | 'slow';
};

/** `first` opens a login, `second` completes it, `recovery` stands in for a second that is lost. */
export type FactorRole = 'first' | 'second' | 'recovery';

/** How accounts configure the factor: what policy calls a provider. */
export type ProviderSpec<Settings> = {
  /** What an administrator may write. The operator may allow more than the usual. */
  readonly schema: (operator: Operator) => z.ZodType<Settings>;
  /** Write-only members. */
  readonly secrets: readonly string[];
  /** The settings in force at an account, from those of the system and of the accounts above it, root first. Absent: there are none to read. */
  readonly inForce?: (layers: readonly Settings[]) => Settings;
  /** `verify` needs them too, as they are at that moment. Otherwise nothing is read for it, and it gets those of an empty object. */
  readonly verifies?: true;
};

export type EnrollmentSpec<Settings, State, Input, Confirmation> = {
  /** What enrollment needs of the user or their client. */
  readonly input: z.ZodType<Input>;
  /** Never in a transaction. `others` are the user's active authenticators of the factor. */
  readonly begin: (
    given: { readonly settings: Settings; readonly input: Input; readonly others: readonly State[] },
    ctx: FactorContext,
  ) => Awaitable<Outcome<Begun<State>, EnrollReason>>;
  /** `none`: active at once. `verify`: pending until it was used as at a login. Otherwise what completes it, never in a transaction. */
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
  /** Shown to the owner once and kept nowhere. */
  readonly shown: JsonObject;
  /** The keyed hash under which it is found. */
  readonly lookup?: string;
};

export type Described = JsonObject & { /** A destination, as others may see it. */ readonly hint?: string };
type Awaitable<Value> = Value | Promise<Value>;
