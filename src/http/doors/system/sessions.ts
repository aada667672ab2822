import { z } from 'zod';
import { endOtherSessions, endSession, endSessionsOf, listSessions, reachUser } from '../../../engine/operations.ts';
import type { LiveSession } from '../../../store/sessions.ts';
import { assuranceOf } from '../../../engine/session/assurance.ts';
import type { Caller } from '../../../engine/session/authenticate.ts';
import { refused } from '../../errors/reasons.ts';
import { route, type Reply, type Route } from '../../route.ts';
import { replyEmpty } from '../shared/answers.ts';
import { userPath } from '../shared/user-path.ts';

const tag = 'Sessions';

export const sessionView = z
  .strictObject({
    sid: z.uuid(),
    current: z.boolean(),
    auth_module: z.string(),
    amr: z.array(z.string()),
    acr: z.enum(['aal1', 'aal2']),
    auth_time: z.iso.datetime(),
    expires_at: z.iso.datetime(),
    client_ip: z.string().nullable(),
    user_agent: z.string().nullable(),
  })
  .meta({ id: 'Session' });

/** The common part of the routes that end sessions of a user. */
const ending = {
  administers: 'others',
  access: 'session',
  scope: { others: 'manage' },
  openToServices: true,
  openToKeys: true,
  tag,
} as const;

export const sessionRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/sessions',
    access: 'session',
    openToServices: true,
    scope: 'none',
    tag,
    summary: 'List your sessions',
    responses: { 200: { description: 'The active sessions, newest first.', body: z.array(sessionView) } },
    handle: async ({ ctx, caller }) => replySessions(await listSessions(ctx, caller), caller),
  }),
  route({
    method: 'delete',
    administers: 'never',
    path: '/sessions',
    access: 'session',
    openToServices: true,
    // Closed to OAuth2 clients, which end only their own.
    scope: {},
    tag,
    summary: 'End all your other sessions',
    description: 'The session of this request goes on.',
    query: z.object({
      known_devices: z
        .enum(['true', 'false'])
        .optional()
        .describe('Also end known devices, once there are any. Has no effect yet.'),
    }),
    responses: { 204: { description: 'The other sessions have ended; their tokens are no longer valid.' } },
    handle: async ({ ctx, caller }) => replyEmpty(await endOtherSessions(ctx, caller)),
  }),
  route({
    method: 'delete',
    administers: 'never',
    path: '/sessions/current',
    access: 'session',
    openToServices: true,
    scope: 'none',
    tag,
    summary: 'Log out',
    responses: { 204: { description: 'The session has ended; its token is no longer valid.' } },
    handle: async ({ ctx, caller }) => replyEmpty(await endSession(ctx, caller, caller.id)),
  }),
  route({
    method: 'delete',
    administers: 'never',
    path: '/sessions/{sid}',
    access: 'session',
    openToServices: true,
    scope: { own: 'none' },
    tag,
    summary: 'End one of your sessions',
    params: z.strictObject({ sid: z.uuid() }),
    responses: { 204: { description: 'The session has ended; its token is no longer valid.' } },
    handle: async ({ ctx, caller, params }) => replyEmpty(await endSession(ctx, caller, params.sid)),
  }),
];

/** Of users of the account, for its administrators; and by `me` or their own id, of the users themselves. */
export const userSessionRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/users/{uid}/sessions',
    access: 'session',
    scope: { own: 'none', others: 'manage' },
    openToServices: true,
    openToKeys: true,
    tag,
    summary: "List a user's sessions",
    description: 'Of a user of your account or of one below it, for administrators; or your own.',
    params: userPath,
    responses: { 200: { description: 'The active sessions, newest first.', body: z.array(sessionView) } },
    async handle({ ctx, caller, params }) {
      const user = await reachUser(ctx, caller, params.uid);
      if (!user.ok) return refused(user);
      return replySessions(await listSessions(ctx, { userId: user.value.id }), caller);
    },
  }),
  route({
    method: 'delete',
    path: '/users/{uid}/sessions',
    ...ending,
    summary: "End all of a user's sessions",
    description:
      'Of a user of your account or of one below it, for administrators; needs fresh proof. Of your own, all except the session of this request.',
    params: userPath,
    responses: { 204: { description: 'The sessions have ended; their tokens are no longer valid.' } },
    async handle({ ctx, caller, params }) {
      const user = await reachUser(ctx, caller, params.uid);
      return replyEmpty(user.ok ? await endSessionsOf(ctx, caller, { user: user.value }) : user);
    },
  }),
  route({
    method: 'delete',
    path: '/users/{uid}/sessions/{sid}',
    ...ending,
    summary: "End one of a user's sessions",
    description:
      'Of a user of your account or of one below it, for administrators; needs fresh proof. Or one of your own.',
    params: userPath.extend({ sid: z.uuid() }),
    responses: { 204: { description: 'The session has ended; its token is no longer valid.' } },
    async handle({ ctx, caller, params: { uid, sid } }) {
      const user = await reachUser(ctx, caller, uid);
      return replyEmpty(user.ok ? await endSessionsOf(ctx, caller, { user: user.value, sessionId: sid }) : user);
    },
  }),
];

const replySessions = (sessions: readonly LiveSession[], caller: Caller): Reply => ({
  status: 200,
  json: sessions.map((session) => viewSession(session, caller)),
});

function viewSession(session: LiveSession, caller: Caller): z.infer<typeof sessionView> {
  return {
    sid: session.id,
    current: session.id === caller.id,
    auth_module: session.authModule,
    amr: [...session.amr],
    acr: assuranceOf(session),
    auth_time: new Date(session.authTime).toISOString(),
    expires_at: new Date(session.expiresAt).toISOString(),
    client_ip: session.clientIp,
    user_agent: session.userAgent,
  };
}
