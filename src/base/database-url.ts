import { z } from 'zod';

/** The form in which operators and applications write the location of a database. */
export const databaseForm =
  'sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME, with special characters percent-encoded';

/** pg verifies the certificate and the name in it with each of these, and warns of all but the last. */
const verifying = ['prefer', 'require', 'verify-ca', 'verify-full'];

/**
 * The parameters of a PostgreSQL URL, each with its values, or with none where it takes any text. pg ignores unknown
 * parameters, and some known ones would override the time limits of its connections, so only these are allowed.
 */
const parameters: Readonly<Record<string, readonly string[]>> = {
  application_name: [],
  host: [],
  options: [],
  prepare: ['true', 'false'],
  sslcert: [],
  sslkey: [],
  sslmode: ['disable', 'no-verify', ...verifying],
  sslrootcert: [],
};

export const databaseParameters: readonly string[] = Object.keys(parameters);

/** The URL of a database. The message names a wrong parameter, and nothing else of the URL, which holds a password. */
export const databaseUrl = z.string(`expected ${databaseForm}`).superRefine((text, context) => {
  const message = validationError(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

function validationError(text: string): string | undefined {
  const [location = '', ...rest] = text.split('?');
  const query = rest.join('?');
  // After an unescaped question mark in a password, the query holds the rest of the password and an @.
  if (!isLocation(location) || query.includes('@')) return `expected ${databaseForm}`;
  if (rest.length > 0 && location.startsWith('sqlite:'))
    return 'an SQLite database has no parameters: remove ? and the rest';
  const given = [...new URLSearchParams(query)];
  return given
    .map(([name, value], at) => {
      const values = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
      if (!values) return `unknown parameter ${JSON.stringify(name)}: expected one of ${databaseParameters.join(', ')}`;
      if (given.findIndex(([other]) => other === name) !== at) return `the parameter ${name} appears more than once`;
      if (values.length === 0 || values.includes(value)) return undefined;
      return `the parameter ${name}: expected one of ${values.join(', ')}`;
    })
    .find((found) => found !== undefined);
}

const isLocation = (text: string): boolean =>
  /^sqlite:./.test(text) || (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text));

/** The URL with the `sslmode` that says what pg does, so that pg does not warn. */
export const withoutSslWarning = (url: string): string =>
  url.replace(/([?&]sslmode=)([^&]*)/, (all, name: string, mode: string) =>
    verifying.includes(mode) ? `${name}verify-full` : all,
  );
