/**
 * The rooms: folders and files that import in one direction. This is the one list that the linter's configuration
 * and its test are made from.
 */

/**
 * In their order: a room may import itself and the rooms of earlier rows. Rooms of one row may not import each other.
 * A file that stands alone is a room of its own.
 */
const ROWS: readonly (readonly string[])[] = [
  ['src/client'],
  ['src/base'],
  ['src/factors'],
  ['src/messages'],
  ['src/store'],

  ['src/engine/access-token.ts'],
  ['src/engine/reasons.ts'],
  ['src/engine/context.ts'],
  ['src/engine/policy'],
  ['src/engine/audit'],
  ['src/engine/session'],
  ['src/engine/proof'],
  ['src/engine/login'],
  ['src/engine/enrollment'],
  ['src/engine/challenge'],
  ['src/engine/directory'],
  ['src/engine/oauth'],
  ['src/engine/upkeep'],
  ['src/engine/operator'],
  ['src/engine/operations.ts'],

  ['src/http/problem-codes'],
  ['src/http/current-password.ts'],
  ['src/http/route.ts'],
  ['src/http/errors'],
  ['src/http/server'],
  ['src/http/describe'],
  ['src/http/doors/shared'],
  [
    'src/http/doors/acceleratxr',
    'src/http/doors/challenges',
    'src/http/doors/crossbar',
    'src/http/doors/deux',
    'src/http/doors/oauth2',
    'src/http/doors/system',
  ],
  ['src/http/doors/index.ts'],

  ['src/options.ts'],
  ['src/countersign.ts'],
  ['src/cli'],
  ['src/index.ts'],

  ['kit'],
  ['test', 'bench', 'torture'],
  ['tools'],
];

export const ROOMS: readonly string[] = ROWS.flat();

export const isFile = (room: string): boolean => room.endsWith('.ts');

/** The rooms that a room may not import. */
export function forbiddenTo(room: string): string[] {
  const row = ROWS.findIndex((rooms) => rooms.includes(room));
  return ROWS.slice(row)
    .flat()
    .filter((other) => other !== room);
}
