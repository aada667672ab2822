import type { z } from 'zod';
import { refuse, success, type Outcome } from '../base/outcome.ts';
import type {
  Begun,
  Described,
  Destination,
  EnrollmentSpec,
  EnrollReason,
  FactorContext,
  FactorSpec,
  Held,
  Operator,
  Prompted,
  ProviderReason,
  ProviderSpec,
  Remembered,
  Traits,
  Verdict,
} from './factor.ts';

/** A factor as the engine uses it. It parses each input once. A stored state that does not parse throws. */
export type Factor = {
  readonly kind: string;
  readonly traits: Traits;
  readonly settings?: Configurable;
  readonly enroll?: FactorEnrollment;
  /** Undefined: the input is not a possible response, so it is neither verified nor counted as a failure. */
  readonly read: (response: unknown) => Read | undefined;
  readonly prompt?: (
    given: { readonly settings: unknown; readonly candidates: readonly Held[] },
    ctx: FactorContext,
  ) => Promise<Outcome<Prompted, ProviderReason>>;
  readonly isOpen?: (given: Remembered, ctx: FactorContext) => boolean;
  readonly describe?: (state: unknown) => Described;
  readonly destination?: (state: unknown) => Destination;
  readonly adopt?: (imported: unknown, ctx: FactorContext) => Outcome<unknown, 'malformed_input'>;
  /** Whether its authenticators are looked up by their responses. */
  readonly isFound: boolean;
};

/** How accounts configure the factor. */
export type Configurable = Pick<ProviderSpec<unknown>, 'schema' | 'secrets' | 'verifies'> & {
  /**
   * Merges the settings of the layers, root first, into those in force. Every layer is parsed again, because the
   * operator may have changed what is allowed since it was written.
   */
  readonly inForce?: (layers: readonly unknown[], operator: Operator) => Outcome<unknown, 'provider_misconfigured'>;
};

/** A parsed response. The engine can use it without knowing its type. */
export type Read = {
  readonly handle: string | undefined;
  lookups(ctx: FactorContext): readonly string[];
  matches(state: unknown): boolean;
  verify(given: Remembered & { readonly settings?: unknown }, ctx: FactorContext): Promise<Verdict>;
  decoy(ctx: FactorContext): Promise<void>;
};

export type FactorEnrollment = {
  readonly input: z.ZodType;
  readonly confirm: 'none' | 'verify' | 'judge';
  begin(
    given: { readonly settings: unknown; readonly input: unknown; readonly others: readonly unknown[] },
    ctx: FactorContext,
  ): Promise<Outcome<Begun, EnrollReason>>;
  /** Parses the response that confirms the enrollment. Undefined if it is not a possible response. */
  read(response: unknown): Read | undefined;
};

/**
 * Turns a factor's specification into what the engine uses. Settings must come from the same factor's `inForce`: they
 * are not parsed again.
 */
export function defineFactor<Settings, State, Memo, Response, Input = never, Confirmation = never, Imported = never>(
  spec: FactorSpec<Settings, State, Memo, Response, Input, Confirmation, Imported>,
): Factor {
  const { kind, traits, settings, state, enroll, prompt, isOpen, describe, destination, transfer } = spec;
  return {
    kind,
    traits,
    isFound: spec.lookups !== undefined,
    read: reading(spec),
    ...(settings && { settings: configurable(settings) }),
    ...(enroll && { enroll: enrolling(spec, enroll) }),
    ...(prompt && {
      prompt: async (given, ctx) => {
        const candidates = given.candidates.map((held) => ({ id: held.id, state: state.parse(held.state) }));
        return prompt({ settings: settingsOf(spec, given, ctx), candidates }, ctx);
      },
    }),
    ...(isOpen && { isOpen: (given, ctx) => isOpen(remembered(spec, given), ctx) }),
    ...(describe && { describe: (given) => describe(state.parse(given)) }),
    ...(destination && { destination: (given) => destination(state.parse(given)) }),
    ...(transfer && {
      adopt(given, ctx) {
        const parsed = transfer.imported.safeParse(given);
        if (parsed.success) return success(transfer.adopt(parsed.data, ctx));
        return { ...refuse('malformed_input'), detail: parsed.error.issues[0]?.message ?? '' };
      },
    }),
  };
}

type Verifying<Settings, State, Memo, Response> = Pick<
  FactorSpec<Settings, State, Memo, Response>,
  'settings' | 'state' | 'memo' | 'response' | 'verify' | 'handleOf' | 'lookups' | 'matches' | 'decoy'
>;

function reading<Settings, State, Memo, Response>(spec: Verifying<Settings, State, Memo, Response>): Factor['read'] {
  return (raw) => {
    const parsed = spec.response.safeParse(raw);
    if (!parsed.success) return undefined;
    const response = parsed.data;
    return {
      handle: spec.handleOf?.(response),
      lookups: (ctx) => spec.lookups?.(response, ctx) ?? [],
      matches: (state) => spec.matches?.(spec.state.parse(state), response) ?? true,
      verify: async (given, ctx) =>
        spec.verify({ ...remembered(spec, given), settings: settingsOf(spec, given, ctx), response }, ctx),
      decoy: async (ctx) => spec.decoy?.(response, ctx),
    };
  };
}

type Remembering<State, Memo> = Pick<FactorSpec<unknown, State, Memo, unknown>, 'state' | 'memo'>;

function remembered<State, Memo>(spec: Remembering<State, Memo>, given: Remembered): Remembered<State, Memo> {
  return {
    state: spec.state.parse(given.state),
    memo: given.memo === undefined ? undefined : spec.memo?.parse(given.memo),
  };
}

function settingsOf<Settings>(
  spec: { readonly settings?: ProviderSpec<Settings> },
  { settings }: { readonly settings?: unknown },
  { operator }: FactorContext,
): Settings {
  return settings === undefined && spec.settings ? spec.settings.schema(operator).parse({}) : (settings as Settings);
}

function configurable<Settings>({ inForce, ...spec }: ProviderSpec<Settings>): Configurable {
  if (!inForce) return spec;
  return {
    ...spec,
    inForce(layers, operator) {
      const schema = spec.schema(operator);
      const read = layers.map((layer) => schema.safeParse(layer));
      const settings = read.flatMap(({ data }) => (data === undefined ? [] : [data]));
      return read.every(({ success: isRight }) => isRight)
        ? success(inForce(settings))
        : refuse('provider_misconfigured');
    },
  };
}

function enrolling<Settings, State, Memo, Response, Input, Confirmation>(
  spec: Verifying<Settings, State, Memo, Response>,
  { input, begin, confirm }: EnrollmentSpec<Settings, State, Input, Confirmation>,
): FactorEnrollment {
  return {
    input,
    confirm: typeof confirm === 'string' ? confirm : 'judge',
    async begin(given, ctx) {
      const parsed = input.safeParse(given.input);
      if (!parsed.success) return refuse('malformed_input');
      const others = given.others.map((other) => spec.state.parse(other));
      return begin({ settings: settingsOf(spec, given, ctx), input: parsed.data, others }, ctx);
    },
    read(raw) {
      if (typeof confirm === 'string') return reading(spec)(raw);
      const { response, judge: verify } = confirm;
      return reading({ ...(spec.settings && { settings: spec.settings }), state: spec.state, response, verify })(raw);
    },
  };
}
