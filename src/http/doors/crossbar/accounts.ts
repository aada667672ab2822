import { z } from 'zod';
import { refuse, type Outcome } from '../../../base/outcome.ts';
import {
  browseAbove,
  browseBelow,
  changeAccount,
  makeAccount,
  moveAccount,
  reachAccount,
  removeAccount,
} from '../../../engine/operations.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { Account } from '../../../store/accounts.ts';
import { route, type Route } from '../../route.ts';
import { answered, declined, envelope, expectedRevision, inData, formatProblem } from './envelope.ts';
import { accountPatch, accountPath, accountView, hexId, newAccount, viewAccount } from './shapes.ts';

const path = '/v2/accounts/{id}';

const common = { access: 'session', scope: 'manage', tag: 'Accounts', formatProblem, params: accountPath } as const;

const paging = z.object({
  page_size: z.coerce.number().int().min(1).max(500).default(100),
  start_key: hexId.optional(),
});

const accountAnswer = { description: 'The account.', body: envelope(accountView) };
const accountsAnswer = { description: 'The accounts.', body: envelope(z.array(accountView)) };

/** Refuses a change if the client has not read the current revision. */
export function unchanged<Thing extends { readonly revision: number }>(
  reached: Outcome<Thing, Reason>,
  headers: Headers,
): Outcome<Thing, Reason> {
  const expected = expectedRevision(headers);
  if (!reached.ok || expected === undefined || expected === String(reached.value.revision)) return reached;
  return refuse('revision_mismatch');
}

/** POST replaces the whole account and clears absent members; PATCH changes only given ones. */
const changing = (method: 'post' | 'patch'): Route =>
  route({
    ...common,
    openToKeys: true,
    method,
    administers: 'always',
    path,
    summary: method === 'post' ? 'Replace an account' : 'Change an account',
    description:
      'While `enabled` is false, every credential of the users of the account, and of accounts below it, is refused like a wrong one; their sessions end. You cannot disable the account that you belong to.',
    body: inData(method === 'post' ? newAccount : accountPatch),
    responses: { 200: accountAnswer },
    async handle(request) {
      const { ctx, caller, params, headers } = request;
      const account = unchanged(await reachAccount(ctx, caller, params.id), headers);
      if (!account.ok) return declined(account, request);
      const { name, realm, enabled } = request.body.data;
      const changes = { name, realm: method === 'post' ? (realm ?? null) : realm, enabled };
      const changed = await changeAccount(ctx, caller, { account: account.value, changes });
      return changed.ok ? accountReply(changed.value, request) : declined(changed, request, changeErrors);
    },
  });

const listing = (which: 'children' | 'descendants'): Route =>
  route({
    ...common,
    openToKeys: true,
    method: 'get',
    path: `${path}/${which}`,
    summary: `List the ${which} of an account`,
    description: 'Ordered by id. `start_key` is the last id of the previous page.',
    query: paging,
    responses: { 200: accountsAnswer },
    async handle(request) {
      const { ctx, caller, params, query } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const page = { limit: query.page_size, after: query.start_key };
      const found = await browseBelow(ctx, account.value, { which, page });
      return answered(request, { data: found.map(viewAccount) });
    },
  });

export const accountRoutes: readonly Route[] = [
  route({
    ...common,
    openToKeys: true,
    method: 'put',
    administers: 'always',
    path,
    summary: 'Create a child of an account',
    body: inData(newAccount),
    responses: { 201: accountAnswer },
    async handle(request) {
      const { ctx, caller, params, body } = request;
      const parent = await reachAccount(ctx, caller, params.id);
      if (!parent.ok) return declined(parent, request);
      const { name, realm = null, enabled } = body.data;
      const made = await makeAccount(ctx, caller, { parent: parent.value, profile: { name, realm, enabled } });
      return made.ok ? accountReply(made.value, request, 201) : declined(made, request, nameErrors);
    },
  }),
  route({
    ...common,
    openToKeys: true,
    method: 'get',
    path,
    summary: 'Read an account',
    responses: { 200: accountAnswer },
    async handle(request) {
      const account = await reachAccount(request.ctx, request.caller, request.params.id);
      return account.ok ? accountReply(account.value, request) : declined(account, request);
    },
  }),
  changing('post'),
  changing('patch'),
  route({
    ...common,
    openToKeys: true,
    method: 'delete',
    administers: 'always',
    path,
    summary: 'Remove an account',
    description: 'Refused with 409 while accounts, users or clients belong to it.',
    responses: { 200: accountAnswer },
    async handle(request) {
      const { ctx, caller, params, headers } = request;
      const account = unchanged(await reachAccount(ctx, caller, params.id), headers);
      if (!account.ok) return declined(account, request);
      const removed = await removeAccount(ctx, caller, account.value);
      return removed.ok ? accountReply(account.value, request) : declined(removed, request);
    },
  }),
  route({
    ...common,
    method: 'post',
    administers: 'always',
    path: `${path}/move`,
    summary: 'Move an account and its descendants below another',
    description: 'The requirements of its new ancestors apply from the next login on; sessions continue.',
    body: inData(z.strictObject({ to: accountPath.shape.id })),
    responses: { 200: accountAnswer },
    async handle(request) {
      const { ctx, caller, params, headers, body } = request;
      const account = unchanged(await reachAccount(ctx, caller, params.id), headers);
      if (!account.ok) return declined(account, request);
      const parent = await reachAccount(ctx, caller, body.data.to);
      if (!parent.ok) return declined(parent, request);
      const moved = await moveAccount(ctx, caller, { account: account.value, parent: parent.value });
      return moved.ok ? accountReply(moved.value, request) : declined(moved, request, moveErrors);
    },
  }),
  listing('children'),
  listing('descendants'),
  route({
    ...common,
    openToKeys: true,
    method: 'get',
    path: `${path}/parents`,
    summary: 'List the accounts above an account',
    description: 'Highest first. Accounts above that of the caller are left out.',
    responses: { 200: accountsAnswer },
    async handle(request) {
      const { ctx, caller, params } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const above = await browseAbove(ctx, caller, account.value);
      return answered(request, { data: above.map(viewAccount) });
    },
  }),
];

/** Names are unique in the whole tree, because users log in with them. The answer reveals nothing else about the account that has the name. */
const nameErrors = {
  name_taken: { detail: 'The name is already taken. Choose another.' },
  in_use: { detail: 'The new parent account was removed.' },
};

const changeErrors = { forbidden: { detail: 'You cannot disable the account that you belong to.' } };

const moveErrors = {
  forbidden: { detail: 'You cannot move the account that you belong to.' },
  in_use: {
    detail:
      'The policy of an account that would move uses a provider of an account that would no longer be above it. Choose another provider first.',
  },
};

type AnsweredRequest = Parameters<typeof answered>[0];

const accountReply = (account: Account, request: AnsweredRequest, status?: number) =>
  answered(request, { data: viewAccount(account), revision: account.revision }, status);
