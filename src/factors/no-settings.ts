import { z } from 'zod';
import type { ProviderSpec } from './factor.ts';

const empty = z.strictObject({});

/** Of a factor that policy can require, and about which there is nothing to say. */
export const noSettings: ProviderSpec<z.infer<typeof empty>> = { schema: () => empty, secrets: [] };
