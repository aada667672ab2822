import type { History, Observation, Violation } from '../history.ts';
import { sessionStartsIn, did, isBefore, isChange, mayBeDisabled, mayOverlap, mayHave, surelyHad } from './facts.ts';

const rule = 'acknowledged changes are kept';

/** The password that an operation sets. */
const setBy = ({ op, sent }: Observation) =>
  op === 'register' ? sent.password : op === 'password' ? sent.newPassword : undefined;

/** The password that was acknowledged last works, and earlier ones do not. */
export function lostPasswords(timeline: readonly Observation[]): readonly Violation[] {
  const sets = timeline.filter((seen) => mayHave(seen) && setBy(seen) !== undefined);
  return timeline
    .filter(({ op }) => op === 'login' || op === 'grant')
    .flatMap((seen): Violation[] => {
      const { password } = seen.sent;
      const set = sets.find((one) => setBy(one) === password);
      if (!set) return [];
      const later = did(seen) && sets.find((one) => did(one) && isBefore(set, one) && isBefore(one, seen));
      if (later) return [{ rule, what: 'a password worked after it had been replaced', seen: [set, later, seen] }];
      const refused =
        seen.op === 'login' &&
        seen.code === 'invalid_credentials' &&
        did(set) &&
        isBefore(set, seen) &&
        !mayBeDisabled(timeline, seen);
      if (!refused || sets.some((one) => mayOverlap(one, set, seen))) return [];
      return [{ rule, what: 'the password that was set last was refused', seen: [set, seen] }];
    });
}

/** An enrolled authenticator is listed. */
export function lostAuthenticators(timeline: readonly Observation[]): readonly Violation[] {
  return timeline.filter(did).flatMap((seen) => {
    const { apps } = seen.received;
    if (!apps) return [];
    // The list of secrets has apps only.
    const missing = surelyHad(timeline, seen).find(
      ({ sent: { app = '' } }) => !(seen.op === 'list' && app === 'email') && !apps.includes(app),
    );
    return missing ? [{ rule, what: 'an enrolled authenticator is missing', seen: [missing, seen] }] : [];
  });
}

/** A node whose clock is behind refuses a new token as not yet valid. Access tokens live for an hour. Milliseconds. */
const minAge = 2 * 60_000;
const maxAge = 40 * 60_000;

/** A session is valid until an operation may have ended it. */
export function lostSessions(timeline: readonly Observation[], { speed }: History): readonly Violation[] {
  const sessionStarts = sessionStartsIn(timeline);
  const families = new Map(timeline.map(({ received }) => [received.refresh, received.session]));
  return timeline
    .filter(
      ({ op, outcome, code }) =>
        (op === 'check' || op === 'list') && outcome === 'refused' && code !== 'insufficient_scope',
    )
    .flatMap((seen) => {
      const { session = '' } = seen.sent;
      const sessionStart = sessionStarts.get(session);
      if (!sessionStart || !isBefore(sessionStart, seen)) return [];
      if ((seen.start - sessionStart.end) * speed < minAge || (seen.end - sessionStart.start) * speed > maxAge)
        return [];
      const mayEnd = (one: Observation) =>
        (one.op === 'end' && one.sent.ends === session) ||
        (isChange(one) && (one.sent.session !== session || one.sent.generation !== seen.sent.generation));
      // Reuse of a refresh token is refused, and ends the session.
      const reused = timeline.some(
        ({ op, outcome, sent }) => op === 'refresh' && outcome !== 'ok' && families.get(sent.refresh) === session,
      );
      if (reused || timeline.some((one) => mayEnd(one) && mayOverlap(one, sessionStart, seen))) return [];
      return [{ rule, what: 'a session that was not ended is refused', seen: [sessionStart, seen] }];
    });
}
