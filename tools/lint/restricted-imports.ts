import type { OxlintOverride } from 'oxlint';
import { forbiddenTo, isFile, ROOMS } from './rooms.ts';

/** Rooms that may ask the system for the time, for randomness and for timers. The others of src are handed them. */
export const ROOMS_WITH_A_CLOCK = ['src/base', 'src/cli'];

export const ambient = 'Time and randomness are arguments: use what is handed in.';

const AMBIENT_IMPORTS = [
  { regex: '^(?:node:)?(?:timers(?:/promises)?|perf_hooks|process)$', message: ambient },
  {
    regex: '^(?:node:)?crypto$',
    importNamePattern: '^(?:default|random.*|getRandomValues|webcrypto)$',
    message: ambient,
  },
];
const PACKAGES = { regex: '^[^.]', message: 'src/client imports nothing, so browsers run it as it is.' };
const DETOURS = { regex: '[^./]/\\.\\./|^\\./\\.\\./', message: 'Write the shortest path.' };

export const filesOf = (room: string): string => (isFile(room) ? room : `${room}/**`);

/**
 * One entry for each room with all that it may not import: of several entries for a file, oxlint takes the last and
 * not their sum.
 */
export function restrictedImports(): OxlintOverride[] {
  return ROOMS.map((room) => {
    const hasClock = !room.startsWith('src/') || ROOMS_WITH_A_CLOCK.includes(room);
    const patterns = [
      ...otherRooms(room),
      DETOURS,
      ...(hasClock ? [] : AMBIENT_IMPORTS),
      ...(room === 'src/client' ? [PACKAGES] : []),
    ];
    return { files: [filesOf(room)], rules: { 'no-restricted-imports': ['error', { patterns }] } };
  });
}

function otherRooms(room: string): { regex: string; message: string }[] {
  const paths = forbiddenTo(room).flatMap((other) => pathsTo(other, room));
  if (paths.length === 0) return [];
  const up = isFile(room) ? '(?:\\./|(?:\\.\\./)+)' : '(?:\\.\\./)+';
  return [
    {
      regex: `^${up}(?:${paths.join('|').replaceAll('.', '\\.')})(?:/|$)`,
      message: `${room} may import itself and the rooms of earlier rows in tools/lint/rooms.ts.`,
    },
  ];
}

/** How a specifier goes on after its `../`, from each folder that both rooms share: `http`, `src/http`. */
function pathsTo(other: string, room: string): string[] {
  const own = room.split('/');
  const names = other.split('/');
  const shared = names.findIndex((name, at) => name !== own[at]);
  return Array.from({ length: shared + 1 }, (_, from) => names.slice(from).join('/'));
}
