import { z } from 'zod';
import { endSession, listSessions } from '../../../engine/operations.ts';
import type { LiveSession } from '../../../store/sessions.ts';
import { assuranceOf } from '../../../engine/session/assurance.ts';
import type { Caller } from '../../../engine/session/authenticate.ts';
import { route, type Route } from '../../route.ts';
import { replyEmpty } from '../shared/answers.ts';

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
    async handle({ ctx, caller }) {
      const sessions = await listSessions(ctx, caller);
      return { status: 200, json: sessions.map((session) => viewSession(session, caller)) };
    },
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
