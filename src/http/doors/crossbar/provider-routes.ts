import type { z } from 'zod';
import { success, type Outcome } from '../../../base/outcome.ts';
import { patchProvider, reachProvider, replaceProvider, showProvider } from '../../../engine/operations.ts';
import type { ProviderOutcome } from '../../../engine/directory/change-provider.ts';
import type { Owner, ShownProvider } from '../../../engine/directory/reach-provider.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { Provider } from '../../../store/providers.ts';
import { invalid } from '../../server/parse.ts';
import { route, type UnparsedRequest, type Handled, type Reply, type Route } from '../../route.ts';
import { unchanged } from './accounts.ts';
import { answered, declined, envelope, inData, formatProblem } from './envelope.ts';
import { inputOf, patchOf, providerPatch, providerView, viewProvider, wholeProvider } from './provider-shapes.ts';

/** The routes of one provider are the same for an account's providers and the system's. */

export const common = { access: 'session', scope: 'manage', tag: 'Providers', formatProblem } as const;

export const providerAnswer = { description: 'The provider.', body: envelope(providerView) };

type Params = Readonly<Record<string, string>>;

export type ProviderRequest = Pick<Handled, 'ctx' | 'headers'> & {
  readonly caller: NonNullable<Handled['caller']>;
  readonly params: Params;
};

/** The path of providers, their owner, and how the path names one of them. */
export type ProviderPaths = {
  readonly path: string;
  /** Whether keys with `manage` may use them. */
  readonly openToKeys: boolean;
  readonly params: z.ZodType<Params> & z.ZodObject;
  readonly owner: (request: ProviderRequest) => Promise<Outcome<Owner, Reason>>;
  readonly which: (params: Params) => string | undefined;
};

/** The provider that a request names, at the revision that it expects. */
export async function reach(place: ProviderPaths, request: ProviderRequest): Promise<Outcome<Provider, Reason>> {
  const owner = await place.owner(request);
  if (!owner.ok) return owner;
  return unchanged(await reachProvider(request.ctx, owner.value, place.which(request.params) ?? ''), request.headers);
}

function reading(place: ProviderPaths): Route {
  return route({
    ...common,
    method: 'get',
    path: place.path,
    openToKeys: place.openToKeys,
    summary: 'Read a provider',
    params: place.params,
    responses: { 200: providerAnswer },
    async handle(request) {
      const provider = await reach(place, request);
      return tell(provider.ok ? success(showProvider(provider.value)) : provider, request);
    },
  });
}

function replacing(place: ProviderPaths): Route {
  return route({
    ...common,
    method: 'post',
    administers: 'always',
    path: place.path,
    openToKeys: place.openToKeys,
    summary: 'Replace a provider',
    params: place.params,
    body: inData(wholeProvider),
    responses: { 200: providerAnswer },
    handle: (request) =>
      change(place, request, (provider) => {
        const { ctx, caller, body } = request;
        return replaceProvider(ctx, caller, { provider, given: inputOf(body.data) });
      }),
  });
}

function patching(place: ProviderPaths): Route {
  return route({
    ...common,
    method: 'patch',
    administers: 'always',
    path: place.path,
    openToKeys: place.openToKeys,
    summary: 'Change a provider',
    description: 'Absent members stay, also within `settings`; null removes (RFC 7396).',
    params: place.params,
    body: inData(providerPatch),
    responses: { 200: providerAnswer },
    handle: (request) =>
      change(place, request, (provider) => {
        const { ctx, caller, body } = request;
        return patchProvider(ctx, caller, { provider, patch: patchOf(body.data) });
      }),
  });
}

/** The routes of one provider. POST replaces it and clears absent members; PATCH changes only given ones. */
export const providerRoutesAt = (place: ProviderPaths): readonly Route[] => [
  reading(place),
  replacing(place),
  patching(place),
];

type ChangeRequest = ProviderRequest & { readonly body: { readonly data: { readonly id?: string | undefined } } };

async function change(
  place: ProviderPaths,
  request: ChangeRequest,
  write: (provider: Provider) => Promise<ProviderOutcome<ShownProvider>>,
): Promise<Reply> {
  const provider = itself(await reach(place, request), request.body.data.id);
  return tell(provider.ok ? await write(provider.value) : provider, request);
}

/** The id in a document must be the one in the path. */
function itself(reached: Outcome<Provider, Reason>, id: string | undefined): ProviderOutcome<Provider> {
  if (!reached.ok || id === undefined || id === reached.value.id) return reached;
  const members = [{ path: ['id'], detail: 'is not the id of this provider', missing: false }];
  return { ok: false, reason: 'invalid_settings', members };
}

/** The answer that shows one provider, or the refusal. */
export function tell(outcome: ProviderOutcome<ShownProvider>, request: UnparsedRequest, status = 200): Reply {
  if (outcome.ok) {
    const { value } = outcome;
    return answered(request, { data: viewProvider(value), revision: value.revision }, status);
  }
  const { members } = outcome;
  if (!members) return declined(outcome, request, referred);
  return formatProblem(invalid(members.map((member) => ({ ...member, path: ['data', ...member.path] }))), request);
}

const referred = {
  in_use: { detail: 'The policy of an account uses this provider. Choose another provider there first.' },
};
