import type { History, Seen, Violation } from '../history.ts';
import { birthsIn, did, isBefore, isChange, mayBeBetween, mayHave, surelyHad } from './facts.ts';

const rule = 'what was acknowledged is kept';

/** What sets a password, and which. */
const setBy = ({ op, sent }: Seen) =>
  op === 'register' ? sent.password : op === 'password' ? sent.newPassword : undefined;

/** The password that was acknowledged last is the one that works, and those before it are not. */
export function lostPasswords(life: readonly Seen[]): readonly Violation[] {
  const sets = life.filter((seen) => mayHave(seen) && setBy(seen) !== undefined);
  return life
    .filter(({ op }) => op === 'login' || op === 'grant')
    .flatMap((seen): Violation[] => {
      const { password } = seen.sent;
      const set = sets.find((one) => setBy(one) === password);
      if (!set) return [];
      const later = did(seen) && sets.find((one) => did(one) && isBefore(set, one) && isBefore(one, seen));
      if (later) return [{ rule, what: 'a password worked after it had been replaced', seen: [set, later, seen] }];
      const refused = seen.op === 'login' && seen.code === 'invalid_credentials' && did(set) && isBefore(set, seen);
      if (!refused || sets.some((one) => mayBeBetween(one, set, seen))) return [];
      return [{ rule, what: 'the password that was set last was refused', seen: [set, seen] }];
    });
}

/** An authenticator that was enrolled is among those that its user has. */
export function lostAuthenticators(life: readonly Seen[]): readonly Violation[] {
  return life.filter(did).flatMap((seen) => {
    const { apps } = seen.got;
    if (!apps) return [];
    // The list of secrets knows apps alone.
    const missing = surelyHad(life, seen).find(
      ({ sent: { app = '' } }) => !(seen.op === 'list' && app === 'email') && !apps.includes(app),
    );
    return missing ? [{ rule, what: 'an authenticator that was enrolled is gone', seen: [missing, seen] }] : [];
  });
}

/** A token names an instant, and nodes whose clocks are behind refuse it until then. Access tokens live for an hour. Milliseconds. */
const young = 2 * 60_000;
const old = 40 * 60_000;

/** A session that was opened is in force until something may have ended it. */
export function lostSessions(life: readonly Seen[], { speed }: History): readonly Violation[] {
  const births = birthsIn(life);
  const families = new Map(life.map(({ got }) => [got.refresh, got.session]));
  return life
    .filter(({ op, outcome }) => (op === 'check' || op === 'list') && outcome === 'refused')
    .flatMap((seen) => {
      const { session = '' } = seen.sent;
      const birth = births.get(session);
      if (!birth || !isBefore(birth, seen)) return [];
      if ((seen.start - birth.end) * speed < young || (seen.end - birth.start) * speed > old) return [];
      const mayEnd = (one: Seen) =>
        (one.op === 'end' && one.sent.ends === session) || (isChange(one) && one.sent.session !== session);
      // A refresh token that comes back ends its session, and is refused.
      const reused = life.some(
        ({ op, outcome, sent }) => op === 'refresh' && outcome !== 'ok' && families.get(sent.refresh) === session,
      );
      if (reused || life.some((one) => mayEnd(one) && mayBeBetween(one, birth, seen))) return [];
      return [{ rule, what: 'a session is gone that nobody ended', seen: [birth, seen] }];
    });
}
