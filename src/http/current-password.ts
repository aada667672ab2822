import { z } from 'zod';

/**
 * The members of a body with which a user without a second factor proves themselves in the same request: their password,
 * by either name.
 */
const members = { current_password: z.string().optional(), currentPassword: z.string().optional() };

const onlyMembers = z.object(members).optional();

/** Adds the members to the schema of a body: to each of its variants, and in `data` where the body is an envelope. */
export function withCurrentPassword(body: z.ZodType): z.ZodType {
  if (body instanceof z.ZodDiscriminatedUnion) {
    const variants = body.options.map((variant) => withCurrentPassword(variant as z.ZodType));
    return z.discriminatedUnion(body.def.discriminator, variants as never);
  }
  if (!(body instanceof z.ZodObject)) return body;
  const { data } = body.shape as { readonly data?: z.ZodType };
  return data ? body.safeExtend({ data: withCurrentPassword(data) }) : body.safeExtend(members);
}

/** The body of a request that needs no other member. */
export const bodyOfCurrentPassword = (path: string): z.ZodType =>
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
