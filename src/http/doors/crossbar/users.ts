import { z } from 'zod';
import { success, type Outcome } from '../../../base/outcome.ts';
import {
  browseUsersOf,
  changeUserOf,
  makeUserOf,
  reachAccount,
  reachUserOf,
  removeUser,
} from '../../../engine/operations.ts';
import type { Reason } from '../../../engine/reasons.ts';
import type { User } from '../../../store/users.ts';
import { route, type Handled, type Route } from '../../route.ts';
import { survivingMember, viewSurviving } from '../shared/surviving-view.ts';
import { tokenMembers, viewTokens } from '../shared/tokens-view.ts';
import { unchanged } from './accounts.ts';
import { answered, declined, envelope, inData, formatProblem } from './envelope.ts';
import { accountPath, newUser, userPatch, userPath, userView, viewUser, wholeUser } from './shapes.ts';

const path = '/v2/accounts/{id}/users';

const common = { access: 'session', scope: 'manage', tag: 'Accounts', formatProblem } as const;

const paging = z.object({
  page_size: z.coerce.number().int().min(1).max(500).default(100),
  skip: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
});

const userAnswer = { description: 'The user.', body: envelope(userView) };

type UserRequest = Pick<Handled, 'ctx' | 'headers'> & {
  readonly caller: NonNullable<Handled['caller']>;
  readonly params: z.infer<typeof userPath>;
};

async function reach({ ctx, caller, params, headers }: UserRequest): Promise<Outcome<Versioned, Reason>> {
  const account = await reachAccount(ctx, caller, params.id);
  const user = account.ok ? await reachUserOf(ctx, caller, { account: account.value, id: params.userId }) : account;
  return unchanged(user.ok ? success(versioned(user.value)) : user, headers);
}

type Versioned = User & { readonly revision: number };
const versioned = (user: User): Versioned => ({ ...user, revision: user.version });

/** POST replaces the whole user and clears absent members, except `enabled` and the password; PATCH changes only given ones. */
const changing = (method: 'post' | 'patch'): Route =>
  route({
    ...common,
    openToKeys: true,
    method,
    administers: 'always',
    path: `${path}/{userId}`,
    summary: method === 'post' ? 'Replace a user' : 'Change a user',
    description:
      'A new password ends the user’s sessions, keys and device secrets; your own needs `current_password` or a fresh second factor, and `surviving` names the keys and device secrets that stay. While `enabled` is false, every credential of the user is refused like a wrong one; disabling ends their sessions.',
    params: userPath,
    body: inData(method === 'post' ? wholeUser : userPatch),
    responses: { 200: { ...userAnswer, body: envelope(userView.extend({ ...tokenMembers, ...survivingMember })) } },
    async handle(request) {
      const { ctx, caller } = request;
      const user = await reach(request);
      if (!user.ok) return declined(user, request);
      const { username, password: secret, ...rest } = request.body.data;
      const absent = method === 'post' ? null : undefined;
      const { email = absent, phone = absent, first_name = absent, last_name = absent, ...access } = rest;
      const changes = { name: username, email, phone, firstName: first_name, lastName: last_name, ...access };
      const changed = await changeUserOf(ctx, caller, { user: user.value, changes, secret });
      if (!changed.ok) return declined(changed, request, ownUser);
      const { user: written, surviving, ...tokens } = changed.value;
      const survivors = surviving && { surviving: viewSurviving(surviving) };
      const data = { ...viewUser(written), ...viewTokens(tokens), ...survivors };
      return answered(request, { data, revision: written.version, token: tokens.token });
    },
  });

const ownUser = {
  forbidden: { detail: 'You cannot disable yourself. Another administrator can.' },
  current_password_required: { detail: 'Send `current_password` in `data` to change your own password.' },
};

export const accountUserRoutes: readonly Route[] = [
  route({
    ...common,
    openToKeys: true,
    method: 'put',
    administers: 'always',
    path,
    summary: 'Create a user of an account',
    params: accountPath,
    body: inData(newUser),
    responses: { 201: userAnswer },
    async handle(request) {
      const { ctx, caller, params, body } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const {
        username,
        password,
        email = null,
        phone = null,
        first_name = null,
        last_name = null,
        ...access
      } = body.data;
      const profile = { name: username, email, phone, firstName: first_name, lastName: last_name, ...access };
      const made = await makeUserOf(ctx, caller, { ...profile, password, account: account.value });
      return made.ok ? userReply(made.value, request, 201) : declined(made, request);
    },
  }),
  route({
    ...common,
    openToKeys: true,
    method: 'get',
    path,
    summary: "List an account's users",
    description: 'Oldest first.',
    params: accountPath,
    query: paging,
    responses: { 200: { description: 'The users.', body: envelope(z.array(userView)) } },
    async handle(request) {
      const { ctx, caller, params, query } = request;
      const account = await reachAccount(ctx, caller, params.id);
      if (!account.ok) return declined(account, request);
      const page = { limit: query.page_size, skip: query.skip };
      const users = await browseUsersOf(ctx, caller, { ...page, account: account.value });
      return answered(request, { data: users.map(viewUser) });
    },
  }),
  route({
    ...common,
    openToKeys: true,
    method: 'get',
    path: `${path}/{userId}`,
    summary: 'Read a user',
    params: userPath,
    responses: { 200: userAnswer },
    async handle(request) {
      const user = await reach(request);
      return user.ok ? userReply(user.value, request) : declined(user, request);
    },
  }),
  changing('post'),
  changing('patch'),
  route({
    ...common,
    openToKeys: true,
    method: 'delete',
    administers: 'always',
    path: `${path}/{userId}`,
    summary: 'Remove a user and all their secrets',
    params: userPath,
    responses: { 200: userAnswer },
    async handle(request) {
      const { ctx, caller } = request;
      const user = await reach(request);
      if (!user.ok) return declined(user, request);
      const removed = await removeUser(ctx, caller, user.value);
      return removed.ok ? userReply(user.value, request) : declined(removed, request);
    },
  }),
];

type AnsweredUserRequest = Parameters<typeof answered>[0];

const userReply = (user: User, request: AnsweredUserRequest, status?: number) =>
  answered(request, { data: viewUser(user), revision: user.version }, status);
