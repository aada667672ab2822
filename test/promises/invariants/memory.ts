/** What people remember of what they did, on which stage. */
import { decodeJwt } from 'jose';
import type { TestEngine } from '../../../kit/test-engine.ts';

export type Session = {
  readonly name: string;
  readonly id: string;
  /** The newest access token, and when it was issued: each enrollment gives the session another. */
  token: string;
  issuedAt: number;
  readonly madeAt: number;
  readonly program: boolean;
};
export type Challenge = { readonly name: string; readonly token: string; readonly madeAt: number };

export type Memory = {
  readonly sessions: Session[];
  readonly challenges: Challenge[];
  readonly passwords: Record<string, string[]>;
  readonly codes: Record<string, string[]>;
  readonly keys: Record<string, string[]>;
  /** Codes that opened something. */
  readonly used: Record<string, string[]>;
  /** Everything that may work once and did. */
  readonly consumed: Set<string>;
  /** How many sessions with a second factor came of it. */
  raised: number;
};

export type Stage = {
  readonly engine: TestEngine;
  readonly nodes: readonly TestEngine[];
  readonly ids: Readonly<Record<string, string>>;
  readonly memory: Memory;
};

export function remember({ engine, memory }: Stage, name: string, token: string, program: boolean): void {
  const madeAt = engine.clock.now();
  memory.sessions.push({ name, id: String(decodeJwt(token)['sid']), token, issuedAt: madeAt, madeAt, program });
}
