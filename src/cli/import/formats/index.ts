import { bytesOf } from '../bytes.ts';
import type { Reading, SourceOptions } from '../found.ts';
import { twoPasses } from '../passes.ts';
import { readBetterAuth } from './better-auth.ts';
import { readDjango } from './django.ts';
import { readJsonLines } from './jsonl.ts';
import { readKeycloak } from './keycloak.ts';
import { readMigrations } from './otpauth-migration.ts';

type SourceReader = (file: string, options: SourceOptions, environment: NodeJS.ProcessEnv) => Reading;

/** The readers, by the names of their formats on the command line. */
export const formats = {
  jsonl: (file) => readJsonLines(twoPasses(file)),
  'better-auth': (file, options, { BETTER_AUTH_SECRET: secret }) => readBetterAuth(file, secret, options),
  django: (file, options) => readDjango(twoPasses(file), options),
  keycloak: (file, options) => readKeycloak(twoPasses(file), options),
  'otpauth-migration': (file) => readMigrations(bytesOf(file)),
} satisfies Record<string, SourceReader>;

export type Format = keyof typeof formats;
