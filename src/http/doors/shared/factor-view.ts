import { z } from 'zod';
import { hintOf } from '../../../engine/operations.ts';
import type { Authenticator } from '../../../store/authenticators.ts';

/** One of a user's second factors. */
export const factorView = z.strictObject({
  id: z.uuid(),
  type: z.string(),
  label: z.string().nullable(),
  created_at: z.iso.datetime(),
  last_used_at: z.iso.datetime().nullable(),
  hint: z.string().optional(),
});

export function viewFactor(authenticator: Authenticator): z.infer<typeof factorView> {
  const { id, kind, label, createdAt, lastUsedAt } = authenticator;
  const hint = hintOf(authenticator);
  return {
    id,
    type: kind,
    label,
    created_at: new Date(createdAt).toISOString(),
    last_used_at: lastUsedAt === null ? null : new Date(lastUsedAt).toISOString(),
    ...(hint !== undefined && { hint }),
  };
}
