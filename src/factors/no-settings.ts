import { z } from 'zod';
import type { ProviderSpec } from './factor.ts';

const empty = z.strictObject({});

/** For a factor that policy can require but that has nothing to configure. */
export const noSettings: ProviderSpec<z.infer<typeof empty>> = { schema: () => empty, secrets: [] };
