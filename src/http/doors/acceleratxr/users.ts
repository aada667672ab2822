import { z } from 'zod';
import { newUserProfile, profileChanges } from '../../../engine/directory/profile.ts';
import {
  browseUsers,
  changeProfile,
  createUser,
  reachUser,
  removeExternalUser,
  removeUser,
} from '../../../engine/operations.ts';
import { refused } from '../../errors/reasons.ts';
import { route, type Route } from '../../route.ts';
import { replyEmpty, replyWith } from '../shared/answers.ts';
import { ownFactors } from '../shared/external-user.ts';
import { tokenMembers, viewTokens } from '../shared/tokens-view.ts';
import { userPath } from '../shared/user-path.ts';
import { userView, viewUser } from '../shared/user-view.ts';

const tag = 'Users';

const paging = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  skip: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
});

/** This route belongs to two doors: a service removes its own users through it. */
export const removeUserRoute = route({
  method: 'delete',
  administers: 'others',
  path: '/users/{uid}',
  access: 'challenge',
  scope: { others: 'manage' },
  openToKeys: true,
  tag,
  summary: 'Remove a user and all their secrets',
  description: 'Needs fresh proof. A service removes its own users.',
  params: userPath,
  responses: { 204: { description: 'The user was removed.' } },
  async handle({ ctx, caller, params }) {
    if (caller.type === 'holder') return refused({ ok: false, reason: 'invalid_token' });
    if (caller.type === 'service') {
      const removed = await removeExternalUser(ctx, caller.service, params.uid);
      return removed.ok ? { status: 204 } : refused(removed, { forbidden: ownFactors });
    }
    const user = await reachUser(ctx, caller.session, params.uid);
    return replyEmpty(user.ok ? await removeUser(ctx, caller.session, user.value) : user);
  },
});

export const userRoutes: readonly Route[] = [
  route({
    method: 'post',
    administers: 'always',
    path: '/users',
    access: 'optional',
    scope: 'manage',
    openToKeys: true,
    tag,
    summary: 'Create a user',
    description:
      'An administrator creates a user of their account. If registration is open, anybody can register and is logged in.',
    body: newUserProfile,
    responses: {
      201: {
        description: 'The user. After a registration it has a `token`.',
        body: userView.extend({ token: z.string().optional() }),
      },
    },
    async handle({ ctx, caller, body }) {
      const { name, email = null, phone = null, firstName = null, lastName = null, password, account } = body;
      const profile = { name, email, phone, firstName, lastName, roles: ['user' as const] };
      const made = await createUser(ctx, caller, { ...profile, password, account });
      if (!made.ok)
        return refused(made, { password_needed: { status: 400, detail: 'A user who registers needs a password.' } });
      const { user, token } = made.value;
      return { status: 201, json: token === undefined ? viewUser(user) : { ...viewUser(user), token } };
    },
  }),
  route({
    method: 'get',
    path: '/users',
    access: 'session',
    scope: 'manage',
    openToKeys: true,
    tag,
    summary: "List the account's users",
    description: 'For administrators. Oldest first.',
    query: paging,
    responses: { 200: { description: 'The users.', body: z.array(userView) } },
    async handle({ ctx, caller, query }) {
      return replyWith(await browseUsers(ctx, caller, query), (users) => users.map(viewUser));
    },
  }),
  route({
    method: 'get',
    path: '/users/{uid}',
    access: 'session',
    scope: { own: 'none', others: 'manage' },
    openToServices: true,
    openToKeys: true,
    tag,
    summary: 'Read a user',
    params: userPath,
    responses: { 200: { description: 'The user.', body: userView } },
    async handle({ ctx, caller, params }) {
      return replyWith(await reachUser(ctx, caller, params.uid), viewUser);
    },
  }),
  route({
    method: 'patch',
    administers: 'others',
    path: '/users/{uid}',
    access: 'session',
    scope: { others: 'manage' },
    openToKeys: true,
    tag,
    summary: "Change a user's profile",
    description:
      'Absent members are not changed; null clears a member. Needs fresh proof. A new name, address or number ends the other sessions of the user; `token` is the next one of the session that changed its own.',
    params: userPath,
    body: profileChanges,
    responses: { 200: { description: 'The changed user.', body: userView.extend(tokenMembers) } },
    async handle({ ctx, caller, params, body }) {
      const user = await reachUser(ctx, caller, params.uid);
      const changed = user.ok ? await changeProfile(ctx, caller, { user: user.value, changes: body }) : user;
      return replyWith(changed, ({ user: written, ...tokens }) => ({ ...viewUser(written), ...viewTokens(tokens) }));
    },
  }),
  removeUserRoute,
];
