import { html } from 'hono/html';
import { errorFormats } from './error-formats.ts';
import { example } from './operation.ts';
import { inline, type Markup } from './text.ts';

const credentials: readonly (readonly [name: string, how: string, from: string])[] = [
  [
    'Access token',
    '`Authorization: Bearer TOKEN`. `Token TOKEN`, `JWT TOKEN` and the header `X-Auth-Token: TOKEN` are accepted too.',
    'A login. It belongs to a session, and is valid for an hour unless the policy of the account sets another time.',
  ],
  [
    'API key of a service',
    '`Authorization: Bearer KEY`.',
    '`countersign service add NAME`, or `POST /users/{uid}/secrets` by a user whose role is `service`. It does not expire.',
  ],
  [
    'Name and secret',
    'HTTP Basic. The secret is a password, an API key or a device secret.',
    'Only to log in at `/auth/password`. Other logins take them in the body.',
  ],
  [
    'Challenge token',
    '`Authorization: Bearer TOKEN` at `/challenges/current`, or in the body.',
    'A login that needs a second factor, or a new challenge. It is valid for that challenge alone, for three minutes in most cases.',
  ],
  [
    'Enrollment token',
    '`Authorization: Bearer TOKEN`.',
    'A login that is refused with `mfa_enrollment_required`. For ten minutes it can enroll the required factor, and nothing else.',
  ],
  [
    'Client id and secret',
    'HTTP Basic, or `client_id` and `client_secret` in the body.',
    '`POST /oauth2/clients`. Only for OAuth 2.0.',
  ],
];

export const authentication = (): Markup =>
  html`<section id="authentication">
    <h2>Authentication</h2>
    <p>Each operation says which of these it takes. Send one of them.</p>
    <table>
      <thead>
        <tr>
          <th>Credential</th>
          <th>How to send it</th>
          <th>Where it comes from</th>
        </tr>
      </thead>
      <tbody>
        ${credentials.map(
          ([name, how, from]) =>
            html`<tr>
              <th>${name}</th>
              <td>${inline(how)}</td>
              <td>${inline(from)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p>
      <b>Fresh proof</b> is a session in which the user proved a second factor in the last 15 minutes, or logged in then
      where they have none. Changes to factors, names and addresses need it, and administrative writes do. Without it
      the answer is 401 with <code>WWW-Authenticate</code> as in RFC 9470: prove a second factor again with
      <code>POST /challenges</code>. A session that was made with an API key or a device secret never has it: the answer
      is 403.
    </p>
  </section>`;

const formats: readonly (readonly [format: keyof typeof errorFormats, title: string, text: string])[] = [
  [
    'problem',
    'Problem details',
    'Most operations: `application/problem+json` (RFC 9457). `code` is a stable word for programs, `detail` a sentence for people. ' +
      '`errors` names the wrong members by JSON Pointer.',
  ],
  [
    'deux',
    "Deux's errors",
    'Below `/mfa`: JSON as Django REST framework writes it. Either `detail` with a sentence, or a list of sentences for each wrong ' +
      'member, where `non_field_errors` is about the request as a whole.',
  ],
  [
    'oauth2',
    'OAuth 2.0 errors',
    'At `/mfa/oauth2/token`, `/oauth2/introspect` and `/oauth2/revoke`: `error` is a word of RFC 6749, `error_description` and ' +
      '`detail` are a sentence.',
  ],
  [
    'crossbar',
    "Crossbar's envelope",
    'Below `/v2`: every answer is an envelope. `data` has the result, and `status` is `"success"` or `"error"`. The other members are ' +
      '`timestamp`, `version`, `node`, `request_id`, the `auth_token` that was sent and, if the document can change, its `revision` ' +
      '(send it back in `If-Match`). With an error, `error` is the status, `message` a word for programs, and `data` has the details. The ' +
      'tables below show `data` only.',
  ],
];

export const errors = (path: string): Markup =>
  html`<section id="errors">
    <h2>Errors</h2>
    <p>
      The status means the same everywhere, the body depends on the path. <code>X-Request-Id</code> finds the request in
      the log of the server. <a href="${path}/problems">Every error code</a> has a page, and the <code>type</code> of a
      problem is its URL.
    </p>
    <ul class="statuses">
      ${statuses.map(([status, meaning]) => html`<li><b>${status}</b> ${inline(meaning)}</li>`)}
    </ul>
    ${formats.map(
      ([format, title, text]) =>
        html`<details>
          <summary><h3>${title}</h3></summary>
          <div id="${errorFormats[format].id}">
            <p>${inline(text)}</p>
            ${example(errorFormats[format].example)}
          </div>
        </details>`,
    )}
  </section>`;

const statuses: readonly (readonly [status: number, meaning: string])[] = [
  [400, 'The request is invalid.'],
  [401, 'A credential is missing, wrong or insufficient: see `WWW-Authenticate`.'],
  [403, 'The credential is valid, but does not permit this.'],
  [404, 'Not found, or not visible to you.'],
  [409, 'The request conflicts with the current state.'],
  [412, 'The `revision` in `If-Match` is an old one.'],
  [429, 'Too many attempts or messages: wait as long as `Retry-After` says.'],
  [503, 'Temporarily unavailable: try again after `Retry-After`.'],
];
