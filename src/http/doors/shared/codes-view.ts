import { z } from 'zod';

export const codesView = z.strictObject({ codes: z.array(z.string()) }).meta({
  id: 'RecoveryCodes',
  description: 'Recovery codes; each works once. Empty when the user already has codes.',
});
