import { z } from 'zod';
import { refuse } from '../../../base/outcome.ts';
import {
  browseProviders,
  makeProvider,
  reachProvider,
  reachSystem,
  replaceProvider,
} from '../../../engine/operations.ts';
import { providerKinds } from '../../../factors/registry.ts';
import { route, type Route } from '../../route.ts';
import { unchanged } from './accounts.ts';
import { answered, declined, envelope, expectedRevision, inData } from './envelope.ts';
import {
  common,
  providerAnswer,
  providerRoutesAt,
  tell,
  type ProviderPaths,
  type ProviderRequest,
} from './provider-routes.ts';
import { inputOf, newProvider, systemProvidersView, viewSystem } from './provider-shapes.ts';

const path = '/v2/multi_factor';

const owner = async ({ ctx, caller }: Pick<ProviderRequest, 'ctx' | 'caller'>) => reachSystem(ctx, caller);

const place: ProviderPaths = {
  path: `${path}/{name}`,
  openToKeys: false,
  params: z.strictObject({ name: z.enum(providerKinds()) }),
  owner,
  which: ({ name }) => name,
};

/** The providers that apply where an account names none: one of each kind, for administrators of the root account. */
export const systemProviderRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'get',
    path,
    summary: "List the system's providers",
    description:
      'Every available kind, for any session. Where an account names no provider, the first enabled one is used.',
    responses: { 200: { description: 'The providers.', body: envelope(systemProvidersView) } },
    handle: async (request) =>
      answered(request, { data: viewSystem(await browseProviders(request.ctx, { id: null })) }),
  }),
  route({
    ...common,
    method: 'put',
    administers: 'always',
    path,
    summary: "Configure the system's provider of a kind",
    description: 'A provider of the same kind is replaced.',
    body: inData(newProvider),
    responses: { 201: providerAnswer },
    async handle(request) {
      const { ctx, caller, headers } = request;
      const system = await owner(request);
      if (!system.ok) return declined(system, request);
      const given = inputOf(request.body.data);
      const kept = unchanged(await reachProvider(ctx, system.value, given.providerName), headers);
      if (kept.ok) return tell(await replaceProvider(ctx, caller, { provider: kept.value, given }), request, 201);
      if (kept.reason !== 'not_found') return declined(kept, request);
      if (expectedRevision(headers) !== undefined) return declined(refuse('revision_mismatch'), request);
      return tell(await makeProvider(ctx, caller, { owner: system.value, given }), request, 201);
    },
  }),
  ...providerRoutesAt(place),
];
