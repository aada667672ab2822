/**
 * What the house does, in the order of a user's life. Every operation takes the context of its request first, then its caller and its
 * input, and answers with an outcome; a door translates that into its dialect. Read `answer.ts` to see the four beats they share: claim, decide, advance, tell.
 */

/** Users: made by an administrator, or by themselves where registration is open. */
export { browseUsers, ownProfile, reachUser } from './directory/reach-user.ts';
export { changeProfile, removeUser } from './directory/change-user.ts';
export { createUser } from './directory/create-user.ts';

/** A first factor: answers with a session, or with a challenge when policy asks for a second. */
export { login } from './login/login.ts';

/** Both factors in one request, for dialects that keep no state between two. */
export { loginWithBothFactors } from './login/login-with-both-factors.ts';

/** The reply to a challenge: opens the session it stood for. */
export { answerLogin } from './login/answer-login.ts';
export { sendCode } from './proof/send-code.ts';

/** Challenges beside logins: a service, or a session that steps up, has a user prove a second factor. */
export { authenticateChallengeActor } from './challenge/challenge-actor.ts';
export { reachChallenge, reachFactor } from './challenge/reach-challenge.ts';
export { createChallenge } from './challenge/create-challenge.ts';
export { answerChallenge } from './challenge/answer-challenge.ts';

/** Services: applications that check the first factor of their own users, make these users, and manage their factors. */
export { ensureService, makeServiceKey } from './directory/make-service.ts';
export { manageExternalUser, reachExternalUser } from './directory/manage-external-user.ts';
export { putExternalUser, removeExternalUser } from './directory/put-external-user.ts';

/** Sessions: who is calling, which ones are in force, and their end. */
export { authenticate } from './session/authenticate.ts';
export { endSession, listSessions } from './session/list-sessions.ts';

/** Authenticators: what a user has, one more of it, its confirmation, its removal. */
export { browseAuthenticators } from './directory/reach-user.ts';
export { secondFactors } from './policy/second-factors.ts';
export { hintOf } from './proof/send-code.ts';
export { enroll } from './enrollment/enroll.ts';
export { confirm } from './enrollment/confirm.ts';
export { authenticateEnrollmentActor } from './session/enrollment-actor.ts';
export { remove } from './enrollment/remove.ts';
export { turnOffMfa } from './enrollment/turn-off-mfa.ts';

/** Passwords and recovery codes: renewed in place. */
export { setPassword } from './enrollment/set-password.ts';
export { codesLeft, renewBackupCode, renewRecoveryCodes } from './enrollment/recovery-codes.ts';

/** OAuth2: clients, the password and refresh grants, what a token is worth, and its end. */
export { browseClients, managedAccount, proveClient, reachClient } from './oauth/reach-client.ts';
export { changeClient, makeClient, removeClient } from './oauth/change-client.ts';
export { introspect } from './oauth/introspect.ts';
export { passwordGrant } from './oauth/password-grant.ts';
export { refresh } from './oauth/refresh-grant.ts';
export { revoke } from './oauth/revoke.ts';

/** Accounts: the tree an administrator reaches, the users of one, and the log of who tried what there. */
export { browseAbove, browseBelow, reachAccount, accountOf } from './directory/reach-account.ts';
export { changeAccount, makeAccount, removeAccount } from './directory/change-account.ts';
export { moveAccount } from './directory/move-account.ts';
export { browseUsersOf, makeUserOf, reachUserOf, changeUserOf } from './directory/account-users.ts';
export { explain } from './policy/explain.ts';
export { namesIn } from './policy/named-providers.ts';
export { readSecurity } from './policy/read-security.ts';
export { writeSecurityOf } from './directory/write-security.ts';
export { previewSecurity } from './policy/preview.ts';
export { browseAttempts, reachAttempt } from './audit/browse-attempts.ts';

/** Providers: what an account, or the system, configures as a second factor. */
export { browseProviders, reachProvider, reachSystem, showProvider } from './directory/reach-provider.ts';
export { makeProvider, patchProvider, removeProvider, replaceProvider } from './directory/change-provider.ts';

/** At the machine: the first start, help for somebody locked out, the log of attempts as a whole, keys that rotate, and forgetting what is over. */
export { prepareRoot } from './operator/prepare-root.ts';
export { addClient, clientsOf, dropClient } from './operator/manage-clients.ts';
export { addUser } from './operator/add-user.ts';
export { administratorsWithoutMfa } from './policy/second-factors.ts';
export { disableMfa } from './operator/disable-mfa.ts';
export { findNamed } from './operator/find-user.ts';
export { overridePassword } from './operator/override-password.ts';
export { unlock } from './operator/unlock.ts';
export { findExistingUsers, findTargetAccount, importUsers, judgeSourceUser } from './operator/import-users.ts';
export { findLog, readAttempts } from './audit/read-log.ts';
export { verifyStrayRows } from './audit/verify-stray-rows.ts';
export { verifyChains } from './audit/verify-chains.ts';
export { pruneAttempts } from './audit/prune-attempts.ts';
export { countToReseal, reseal } from './upkeep/reseal.ts';
export { usesOf } from './upkeep/key-use.ts';
export { settleRestored } from './operator/restore.ts';
export { deleteExpired } from './upkeep/delete-expired.ts';
export { sendNotices } from './upkeep/send-notices.ts';
