import { basic, openConnection } from '../kit/load/client.ts';
import { pick } from '../kit/load/clients.ts';
import type { Person } from '../kit/load/people.ts';

/** Milliseconds of each failed login, by its cause. Each cause is measured twice, to see the difference by chance. */
export type Times = Record<'unknown' | 'unknownAgain' | 'wrong' | 'wrongAgain', number[]>;

let unknownNames = 0;
let guesses = 0;

/** One request at a time, on one connection, in a random order for each cycle. */
export async function equalTime(url: string, people: readonly Person[], cycles: number): Promise<Times> {
  const times: Times = { unknown: [], unknownAgain: [], wrong: [], wrongAgain: [] };
  const kinds = ['unknown', 'unknownAgain', 'wrong', 'wrongAgain'] as const;
  const connection = await openConnection(url);
  for (let cycle = 0; cycle < cycles; cycle += 1) {
    for (const { kind } of kinds.map((one) => ({ kind: one, at: Math.random() })).toSorted((a, b) => a.at - b.at)) {
      // Each name has fewer than the five failures after which it is rate limited, and all names have one length.
      const name = kind.startsWith('unknown')
        ? `nobody-${numbered((unknownNames += 1))}`
        : pick(people, (guesses += 1)).name;
      const began = performance.now();
      const { status, text } = await connection.ask({
        path: '/auth/password',
        headers: basic(name, 'a wrong password'),
      });
      times[kind].push(performance.now() - began);
      if (status !== 401) throw new Error(`a wrong login answered ${status} ${text}`);
    }
  }
  connection.close();
  return times;
}

/** Makes names of one length. */
export const numbered = (number: number) => String(number).padStart(5, '0');
