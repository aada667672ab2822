import { z } from 'zod';

/** Lists stored as JSON text. A text that is not such a list is a fault and throws. */
const texts = z.array(z.string());
const roles = z.array(z.enum(['admin', 'service', 'user']));

export type Role = z.infer<typeof roles>[number];

export const readTexts = (json: string): readonly string[] => texts.parse(JSON.parse(json));

export const readRoles = (json: string): readonly Role[] => roles.parse(JSON.parse(json));
