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
  /** The keyed hashes under which an authenticator with this secret is found, for factors that are found by their secret. */
  lookups?(reply: unknown, help: Help): readonly string[];
  /** Costs what judging a reply costs, where that shows: for people who have no such authenticator. */
  decoy?(reply: unknown, help: Help): Promise<void>;
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
};

/** The person an authenticator is made for. */
export type Person = { readonly name: string };

/** What a factor may use. `now` is in milliseconds since the Unix epoch. */
export type Help = {
  readonly now: number;
  readonly random: Random;
  readonly safe: Pick<Safe, 'mac' | 'macs'>;
  readonly hasher: Hasher;
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

/** A factor as its author writes it: typed inside, parsed at its two thresholds (the stored state and the person's words). */
type Written<State, Input, Reply> = {
  readonly kind: string;
  readonly traits: Traits;
  readonly state: z.ZodType<State>;
  readonly input: z.ZodType<Input>;
  readonly reply: z.ZodType<Reply>;
  begin(
    input: Input,
    person: Person,
    help: Help,
  ): Promise<Outcome<Begun<State>, FactorReason>> | Outcome<Begun<State>, FactorReason>;
  check(state: State, reply: Reply, help: Help): Promise<Verdict<State>> | Verdict<State>;
  readonly lookups?: (reply: Reply, help: Help) => readonly string[];
  readonly decoy?: (reply: Reply, help: Help) => Promise<void>;
};

export function defineFactor<State, Input, Reply>(written: Written<State, Input, Reply>): Factor {
  const { kind, traits, input, reply, lookups, decoy } = written;
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
    ...(lookups && { lookups: (given, help) => lookups(reply.parse(given), help) }),
    ...(decoy && { decoy: async (given, help) => decoy(reply.parse(given), help) }),
  };
}
