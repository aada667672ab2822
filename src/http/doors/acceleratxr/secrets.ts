import { z } from 'zod';
import {
  browseAuthenticatorsFor,
  confirm,
  enroll,
  makeKey,
  reachUser,
  remove,
  renewRecoveryCodes,
  setPassword,
} from '../../../engine/operations.ts';
import type { RequestContext } from '../../../engine/context.ts';
import type { Enrolled } from '../../../engine/enrollment/enroll.ts';
import type { IssuedTokens } from '../../../engine/session/issue-token.ts';
import type { EnrollmentActor } from '../../../engine/session/enrollment-actor.ts';
import type { Caller } from '../../../engine/session/authenticate.ts';
import { refused } from '../../errors/reasons.ts';
import { route, type Problem, type Reply, type Route } from '../../route.ts';
import { replyEmpty, replyWith } from '../shared/answers.ts';
import { codesView } from '../shared/codes-view.ts';
import { viewSurviving } from '../shared/surviving-view.ts';
import { tokenMembers, viewTokens } from '../shared/tokens-view.ts';
import { inputIn } from '../shared/factor-members.ts';
import { userPath } from '../shared/user-path.ts';
import {
  codeMember,
  enrolledView,
  isSecret,
  kindOf,
  madeSecretView,
  newSecretBody,
  secretPath,
  secretView,
  viewSecret,
} from './shapes.ts';

const common = { openToServices: true, tag: 'Secrets' } as const;

/** The caller's session is valid here and only the code is wrong, so the status is not 401. */
const wrongCodeProblem: Partial<Problem> = { status: 400, headers: {} };

export const secretRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/users/{uid}/secrets',
    access: 'session',
    scope: { own: 'mfa', others: 'manage' },
    openToKeys: true,
    ...common,
    summary: "List a user's secrets",
    params: userPath,
    responses: { 200: { description: 'The secrets, without their values.', body: z.array(secretView) } },
    async handle({ ctx, caller, params }) {
      return replyWith(await secretsOf(ctx, caller, params.uid), (secrets) => secrets.map(viewSecret));
    },
  }),
  route({
    method: 'get',
    path: '/users/{uid}/secrets/count',
    access: 'session',
    scope: { own: 'mfa', others: 'manage' },
    openToKeys: true,
    ...common,
    summary: "Count a user's secrets",
    params: userPath,
    responses: { 200: { description: 'The number of secrets.', body: z.strictObject({ count: z.int() }) } },
    async handle({ ctx, caller, params }) {
      return replyWith(await secretsOf(ctx, caller, params.uid), (secrets) => ({ count: secrets.length }));
    },
  }),
  route({
    method: 'post',
    // A key for another is an administrative write, and proven like one for oneself.
    administers: 'never',
    needsFreshProof: true,
    path: '/users/{uid}/secrets',
    access: 'enrollment',
    scope: { own: 'mfa' },
    ...common,
    summary: 'Create a secret of your own',
    description:
      'A password (one; setting it again needs `currentPassword`, or a fresh second factor), an API key, a device secret ' +
      'or an authenticator app (`mfa`, at most 5), which is active only after it is enrolled. Needs fresh proof, except for a password. ' +
      'A key may have an end, at most a year away. With the `scope` `manage`, which administrators give to a key of their own or of another ' +
      'administrator of their account, its sessions manage users, child accounts and providers without fresh proof; it ends after 90 days ' +
      'unless `expires_at` says otherwise, and for good when its user or maker is removed, disabled or demoted, or their password is reset.',
    params: userPath,
    body: newSecretBody,
    responses: { 200: { description: 'The secret.', body: madeSecretView } },
    async handle({ ctx, caller, params, body }) {
      if (body.type === 'apikey' && (body.scope ?? body.expires_at) !== undefined)
        return makeLimitedKey(ctx, caller, { uid: params.uid, body });
      if (!isOwn(caller, params.uid)) return refuseOthers(ctx, caller, params.uid);
      return makeSecret(ctx, caller, body);
    },
  }),
  route({
    method: 'post',
    administers: 'never',
    needsFreshProof: true,
    path: '/users/{uid}/secrets/codes',
    access: 'session',
    scope: { own: 'mfa' },
    ...common,
    summary: 'Renew your recovery codes',
    description: 'The old ones stop working. Needs fresh proof.',
    params: userPath,
    responses: { 200: { description: 'Ten new codes, shown only once.', body: codesView.extend(tokenMembers) } },
    async handle({ ctx, caller, params }) {
      if (!isOwn(caller, params.uid)) return refuseOthers(ctx, caller, params.uid);
      return replyWith(await renewRecoveryCodes(ctx, caller), ({ codes, ...tokens }) => ({
        codes,
        ...viewTokens(tokens),
      }));
    },
  }),
  route({
    method: 'get',
    path: '/users/{uid}/secrets/{secretId}',
    access: 'session',
    scope: { own: 'mfa', others: 'manage' },
    openToKeys: true,
    ...common,
    summary: 'Read a secret',
    params: secretPath,
    responses: { 200: { description: 'The secret, without its value.', body: secretView } },
    async handle({ ctx, caller, params }) {
      const secrets = await secretsOf(ctx, caller, params.uid);
      if (!secrets.ok) return refused(secrets);
      const secret = secrets.value.find(({ id }) => id === params.secretId);
      return secret ? { status: 200, json: viewSecret(secret) } : refused({ ok: false, reason: 'not_found' });
    },
  }),
  enrollRoute('/users/{uid}/secrets/{secretId}/enroll'),
  enrollRoute('/users/{uid}/secrets/{secretId}'),
  route({
    method: 'delete',
    administers: 'others',
    needsFreshProof: true,
    path: '/users/{uid}/secrets/{secretId}',
    access: 'session',
    scope: { own: 'mfa', others: 'manage' },
    openToKeys: true,
    ...common,
    summary: 'Remove a secret',
    description: 'The recovery codes are removed with the last authenticator app. Needs fresh proof.',
    params: secretPath,
    responses: { 204: { description: 'The secret was removed, and every other session of its user has ended.' } },
    async handle({ ctx, caller, params }) {
      const user = await reachUser(ctx, caller, params.uid);
      const authenticatorId = params.secretId;
      return replyEmpty(user.ok ? await remove(ctx, caller, { user: user.value, authenticatorId }) : user);
    },
  }),
];

/** Seed 002 names two paths for this route. */
function enrollRoute(path: string): Route {
  return route({
    method: 'put',
    administers: 'never',
    needsFreshProof: true,
    path,
    access: 'enrollment',
    scope: { own: 'mfa' },
    tag: common.tag,
    summary: 'Enroll an authenticator app',
    description: 'Confirm it with one of its codes. From then on a password login asks for one.',
    params: secretPath,
    body: z.strictObject({ token: codeMember }),
    responses: { 200: { description: 'It is active. Recovery codes, if there were none.', body: enrolledView } },
    async handle({ ctx, caller, params, body }) {
      if (!isOwn(caller, params.uid)) return refuseOthers(ctx, caller, params.uid);
      const confirmed = await confirm(ctx, caller, { authenticatorId: params.secretId, response: body.token });
      if (!confirmed.ok) return refused(confirmed, { wrong: wrongCodeProblem, replayed: wrongCodeProblem });
      const { recoveryCodes: codes, ...tokens } = confirmed.value;
      return { status: 200, json: { codes, ...viewTokens(tokens) } };
    },
  });
}

async function makeSecret(
  ctx: RequestContext,
  caller: EnrollmentActor,
  body: z.infer<typeof newSecretBody>,
): Promise<Reply> {
  const label = body.description ?? null;
  if (body.type === 'password') {
    // Without a session, the user cannot change the password of the login in progress.
    if (caller.type !== 'session') return refused({ ok: false, reason: 'forbidden' });
    return replyWith(await setPassword(ctx, caller, { secret: body.secret, label }), ({ surviving, ...made }) => ({
      ...viewMade(made),
      surviving: viewSurviving(surviving),
    }));
  }
  if (body.type === 'device') {
    const made = await enroll(ctx, caller, { kind: 'device', label, input: { secret: body.secret } });
    return replyWith(made, viewMade);
  }
  const kind = kindOf(body.type);
  const made = await enroll(ctx, caller, { kind, label, input: kind === 'totp' ? {} : inputIn(kind, body) });
  return replyWith(made, ({ authenticator, offer, ...tokens }) => ({
    ...viewMade({ authenticator, ...tokens }),
    secret: kind === 'apikey' ? offer['secret'] : offer,
  }));
}

type LimitedKey = { readonly uid: string; readonly body: Extract<z.infer<typeof newSecretBody>, { type: 'apikey' }> };

/** A key with an end, and perhaps a scope. */
async function makeLimitedKey(ctx: RequestContext, caller: EnrollmentActor, { uid, body }: LimitedKey): Promise<Reply> {
  if (caller.type !== 'session') return refused({ ok: false, reason: 'forbidden' });
  const user = await reachUser(ctx, caller, uid);
  if (!user.ok) return refused(user);
  const { description: label = null, scope, expires_at: end } = body;
  const expiresAt = end === undefined ? undefined : Date.parse(end);
  const made = await makeKey(ctx, caller, { user: user.value, label, scope, expiresAt });
  if (!made.ok) return refused(made, { forbidden: scope ? forAdministrators : onlyOwn });
  const { authenticator, offer, ...tokens } = made.value;
  return { status: 200, json: { ...viewMade({ authenticator, ...tokens }), secret: offer['secret'] } };
}

const forAdministrators = { detail: 'A key with `manage` is made by an administrator, for an administrator.' };
const onlyOwn = { detail: 'Only users themselves can do this.' };

type MadeSecret = Pick<Enrolled, 'authenticator'> & Partial<IssuedTokens>;

const viewMade = ({ authenticator, ...tokens }: MadeSecret) => ({
  ...viewSecret(authenticator),
  ...viewTokens(tokens),
});

async function secretsOf(ctx: RequestContext, caller: Caller, uid: string) {
  const user = await reachUser(ctx, caller, uid);
  if (!user.ok) return user;
  const authenticators = await browseAuthenticatorsFor(ctx, caller, user.value);
  return { ok: true as const, value: authenticators.filter(isSecret) };
}

const isOwn = (caller: EnrollmentActor, uid: string) => uid === 'me' || uid === caller.userId;

/** An administrator may list and remove a user's secrets, but never use one, and create keys with `manage` only. */
async function refuseOthers(ctx: RequestContext, caller: EnrollmentActor, uid: string): Promise<Reply> {
  if (caller.type !== 'session') return refused({ ok: false, reason: 'not_found' });
  const user = await reachUser(ctx, caller, uid);
  if (!user.ok) return refused(user);
  return refused({ ok: false, reason: 'forbidden' }, { forbidden: onlyOwn });
}
