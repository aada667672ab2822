import { z } from 'zod';
import type { Surviving } from '../../../engine/enrollment/set-password.ts';

/** The keys and device secrets that a user's new password does not end. */
export const survivingMember = { surviving: z.array(z.strictObject({ id: z.uuid(), type: z.string() })).optional() };

export const viewSurviving = (surviving: Surviving) => surviving.map(({ id, kind }) => ({ id, type: kind }));
