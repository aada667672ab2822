import { bytesOf } from '../bytes.ts';
import type { Reading } from '../found.ts';
import { readBetterAuth } from './better-auth.ts';
import { readDjango } from './django.ts';
import { readJsonLines } from './jsonl.ts';
import { readKeycloak } from './keycloak.ts';
import { readMigrations } from './otpauth-migration.ts';

type ReadOptions = { readonly secondFactors?: boolean };
type SourceReader = (file: string, environment: NodeJS.ProcessEnv, said: ReadOptions) => Reading;

/** What can be read, by its name on the command line. */
export const formats = {
  jsonl: (file) => readJsonLines(bytesOf(file)),
  'better-auth': (file, { BETTER_AUTH_SECRET: secret }) => readBetterAuth(file, secret),
  django: (file, _environment, { secondFactors }) => readDjango(file, secondFactors),
  keycloak: readKeycloak,
  'otpauth-migration': (file) => readMigrations(bytesOf(file)),
} satisfies Record<string, SourceReader>;

export type Format = keyof typeof formats;
