/** Attempts without logins, and findings of the log's verification. */
import { verifyStrayRows } from '../src/engine/audit/verify-stray-rows.ts';
import { verifyChains, type LogFinding } from '../src/engine/audit/verify-chains.ts';
import type { RequestContext } from '../src/engine/context.ts';
import { logRefusal, type AttemptFacts } from '../src/engine/audit/log-attempt.ts';
import type { PlacedRow } from '../src/store/attempt-chain-rows.ts';
import { type TestEngine } from './test-engine.ts';

/** Logs failed attempts of one user, a millisecond apart, with a value in every column. */
export async function logFailedAttempts(
  engine: TestEngine,
  times: number,
  userId: string,
  more: Partial<AttemptFacts> = {},
): Promise<void> {
  const tried = {
    action: 'login',
    accountId: engine.root,
    userId,
    authModule: 'password',
    factor: 'password',
    sessionId: 'session',
    providerName: 'totp',
    authConfigOrigin: 'system',
    mfaConfigOrigin: 'account',
    objectId: 'object',
    detail: 'more about it',
    ...more,
  };
  for (let time = 0; time < times; time += 1) {
    engine.clock.tick(1);
    await logRefusal(engine.ctx.at(), tried, 'wrong');
  }
}

/** A user's attempts in the order of their chain. */
export async function rowsOf({ ctx }: TestEngine, userId: string): Promise<readonly PlacedRow[]> {
  return ctx.store.db
    .selectFrom('attempts')
    .selectAll()
    .where('user_id', '=', userId)
    .orderBy('seq')
    .$narrowType<{ seq: number }>()
    .execute();
}

/** All findings of the verification. */
export async function findingsIn(ctx: RequestContext, accountId?: string): Promise<readonly LogFinding[]> {
  const findings: LogFinding[] = [];
  for await (const { finding } of verifyChains(ctx, accountId, () => {})) if (finding) findings.push(finding);
  return [...findings, ...(await verifyStrayRows(ctx, accountId)).findings];
}

/** A finding: what is wrong, in which chain, where, and with which row. */
export const brief = ({ what, strand, seq, id }: LogFinding) => [what, strand, seq, id] as const;
