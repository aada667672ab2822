/**
 * The answers to each caller at each class of operations. Written by hand: if it were computed from the route table, it
 * could not contradict it. A new caller is a line in both tables, and its credential is made in `scene.ts`.
 *
 * | cell | the answer |
 * | --- | --- |
 * | ok | granted, or refused for nothing but the state of the user's factors (400, 409) |
 * | 401 | no credential that this route takes |
 * | aal1 | 401, `insufficient_user_authentication`: the password has to be proven again |
 * | aal2 | the same with `acr_values="aal2"`: a second factor has to be proven again |
 * | key | 403, `unattended_credential`: a session of a key or a device secret does not do this |
 * | scope | 403, `insufficient_scope`: the OAuth2 client does not do this |
 * | 403 | another refusal: only for administrators, for services, or for the users themselves |
 * | 404 | nothing that exists for this caller |
 *
 * Fresh sessions have proven their factors 15 minutes ago, stale ones a millisecond before that. `before a step-up` is
 * a token of an earlier generation, which keeps its assurance; `before a change` is one that a new password ended;
 * `stale + password` has one factor and sends it with every request that needs fresh proof.
 * A key of an administrator reads and writes nothing of others, unless it has `manage`. The sessions of a service have
 * its own user, secrets, sessions and step-up, and nothing else.
 */
import assert from 'node:assert/strict';

const words = ['ok', '401', 'aal1', 'aal2', 'key', 'scope', '403', '404'] as const;

export type Said = (typeof words)[number];

/**
 * At the caller's own user, sessions and challenges, and at routes that read no credential. `first-party`: closed to
 * OAuth2 clients. `enroll`: an app, which the enrollment token is for. `change`, `key`, `password`, `profile`: of second
 * factors, of keys and device secrets, of the password, of name and address. `service`: of a service's users.
 */
const own = `
                                  public  login  own  factors  first-party  step-up  challenge  enroll  enroll-other  change  key    password  profile  service
no credential                     ok      ok     401  401      401          401      401        401     401           401     401    401       401      401
half login                        ok      ok     401  401      401          403      ok         401     401           401     401    401       401      401
enrollment token                  ok      ok     401  401      401          401      401        ok      403           401     403    403       401      401
one factor                        ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
two factors                       ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
one factor, stale                 ok      ok     ok   ok       ok           ok       ok         aal1    aal1          aal1    aal1   ok        aal1     403
two factors, stale                ok      ok     ok   ok       ok           ok       ok         aal2    aal2          aal2    aal2   aal2      aal2     403
before a step-up                  ok      ok     ok   ok       ok           ok       ok         aal2    aal2          aal2    aal2   aal2      aal2     403
before a change                   ok      ok     401  401      401          401      401        401     401           401     401    401       401      401
apikey                            ok      ok     ok   ok       ok           ok       ok         key     key           key     key    key       key      403
device secret                     ok      ok     ok   ok       ok           ok       ok         key     key           key     key    key       key      403
client without scope              ok      ok     ok   scope    scope        ok       ok         scope   scope         scope   scope  scope     scope    403
client with mfa                   ok      ok     ok   ok       scope        ok       ok         ok      ok            ok      scope  scope     scope    403
client with manage                ok      ok     ok   scope    scope        ok       ok         scope   scope         scope   scope  scope     scope    403
administrator                     ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
administrator, one factor         ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
administrator, one factor, stale  ok      ok     ok   ok       ok           ok       ok         aal1    aal1          aal1    aal1   ok        aal1     403
administrator, stale + password   ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
administrator, stale              ok      ok     ok   ok       ok           ok       ok         aal2    aal2          aal2    aal2   aal2      aal2     403
administrator, apikey             ok      ok     ok   ok       ok           ok       ok         key     key           key     key    key       key      403
administrator, manage key         ok      ok     ok   ok       ok           ok       ok         key     key           key     key    key       key      403
other tenant                      ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
service, apikey                   ok      ok     401  401      401          ok       ok         401     401           401     401    401       401      ok
service, session of apikey        ok      ok     ok   ok       ok           ok       ok         key     key           key     key    key       key      ok
service, session of password      ok      ok     ok   ok       ok           ok       ok         ok      ok            ok      ok     ok        ok       403
disabled                          ok      ok     401  401      401          401      401        401     401           401     401    401       401      401
`;

/**
 * At other users, accounts and clients. `list` and `make`: of the caller's own account. `read` and `write`: in the root
 * and below it. `theirs`, `session`, `answer`: what only another user may do with their secrets, sessions, challenges.
 */
const others = `
                                  modules  list   make   client-read  client-write  read   write  theirs  session  answer
no credential                     401      401    401    401          401           401    401    401     401      401
half login                        401      401    401    401          401           401    401    401     401      404
enrollment token                  401      401    401    401          401           401    401    404     401      401
one factor                        ok       403    403    403          403           404    404    404     404      404
two factors                       ok       403    403    403          403           404    404    404     404      404
one factor, stale                 ok       403    403    403          403           404    404    404     404      404
two factors, stale                ok       403    403    403          403           404    404    404     404      404
before a step-up                  ok       403    403    403          403           404    404    404     404      404
before a change                   401      401    401    401          401           401    401    401     401      401
apikey                            ok       403    403    403          403           404    404    404     404      404
device secret                     ok       403    403    403          403           404    404    404     404      404
client without scope              scope    scope  scope  scope        scope         scope  scope  scope   scope    404
client with mfa                   scope    scope  scope  scope        scope         scope  scope  scope   scope    404
client with manage                ok       ok     ok     ok           ok            ok     ok     scope   scope    404
administrator                     ok       ok     ok     ok           ok            ok     ok     403     404      404
administrator, one factor         ok       ok     ok     ok           ok            ok     ok     403     404      404
administrator, one factor, stale  ok       ok     aal1   ok           aal1          ok     aal1   403     404      404
administrator, stale + password   ok       ok     ok     ok           ok            ok     ok     403     404      404
administrator, stale              ok       ok     aal2   ok           aal2          ok     aal2   403     404      404
administrator, apikey             key      key    key    key          key           key    key    403     404      404
administrator, manage key         key      ok     ok     key          key           ok     ok     403     key      404
other tenant                      ok       ok     ok     404          404           404    404    404     404      404
service, apikey                   401      401    401    401          401           401    401    401     401      404
service, session of apikey        403      403    403    403          403           403    403    403     404      404
service, session of password      403      403    403    403          403           403    403    403     404      404
disabled                          401      401    401    401          401           401    401    401     401      401
`;

type Cells = Readonly<Record<string, Said>>;

/** By caller, then by class. */
export const access: ReadonlyMap<string, Cells> = joined(readTable(own), readTable(others));

export const callerNames: readonly string[] = [...access.keys()];
export const classNames: readonly string[] = Object.keys(access.get('no credential') ?? {});

function joined(left: ReadonlyMap<string, Cells>, right: ReadonlyMap<string, Cells>): ReadonlyMap<string, Cells> {
  assert.deepEqual([...left.keys()], [...right.keys()], 'both tables have the same callers');
  return new Map([...left].map(([name, cells]) => [name, { ...cells, ...right.get(name) }]));
}

function readTable(text: string): ReadonlyMap<string, Cells> {
  const [head = '', ...lines] = text.split('\n').filter((line) => line !== '');
  const classes = head.trim().split(/ {2,}/);
  return new Map(
    lines.map((line) => {
      const [name = '', ...cells] = line.trim().split(/ {2,}/);
      assert.equal(cells.length, classes.length, `${name} has a cell for each class`);
      return [name, Object.fromEntries(classes.map((of, at) => [of, wordOf(cells[at], name)]))];
    }),
  );
}

function wordOf(cell: string | undefined, caller: string): Said {
  return words.find((word) => word === cell) ?? assert.fail(`${caller}: ${cell} is no answer`);
}
