import { z } from 'zod';

/**
 * The body members for the current password, which is fresh proof for a user without a second factor. Both spellings are
 * accepted.
 */
const members = { current_password: z.string().optional(), currentPassword: z.string().optional() };

const onlyMembers = z.object(members).optional();

/** Adds these members to a body schema: to each variant of a union, or inside `data`. */
export function withCurrentPassword(body: z.ZodType): z.ZodType {
  if (body instanceof z.ZodDiscriminatedUnion) {
    const variants = body.options.map((variant) => withCurrentPassword(variant as z.ZodType));
    return z.discriminatedUnion(body.def.discriminator, variants as never);
  }
  if (!(body instanceof z.ZodObject)) return body;
  const { data } = body.shape as { readonly data?: z.ZodType };
  return data ? body.safeExtend({ data: withCurrentPassword(data) }) : body.safeExtend(members);
}

/** The schema for a route that otherwise has no body. Routes below `/v2/` wrap it in `data`. */
export const currentPasswordBody = (path: string): z.ZodType =>
  path.startsWith('/v2/') ? z.object({ data: onlyMembers }).optional() : onlyMembers;

/** Takes the password out of a parsed body. */
export function takeCurrentPassword(body: unknown): { readonly rest: unknown; readonly currentPassword?: string } {
  const { data, ...around } = enveloped.safeParse(body).data ?? {};
  if (data) {
    const { rest, ...taken } = takeCurrentPassword(data);
    return { rest: { ...around, data: rest }, ...taken };
  }
  const own = z.looseObject(members).safeParse(body);
  if (!own.success) return { rest: body };
  const { current_password, currentPassword = current_password, ...rest } = own.data;
  return { rest, ...(currentPassword !== undefined && { currentPassword }) };
}

const enveloped = z.looseObject({ data: z.looseObject({}) });
