import { z } from 'zod';
import { isPlainText } from '../../../base/text.ts';
import { accountReference, profileChanges } from '../../../engine/directory/profile.ts';
import { putExternalUser } from '../../../engine/operations.ts';
import { route, type Route } from '../../route.ts';
import { refused } from '../../errors/reasons.ts';
import { ownFactors } from '../shared/external-user.ts';
import { userView, viewUser } from '../shared/user-view.ts';

/** An application's own id for a user. `me` is the caller's uid, and a URL cannot have dots alone as a segment. */
export const externalId = z
  .string()
  .min(1)
  .max(128)
  .refine((text) => isPlainText(text) && !/^(?:me|\.{1,2})$/.test(text), 'is not a valid user id');

export const externalProfile = profileChanges.omit({ name: true }).extend({ account: accountReference.optional() });

/** Users of an application with its own user table: they have factors here, but no password. */
export const externalUserRoutes: readonly Route[] = [
  route({
    method: 'put',
    path: '/users/{uid}',
    access: 'service',
    tag: 'External users',
    summary: "Create or change a user of a service's application",
    description:
      '`uid` is the id that the application has for the user: their name here. Absent members are not changed; null clears a member. Of ids that differ only in case, the second is refused.',
    params: z.strictObject({ uid: externalId }),
    body: externalProfile,
    responses: {
      200: { description: 'The changed user.', body: userView },
      201: { description: 'The new user.', body: userView },
    },
    async handle({ ctx, caller, params, body: { account, ...profile } }) {
      const result = await putExternalUser(ctx, caller, { externalId: params.uid, account, profile });
      if (!result.ok) return refused(result, { forbidden: ownFactors });
      return { status: result.value.made ? 201 : 200, json: viewUser(result.value.user) };
    },
  }),
];
