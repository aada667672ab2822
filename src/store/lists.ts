import { z } from 'zod';

/** Lists that are kept as JSON text. What does not read as one is a fault: nothing follows from it. */
const texts = z.array(z.string());
const roles = z.array(z.enum(['admin', 'service', 'user']));

export type Role = z.infer<typeof roles>[number];

export const readTexts = (json: string): readonly string[] => texts.parse(JSON.parse(json));

export const readRoles = (json: string): readonly Role[] => roles.parse(JSON.parse(json));
