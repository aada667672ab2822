import { html } from 'hono/html';
import { nameOf } from './example.ts';
import { operationId } from './openapi.ts';
import { example } from './operation.ts';
import { inline, type Markup } from './text.ts';
import type { Route } from '../route.ts';

type TourStep = { readonly text: string; readonly operation: string };

type Tour = {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly steps: readonly TourStep[];
};

/** The tasks of most applications, step by step. */
export const tours: readonly Tour[] = [
  {
    id: 'log-in-with-a-code',
    title: 'Log in with a password and a code',
    about: '',
    steps: [
      {
        text: 'Send name and password. A user without a second factor gets an access token at once. Otherwise the answer is 302 with a challenge token:',
        operation: 'POST /auth/password',
      },
      {
        text: 'Send the code that the authenticator app shows, with the challenge token. The answer is an access token:',
        operation: 'POST /auth/totp',
      },
      { text: 'Send the access token with every request:', operation: 'GET /users/{uid}/secrets/count' },
    ],
  },
  {
    id: 'enroll',
    title: 'Enroll an authenticator app',
    about: 'The user is logged in; `$TOKEN` is their access token, not older than 15 minutes.',
    steps: [
      {
        text: 'Create the secret. Show `otpauth_url` to the user as a QR code:',
        operation: 'POST /users/{uid}/secrets',
      },
      {
        text: 'Send a code that the app shows. The answer has recovery codes: show them once. From now on a login asks for a code:',
        operation: 'PUT /users/{uid}/secrets/{secretId}/enroll',
      },
    ],
  },
  {
    id: 'your-own-users',
    title: 'Ask your own users for a second factor',
    about:
      'Your application checks passwords itself, and is a service here: `countersign service add NAME` prints its API key, `$KEY`. `42` is your id for the user.',
    steps: [
      { text: 'Create the user:', operation: 'PUT /users/{uid}' },
      {
        text: 'Begin to enroll an authenticator app. Show `otpauth_url` as a QR code:',
        operation: 'POST /users/{externalId}/factors',
      },
      {
        text: 'Confirm it with a code that the app shows, and give the recovery codes to the user:',
        operation: 'POST /users/{externalId}/factors/{factorId}/confirm',
      },
      { text: 'At a login, ask for a second factor:', operation: 'POST /challenges' },
      {
        text: 'Send the code that the user typed. Let the user in if the answer is 200:',
        operation: 'POST /challenges/{id}/verify',
      },
    ],
  },
];

/** The tours whose operations all exist, because an installation may have closed some doors. */
export function toursOf(routes: readonly Route[]): readonly Tour[] {
  const names = new Set(routes.map(nameOf));
  return tours.filter(({ steps }) => steps.every(({ operation }) => names.has(operation)));
}

export function startHere(routes: readonly Route[]): Markup {
  const ids = new Map(routes.map((route) => [nameOf(route), operationId(route.method, route.path)]));
  const step = ({ text, operation }: TourStep) =>
    html`<li>${inline(text)} <a href="#${ids.get(operation)}">${operation}</a> ${example(operation)}</li>`;
  return html`<section id="start-here">
    <h2>Start here</h2>
    <p>
      The requests on this page are shell commands, and the answers are those of a real server.
      <code>$URL</code> is the address of this server, <code>$TOKEN</code> an access token. Values that change from run
      to run are shortened to <code>…</code>. Headers that every answer has are left out.
    </p>
    ${toursOf(routes).map(
      ({ id, title, about, steps }, at) =>
        html`<details ${at === 0 ? 'open' : ''}>
          <summary><h3>${title}</h3></summary>
          <div id="${id}">
            ${about === '' ? '' : html`<p>${inline(about)}</p>`}
            <ol>
              ${steps.map(step)}
            </ol>
          </div>
        </details>`,
    )}
  </section>`;
}
