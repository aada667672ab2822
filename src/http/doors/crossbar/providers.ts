import { browseProviders, makeProvider, reachAccount, removeProvider } from '../../../engine/operations.ts';
import { route, type Route } from '../../route.ts';
import { answered, declined, envelope, inData } from './envelope.ts';
import {
  common,
  providerAnswer,
  providerRoutesAt,
  reach,
  tell,
  type ProviderRequest,
  type ProviderPaths,
} from './provider-routes.ts';
import { inputOf, newProvider, providersView, viewProviders } from './provider-shapes.ts';
import { accountPath, hexId } from './shapes.ts';

const path = '/v2/accounts/{id}/multi_factor';

const owner = async ({ ctx, caller, params }: ProviderRequest) => reachAccount(ctx, caller, params['id'] ?? '');

const place: ProviderPaths = {
  path: `${path}/{configId}`,
  openToKeys: true,
  params: accountPath.extend({ configId: hexId }),
  owner,
  which: ({ configId }) => configId,
};

/** The providers that an account configures for its second factor. */
export const providerRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'get',
    openToKeys: true,
    path,
    summary: "List an account's providers and the available kinds",
    params: accountPath,
    responses: { 200: { description: 'The providers.', body: envelope(providersView) } },
    async handle(request) {
      const account = await owner(request);
      if (!account.ok) return declined(account, request);
      return answered(request, { data: viewProviders(await browseProviders(request.ctx, account.value)) });
    },
  }),
  route({
    ...common,
    method: 'put',
    administers: 'always',
    openToKeys: true,
    path,
    summary: 'Configure a provider',
    params: accountPath,
    body: inData(newProvider),
    responses: { 201: providerAnswer },
    async handle(request) {
      const { ctx, caller, body } = request;
      const account = await owner(request);
      if (!account.ok) return declined(account, request);
      return tell(await makeProvider(ctx, caller, { owner: account.value, given: inputOf(body.data) }), request, 201);
    },
  }),
  ...providerRoutesAt(place),
  route({
    ...common,
    method: 'delete',
    administers: 'always',
    openToKeys: true,
    path: place.path,
    summary: 'Remove a provider',
    description: 'Refused with 409 while the policy of an account uses it.',
    params: place.params,
    responses: { 200: providerAnswer },
    async handle(request) {
      const { ctx, caller } = request;
      const provider = await reach(place, request);
      return tell(provider.ok ? await removeProvider(ctx, caller, provider.value) : provider, request);
    },
  }),
];
