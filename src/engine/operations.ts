/**
 * What the house does, in the order of a user's life. Every operation takes the context first, reads the clock once, and answers with an
 * outcome; a door translates that into its dialect. Read `answer.ts` to see the four beats they share: claim, decide, advance, tell.
 */

/** Users: made by an administrator, or by themselves where registration is open. */
export { browseUsers, changeProfile, createUser, reachUser, removeUser } from './users.ts';

/** A first factor: answers with a session, or with a challenge when policy asks for a second. */
export { login } from './login.ts';

/** The reply to a challenge: opens the session it stood for. */
export { answer } from './answer.ts';

/** Sessions: who is calling, which ones are in force, and their end. */
export { authenticate, endSession, listSessions } from './sessions.ts';

/** Authenticators: what a user has, one more of it, its confirmation, its removal. */
export { browseAuthenticators } from './users.ts';
export { enroll } from './enroll.ts';
export { confirm } from './confirm.ts';
export { remove } from './remove.ts';

/** Passwords and recovery codes: renewed in place. */
export { setPassword } from './set-password.ts';
export { renewRecoveryCodes } from './recovery-codes.ts';

/** At the machine: the first start, help for somebody locked out, and forgetting what is over. */
export { prepareRoot } from './setup.ts';
export { addUser, disableMfa, findNamed, overridePassword, unlock } from './operator.ts';
export { sweep } from './sweep.ts';
