import type { z } from 'zod';
import type { Hasher } from '../base/hasher.ts';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import type { Random } from '../base/random.ts';
import type { Safe } from '../base/seal.ts';

/**
 * A factor is a kind of proof, written as one pure file: given an authenticator's state, a reply and the time it says yes
 * with the next state, or no with a reason. It knows no database, no HTTP and no clock of its own.
 */
export type Factor = {
  readonly kind: string;
  readonly traits: Traits;
  /** What enrolment needs from the person or their client. */
  readonly input: z.ZodType;
  /** What a reply looks like. A reply that does not fit can't be right, is never looked at and never counted. */
  readonly reply: z.ZodType;
  /** Makes an authenticator's first state, and what its owner is shown this once. */
  begin(input: unknown, person: Person, help: Help): Promise<Outcome<Begun, FactorReason>>;
  /**
   * Judges a reply. A yes carries the state to keep from now on: every proof that works once is spent in it. The very state that was
   * given says that nothing is spent.
   */
  check(state: unknown, reply: unknown, help: Help): Promise<Verdict>;
  /** For factors whose proof the house sends: a new code in the place of the one before, and what has to be sent. */
  readonly send?: (state: unknown, help: Help) => Asked;
  /** Whether one that was sent before can still be right. */
  readonly awaits?: (state: unknown, help: Help) => boolean;
  /** Where that is sent. */
  readonly destination?: (state: unknown) => Destination;
  /** What whoever replies has to know, and anybody may. */
  readonly shows?: (state: unknown) => Readonly<Record<string, unknown>>;
  /** The keyed hashes under which an authenticator with this secret is found, for factors that are found by their secret. */
  lookups?(reply: unknown, help: Help): readonly string[];
  /** Costs what judging a reply costs, where that shows: for people who have no such authenticator. */
  decoy?(reply: unknown, help: Help): Promise<void>;
  /** The state that an authenticator of another system has here, for factors whose authenticators can move in. */
  adopt?(kept: unknown, help: Help): Outcome<unknown, FactorReason>;
};

export type Traits = {
  /** `first` opens a login, `second` completes it, `recovery` stands in for a second that is lost. */
  readonly role: 'first' | 'second' | 'recovery';
  /** Authentication method references of a session that rests on it (RFC 8176, and names of ours where it has none). */
  readonly amr: readonly string[];
  /** How many of it one user may have. */
  readonly limit: number;
  /** Whether a new one takes the place of the old, where there may be only one. */
  readonly replaces: boolean;
  /** Whether it works only after its owner has shown that they can use it. */
  readonly confirms: boolean;
  /** A machine's own credential: nobody sits there, so it may not manage its user's factors. */
  readonly unattended: boolean;
  /** Whether logging in with it takes every second factor from its user, as Deux's backup code does. */
  readonly disablesMfa?: true;
};

/** The person an authenticator is made for. */
export type Person = { readonly name: string };

/** What a factor may use. `now` is in milliseconds since the Unix epoch. */
export type Help = {
  readonly now: number;
  readonly random: Random;
  readonly safe: Pick<Safe, 'mac' | 'macs'>;
  readonly hasher: Hasher;
  /** How long the codes are that the house sends: 6 to 8 digits. */
  readonly codeDigits: number;
  /** Consecutive failures of the person with this kind of factor, before this reply. */
  readonly failures: number;
};

/** A number in E.164 or an e-mail address. */
export type Destination = { readonly channel: Channel; readonly to: string };

/** A way in which a message leaves the house. */
export type Channel = 'sms' | 'email';

export type Asked<State = unknown> = { readonly state: State; readonly message: CodeMessage };

/** A code on its way to its person. `life` is in milliseconds. */
export type CodeMessage = Destination & {
  readonly code: string;
  readonly life: number;
};

export type Begun<State = unknown> = {
  readonly state: State;
  /** Shown to its owner once and kept nowhere. */
  readonly offer: Readonly<Record<string, unknown>>;
  /** The keyed hash under which it is found, where it is found by its secret. */
  readonly lookup?: string;
};

export type Verdict<State = unknown> = Outcome<State, FactorReason>;

export type FactorReason = 'wrong' | 'replayed' | 'malformed_input' | 'password_too_common' | 'password_is_name';

/**
 * A factor as its author writes it: typed inside, parsed at its thresholds (the stored state, the person's words and another system's). What
 * type a state has is for its schema to say.
 */
type Written<State, Input, Reply, Kept> = {
  readonly kind: string;
  readonly traits: Traits;
  readonly state: z.ZodType<State>;
  readonly input: z.ZodType<Input>;
  readonly reply: z.ZodType<Reply>;
  begin(
    input: Input,
    person: Person,
    help: Help,
  ): Promise<Outcome<Begun<NoInfer<State>>, FactorReason>> | Outcome<Begun<NoInfer<State>>, FactorReason>;
  check(state: State, reply: Reply, help: Help): Promise<Verdict<NoInfer<State>>> | Verdict<NoInfer<State>>;
  readonly send?: (state: State, help: Help) => Asked<State>;
  readonly awaits?: (state: State, help: Help) => boolean;
  readonly destination?: (state: State) => Destination;
  readonly shows?: (state: State) => Readonly<Record<string, unknown>>;
  readonly lookups?: (reply: Reply, help: Help) => readonly string[];
  readonly decoy?: (reply: Reply, help: Help) => Promise<void>;
  /** What another system keeps of such an authenticator, and the state it has here from now on. */
  readonly adopts?: { readonly kept: z.ZodType<Kept>; state(kept: Kept, help: Help): NoInfer<State> };
};

export function defineFactor<State, Input, Reply, Kept = never>(written: Written<State, Input, Reply, Kept>): Factor {
  const { kind, traits, input, reply, send, awaits, destination, shows, lookups, decoy, adopts } = written;
  return {
    kind,
    traits,
    input,
    reply,
    async begin(given, person, help) {
      const parsed = input.safeParse(given);
      return parsed.success ? written.begin(parsed.data, person, help) : refuse('malformed_input');
    },
    async check(state, given, help) {
      const parsed = written.state.parse(state);
      const verdict = await written.check(parsed, reply.parse(given), help);
      return verdict.ok && verdict.value === parsed ? success(state) : verdict;
    },
    ...(send && { send: (state, help) => send(written.state.parse(state), help) }),
    ...(awaits && { awaits: (state, help) => awaits(written.state.parse(state), help) }),
    ...(destination && { destination: (state) => destination(written.state.parse(state)) }),
    ...(shows && { shows: (state) => shows(written.state.parse(state)) }),
    ...(lookups && { lookups: (given, help) => lookups(reply.parse(given), help) }),
    ...(decoy && { decoy: async (given, help) => decoy(reply.parse(given), help) }),
    ...(adopts && {
      adopt(given, help) {
        const parsed = adopts.kept.safeParse(given);
        if (parsed.success) return success(adopts.state(parsed.data, help));
        return { ...refuse('malformed_input'), detail: parsed.error.issues[0]?.message ?? '' };
      },
    }),
  };
}
