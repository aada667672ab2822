import { z } from 'zod';
import { clientName, grantTypes, scope } from '../../../engine/oauth/client-metadata.ts';
import {
  browseClients,
  changeClient,
  makeClient,
  managedAccount,
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
    public: z.boolean(),
    created_at: z.iso.datetime(),
  })
  .meta({ id: 'OAuthClient' });

type View = z.infer<typeof clientView>;

const clientPath = z.strictObject({ id: z.uuid() });

function viewClient({ id, name, grantTypes: grants, scope: words, isPublic, createdAt }: OAuthClient): View {
  const made = new Date(createdAt).toISOString();
  return { client_id: id, name, grant_types: [...grants], scope: words, public: isPublic, created_at: made };
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
    description: 'A client may use only the grants it names. `public` clients have no secret.',
    body: z.strictObject({
      name: clientName,
      grant_types: grantTypes,
      scope: scope.default(''),
      public: z.boolean().default(false),
    }),
    responses: {
      201: {
        description: 'The client; its secret is shown only once.',
        body: clientView.extend({ client_secret: z.string().optional() }),
      },
    },
    async handle({ ctx, caller, body }) {
      const account = managedAccount(caller);
      if (!account.ok) return refused(account);
      const { name, grant_types, scope: words, public: isPublic } = body;
      const given = { name, grantTypes: grant_types, scope: words, isPublic };
      const made = await makeClient(ctx, caller, { ...given, accountId: account.value });
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
    body: z.strictObject({ name: clientName.optional(), grant_types: grantTypes.optional(), scope: scope.optional() }),
    responses: { 200: { description: 'The changed client.', body: clientView } },
    async handle({ ctx, caller, params, body }) {
      const client = await reachClient(ctx, caller, params.id);
      if (!client.ok) return refused(client);
      const { name, grant_types, scope: words } = body;
      const changes = { name, grantTypes: grant_types, scope: words };
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
