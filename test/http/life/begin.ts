import assert from 'node:assert/strict';
import { member, type Answer, type Call, type Server } from '../../../kit/server.ts';

/** Something secret that a life brought forth, and in how many answers it may have stood. */
export type Secret = { readonly what: string; readonly value: string; readonly answers: 0 | 1 };

/** A life on a server: it asks for a status, and keeps what is secret. */
export type Life = {
  readonly server: Server;
  readonly secrets: readonly Secret[];
  readonly keep: (what: string, answers: 0 | 1, ...values: readonly string[]) => void;
  readonly ask: (status: number, method: string, path: string, options?: Call) => Promise<Answer>;
};

export function begin(server: Server): Life {
  const secrets: Secret[] = [];
  const keep = (what: string, answers: 0 | 1, ...values: readonly string[]): void => {
    secrets.push(...values.map((value) => ({ what, value, answers })));
  };
  const ask = async (status: number, method: string, path: string, options: Call = {}) => {
    const answer = await server.call(method, path, options);
    assert.equal(answer.status, status, `${answer.asked} ${answer.text}`);
    for (const name of ['token', 'challenge_token', 'mfa_token', 'access_token', 'refresh_token', 'backup_code'])
      if (status < 400 && (answer.json as Record<string, unknown> | undefined)?.[name])
        keep(name, 1, member(answer, name));
    return answer;
  };
  return { server, secrets, keep, ask };
}
