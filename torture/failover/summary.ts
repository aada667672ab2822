import type { Observation, Violation } from '../history.ts';

/** A fault of the databases, and when it was injected: milliseconds by the clients' clock. */
export type InjectedFault = {
  readonly name: string;
  readonly injectedAt: number;
  /** When clients reached a working database again. */
  repairedAt: number;
};

export type FaultSummary = {
  readonly name: string;
  /** Milliseconds from the fault to its repair, and to the first login after that; the slowest answer until then. */
  readonly repaired: number;
  readonly login: number;
  readonly slowest: number;
  /** How many requests were sent from the fault to that login, and how many of them have an unknown outcome. */
  readonly requests: number;
  readonly unknown: number;
};

const logins: readonly Observation['op'][] = ['login', 'answer', 'grant'];

export function summarize({ name, injectedAt, repairedAt }: InjectedFault, seen: readonly Observation[]): FaultSummary {
  const login = Math.min(
    ...seen
      .filter(({ op, outcome, end }) => outcome === 'ok' && logins.includes(op) && end > repairedAt)
      .map(({ end }) => end),
  );
  const during = seen.filter(({ start, end }) => end >= injectedAt && start <= login);
  return {
    name,
    repaired: repairedAt - injectedAt,
    login: login - injectedAt,
    slowest: Math.max(...during.map(({ start, end }) => end - start)),
    requests: during.length,
    unknown: during.filter(({ outcome }) => outcome === 'unknown').length,
  };
}

/** The servers are up all the time, so every request has an answer. */
export function unanswered(seen: readonly Observation[]): readonly Violation[] {
  return seen
    .filter(({ status }) => status === undefined)
    .map((one) => ({ rule: 'every request is answered', what: 'no answer', seen: [one] }));
}

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(2)} s`.padStart(9);

export function summaryTable(all: readonly FaultSummary[]): string {
  const head = `  ${'fault'.padEnd(28)} ${['repaired', 'login', 'slowest', 'requests', 'unknown'].map((text) => text.padStart(9)).join(' ')}`;
  const lines = all.map(
    ({ name, repaired, login, slowest, requests, unknown }) =>
      `  ${name.padEnd(28)} ${seconds(repaired)} ${seconds(login)} ${seconds(slowest)} ${String(requests).padStart(9)} ${String(unknown).padStart(9)}`,
  );
  return [head, ...lines].join('\n');
}
