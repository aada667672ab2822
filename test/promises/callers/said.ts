/** The meaning of an answer for its caller, in any dialect. */
import { problemOf } from '../../../src/http/errors/reasons.ts';
import type { Answer } from '../../../kit/server.ts';

const unattended = problemOf({ ok: false, reason: 'unattended' }).detail;

/** Good requests for which only the state of the user's factors is wrong: one is enabled, none is, or none waits for a code. */
const states = [
  'Two factor authentication is already enabled.',
  'Two factor authentication is not enabled.',
  'Please enter a valid code.',
];

/** Passkeys have routes before they are a factor. */
const isReached = ({ status, text }: Answer) =>
  status < 400 || status === 501 || ((status === 400 || status === 409) && states.some((one) => text.includes(one)));

/** A cell of the table, or a status that no cell has. */
export function saidBy(answer: Answer): string {
  const { status, headers, text } = answer;
  const challenge = headers.get('www-authenticate') ?? '';
  if (isReached(answer)) return 'ok';
  if (status === 401)
    return challenge.includes('error="insufficient_user_authentication"') ? proofIn(challenge) : '401';
  if (status === 403 && challenge.includes('error="insufficient_scope"')) return 'scope';
  return status === 403 && text.includes(unattended) ? 'key' : String(status);
}

const proofIn = (challenge: string) => (challenge.includes('acr_values="aal2"') ? 'aal2' : 'aal1');
