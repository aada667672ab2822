import { z } from 'zod';
import { isMembers, type Members } from '../../../base/merge-patch.ts';
import { plainText } from '../../../engine/directory/profile.ts';
import type { ProviderInput, ProviderPatch } from '../../../engine/directory/change-provider.ts';
import type { ShownProvider } from '../../../engine/directory/reach-provider.ts';
import { providerKinds } from '../../../factors/registry.ts';
import { hexId } from './shapes.ts';

/** Providers as Crossbar writes them. */
const type = z.literal('multi_factor');
const name = plainText(128);

/** The engine checks settings by the schema of their kind. Here every member passes, also one that is called `__proto__`. */
const settings = z.custom<Members>(isMembers, 'must be an object').meta({
  type: 'object',
  description: 'The settings of this kind of provider. A secret that is sent as ******** is not changed.',
});

export const newProvider = z.strictObject({
  provider_name: z.enum(providerKinds()),
  provider_type: type,
  enabled: z.boolean(),
  name: name.optional(),
  settings,
});

/** A client that sends back a document that it read also sends its id. */
const own = hexId.optional();

export const wholeProvider = newProvider.extend({ id: own });

export const providerPatch = newProvider.partial().extend({ id: own, name: name.nullable().optional() });

export function inputOf(given: z.infer<typeof newProvider>): ProviderInput {
  return {
    providerName: given.provider_name,
    name: given.name ?? null,
    enabled: given.enabled,
    settings: given.settings,
  };
}

export function patchOf(given: z.infer<typeof providerPatch>): ProviderPatch {
  return { providerName: given.provider_name, name: given.name, enabled: given.enabled, settings: given.settings };
}

const summary = z.strictObject({
  id: hexId,
  provider_name: z.string(),
  provider_type: type,
  enabled: z.boolean(),
  name: z.string().optional(),
});

export const providerView = summary
  .extend({ settings: z.record(z.string(), z.unknown()) })
  .meta({ id: 'Provider', description: 'Secrets are shown only in the answer to the request that set them.' });

export const providersView = z.strictObject({
  configured: z.array(summary),
  available_system_provider: z.array(z.enum(providerKinds())),
});

export const systemProvidersView = z.array(
  z.strictObject({
    name: z.string(),
    provider_name: z.enum(providerKinds()),
    provider_type: type,
    enabled: z.boolean(),
  }),
);

export function viewProvider(provider: ShownProvider): z.infer<typeof providerView> {
  return { ...summaryOf(provider), settings: { ...provider.shown } };
}

export function viewProviders(configured: readonly ShownProvider[]): z.infer<typeof providersView> {
  return { configured: configured.map(summaryOf), available_system_provider: [...providerKinds()] };
}

/** Every kind of provider, configured or not. */
export function viewSystem(configured: readonly ShownProvider[]): z.infer<typeof systemProvidersView> {
  return providerKinds().map((kind) => {
    const found = configured.find(({ providerName }) => providerName === kind);
    const enabled = found?.enabled ?? false;
    return { name: found?.name ?? kind, provider_name: kind, provider_type: 'multi_factor', enabled };
  });
}

function summaryOf({ id, providerName, enabled, name: called }: ShownProvider): z.infer<typeof summary> {
  const kind = { provider_name: providerName, provider_type: 'multi_factor' } as const;
  return { id, ...kind, enabled, ...(called !== null && { name: called }) };
}
