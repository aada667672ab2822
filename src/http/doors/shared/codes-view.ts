import { z } from 'zod';

export const codesView = z
  .strictObject({ codes: z.array(z.string()) })
  .meta({ id: 'RecoveryCodes', description: 'Recovery codes, each good once. Empty when the user has codes already.' });
