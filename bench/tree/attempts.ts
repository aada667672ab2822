import type { Insertable } from 'kysely';
import { day } from '../../src/base/clock.ts';
import { systemRandom, timeOrderedHex } from '../../src/base/random.ts';
import type { Tables } from '../../src/store/tables.ts';
import { prng } from '../../kit/prng.ts';

/** An account and users of it. */
type Group = { readonly account: string; readonly users: readonly string[] };

/** The users and accounts of the attempts. */
export type Population = {
  /** A tenth of all attempts. */
  readonly busy: Group;
  /** A twentieth of all attempts, nearly all successful logins with a password alone. */
  readonly plain: Group;
  /** A user in the busy account with few attempts, whatever the size of the tree. */
  readonly person: string;
  readonly others: readonly { readonly id: string; readonly account: string }[];
};

/** The time in which they happened. */
const span = 365 * day;
/** Attempts of the one person, and second factors in the plain account: as many in a small tree as in a big one. */
const rareCount = 120;

/** The row of each number, the oldest first: logins and second factors, of which one in ten fails. */
export function attemptRows(
  { busy, plain, person, others }: Population,
  all: number,
  now: number,
): (at: number) => Insertable<Tables['attempts']> {
  const draw = prng(all);
  const pick = <Value>(values: readonly Value[], otherwise: Value) =>
    values[Math.floor(draw() * values.length)] ?? otherwise;
  const every = Math.floor(all / rareCount);
  return (number) => {
    const at = Math.floor(now - span + (number * span) / all);
    const action = draw() < 0.5 ? 'login' : draw() < 0.9 ? 'answer' : 'send';
    const failed = draw() < 0.1;
    const { account } = busy;
    if (number % every === 0) return attempt({ at, action, failed, account, user: person });
    if (number % 10 === 1) return attempt({ at, action, failed, account, user: pick(busy.users, person) });
    const some = { at, account: plain.account, user: pick(plain.users, person) };
    if (number % every === 2) return attempt({ ...some, action: 'answer', failed: true });
    if (number % 20 === 3) return attempt({ ...some, action: 'login', failed: false });
    const other = pick(others, { id: person, account });
    return attempt({ at, action, failed, account: other.account, user: other.id });
  };
}

type AttemptFacts = {
  readonly at: number;
  readonly action: string;
  readonly failed: boolean;
  readonly account: string;
  readonly user: string;
};

function attempt({ at, action, failed, account, user }: AttemptFacts): Insertable<Tables['attempts']> {
  const hex = timeOrderedHex(systemRandom, at);
  return {
    id: `${new Date(at).toISOString().slice(0, 7).replace('-', '')}-${hex}`,
    at,
    account_id: account,
    user_id: user,
    action,
    auth_module: 'user_auth',
    factor: action === 'login' ? 'password' : 'totp',
    outcome: failed ? 'failed' : 'success',
    reason: failed ? 'wrong' : null,
    session_id: null,
    client_ip: '192.0.2.1',
    user_agent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0',
    request_id: hex,
    provider_name: action === 'login' ? null : 'totp',
    auth_config_origin: 'system',
    mfa_config_origin: 'system',
    object_id: null,
  };
}
