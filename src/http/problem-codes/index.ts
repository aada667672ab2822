import { authentication } from './authentication.ts';
import { changes } from './changes.ts';
import { factors } from './factors.ts';
import { oauth2 } from './oauth2.ts';
import type { ProblemMeaning } from './problem-code.ts';
import { requests } from './requests.ts';
import { server } from './server.ts';

/** Every problem code and its meaning. Problems, the pages at `/problems/{code}` and docs/errors.md are made from it. */
const meanings = { ...requests, ...authentication, ...factors, ...changes, ...oauth2, ...server };

export type ProblemCode = keyof typeof meanings;

export const problemCodes = Object.keys(meanings) as readonly ProblemCode[];

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(meanings, code);

export const meaningOf = (code: ProblemCode): ProblemMeaning => meanings[code];

const codesOf = <Code extends ProblemCode>(group: Readonly<Record<Code, ProblemMeaning>>) =>
  Object.keys(group) as Code[];

type ProblemGroup = { readonly title: string; readonly codes: readonly ProblemCode[] };

/** The codes in groups, as documents list them. */
export const problemGroups: readonly ProblemGroup[] = [
  { title: 'Requests', codes: codesOf(requests) },
  { title: 'Authentication and permissions', codes: codesOf(authentication) },
  { title: 'Factors, passwords and messages', codes: codesOf(factors) },
  { title: 'Users, accounts and settings', codes: codesOf(changes) },
  { title: 'OAuth 2.0', codes: codesOf(oauth2) },
  { title: 'Server', codes: codesOf(server) },
];
