import { z } from 'zod';
import { audienceList, clientName, grantTypes, scope, scopeList } from '../../../engine/oauth/client-metadata.ts';
import {
  browseClients,
  changeClient,
  makeClient,
  managedAccount,
  reachAccount,
  reachClient,
  removeClient,
} from '../../../engine/operations.ts';
import type { OAuthClient } from '../../../store/clients.ts';
import { refused } from '../../errors/reasons.ts';
import { route, type Route } from '../../route.ts';
import { replyEmpty, replyWith } from '../shared/answers.ts';

const tag = 'OAuth2 clients';

const clientView = z
  .strictObject({
    client_id: z.uuid(),
    name: z.string(),
    grant_types: z.array(z.string()),
    scope: z.string(),
    account: z.string(),
    scopes: z.array(z.string()),
    default_scopes: z.array(z.string()),
    audiences: z.array(z.string()),
    public: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'OAuthClient' });

type View = z.infer<typeof clientView>;

const clientPath = z.strictObject({ id: z.uuid() });

function viewClient({ id, accountId, name, createdAt, ...client }: OAuthClient): View {
  const { grantTypes: grants, scope: words, scopes = [], defaultScopes = [], audiences = [], isPublic } = client;
  return {
    client_id: id,
    account: accountId,
    name,
    grant_types: [...grants],
    scope: words,
    scopes: [...scopes],
    default_scopes: [...defaultScopes],
    audiences: [...audiences],
    public: isPublic,
    created_at: new Date(createdAt).toISOString(),
  };
}

const lists = {
  scopes: scopeList.optional(),
  default_scopes: scopeList.optional(),
  audiences: audienceList.optional(),
};

function listsIn({ scopes, default_scopes: defaultScopes, audiences }: z.infer<z.ZodObject<typeof lists>>) {
  return { ...(scopes && { scopes }), ...(defaultScopes && { defaultScopes }), ...(audiences && { audiences }) };
}

const common = { access: 'session', scope: 'manage', tag } as const;

export const clientRoutes: readonly Route[] = [
  route({
    ...common,
    method: 'get',
    path: '/oauth2/clients',
    summary: "List the account's clients",
    responses: { 200: { description: 'The clients, without their secrets.', body: z.array(clientView) } },
    async handle({ ctx, caller }) {
      return replyWith(await browseClients(ctx, caller), (clients) => clients.map(viewClient));
    },
  }),
  route({
    ...common,
    method: 'post',
    administers: 'always',
    path: '/oauth2/clients',
    summary: 'Create a client',
    description:
      'A client may use only the grants it names. It gets only `scopes`, and `default_scopes` if it asks for none that is known. `public` clients have no secret.',
    body: z.strictObject({
      name: clientName,
      grant_types: grantTypes,
      scope: scope.default(''),
      public: z.boolean().default(false),
      account: z.string().max(128).optional(),
      ...lists,
    }),
    responses: {
      201: {
        description: 'The client; its secret is shown only once.',
        body: clientView.extend({ client_secret: z.string().optional() }),
      },
    },
    async handle({ ctx, caller, body }) {
      const own = managedAccount(caller);
      if (!own.ok) return refused(own);
      const { name, grant_types, scope: words, public: isPublic, account = own.value } = body;
      const reached = await reachAccount(ctx, caller, account);
      if (!reached.ok) return refused(reached);
      const given = { name, grantTypes: grant_types, scope: words, isPublic, ...listsIn(body) };
      const made = await makeClient(ctx, caller, { ...given, accountId: reached.value.id });
      const secret = made.secret === undefined ? {} : { client_secret: made.secret };
      return { status: 201, json: { ...viewClient(made.client), ...secret } };
    },
  }),
  route({
    ...common,
    method: 'get',
    path: '/oauth2/clients/{id}',
    summary: 'Read a client',
    params: clientPath,
    responses: { 200: { description: 'The client, without its secret.', body: clientView } },
    async handle({ ctx, caller, params }) {
      return replyWith(await reachClient(ctx, caller, params.id), viewClient);
    },
  }),
  route({
    ...common,
    method: 'patch',
    administers: 'always',
    path: '/oauth2/clients/{id}',
    summary: 'Change a client',
    params: clientPath,
    body: z.strictObject({
      name: clientName.optional(),
      grant_types: grantTypes.optional(),
      scope: scope.optional(),
      ...lists,
    }),
    responses: { 200: { description: 'The changed client.', body: clientView } },
    async handle({ ctx, caller, params, body }) {
      const client = await reachClient(ctx, caller, params.id);
      if (!client.ok) return refused(client);
      const { name, grant_types, scope: words } = body;
      const changes = { name, grantTypes: grant_types, scope: words, ...listsIn(body) };
      return replyWith(await changeClient(ctx, caller, { client: client.value, changes }), viewClient);
    },
  }),
  route({
    ...common,
    method: 'delete',
    administers: 'always',
    path: '/oauth2/clients/{id}',
    summary: 'Remove a client and end its sessions',
    params: clientPath,
    responses: { 204: { description: 'The client was removed.' } },
    async handle({ ctx, caller, params }) {
      const client = await reachClient(ctx, caller, params.id);
      return replyEmpty(client.ok ? await removeClient(ctx, caller, client.value) : client);
    },
  }),
];
