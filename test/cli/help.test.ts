import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { variables } from '../../src/cli/variables.ts';
import manifest from '../../package.json' with { type: 'json' };
import { countersign, errorLineOf } from '../../kit/process.ts';

const commands = [
  'serve',
  'demo',
  'migrate',
  'doctor',
  'keys',
  'keys make',
  'keys list',
  'keys rotate',
  'keys reseal',
  'keys retire',
  'user',
  'user add',
  'user password',
  'user unlock',
  'user disable-mfa',
  'client',
  'client add',
  'client list',
  'client remove',
  'service',
  'service add',
  'import',
  'backup',
  'restore',
  'attempts',
  'attempts verify',
  'attempts prune',
  'attempts export',
  'message',
  'message test',
];

describe('help', { concurrency: 4 }, () => {
  test('--version tells the version of the package', async () => {
    assert.deepEqual(await countersign(['--version']), { code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });

  test('--help lists the commands', async () => {
    const { code, stdout } = await countersign(['--help']);
    assert.equal(code, 0);
    for (const command of commands.filter((name) => !name.includes(' ')))
      assert.match(stdout, new RegExp(`^ +${command} `, 'm'));
  });

  for (const command of commands) {
    test(`${command} --help says how it is used`, async () => {
      const { code, stdout, stderr } = await countersign([...command.split(' '), '--help']);
      assert.ok(stdout.startsWith(`Usage: countersign ${command} `), stdout);
      assert.deepEqual([code, stderr], [0, '']);
    });
  }

  test('serve --help lists every variable of the environment', async () => {
    const { stdout } = await countersign(['serve', '--help']);
    for (const name of Object.keys(variables)) assert.ok(stdout.includes(name), name);
  });
});

describe(
  'a mistake in how the program is called is one line on standard error and exit code 2',
  { concurrency: 4 },
  () => {
    const mistakes: readonly (readonly [what: string, args: readonly string[], said: RegExp])[] = [
      ['a command that is not there', ['srve'], /unknown command 'srve' \(Did you mean serve\?\)$/],
      ['a command of a group that is not there', ['user', 'remove'], /unknown command 'remove'/],
      ['an option that is not there', ['serve', '--port', '80'], /unknown option '--port'/],
      ['an argument too many', ['serve', 'now'], /too many arguments/],
      ['an argument that is missing', ['user', 'add'], /missing required argument 'name'/],
      ['a role that is not there', ['user', 'add', 'ada', '--role', 'boss'], /'boss' is invalid.*admin, service, user/],
      ['a mail address that is none', ['user', 'add', 'ada', '--email', 'ada', '--no-password'], /email: /],
      ['a phone number that is none', ['user', 'add', 'ada', '--phone', '555', '--no-password'], /phone: .*E\.164/],
      ['a name that can not be one', ['user', 'add', 'a:b', '--no-password'], /name: must not contain a colon/],
      [
        'two ways to a password',
        ['user', 'add', 'ada', '--password-stdin', '--generate-password'],
        /cannot be used with/,
      ],
      ['two ways to none', ['user', 'add', 'ada', '--password-stdin', '--no-password'], /cannot be used with/],
      ['no way to a password and no terminal', ['user', 'add', 'ada'], /no terminal .*--password-stdin/],
      ['no confirmation and no terminal', ['user', 'disable-mfa', 'ada'], /no terminal .*--yes/],
      ['a kind of key that is not there', ['keys', 'rotate', '--only', 'tls'], /sealing, mac, signing/],
      ['keys that are active too soon', ['keys', 'rotate', '--active-in', '29s'], /from 30s to 30d/],
      ['keys that are active too late', ['keys', 'rotate', '--active-in', '31d'], /from 30s to 30d/],
      ['a span that is none', ['keys', 'rotate', '--active-in', 'soon'], /from 30s to 30d/],
      ['keys of a ring that is not there', ['keys', 'rotate'], /no keys file .*COUNTERSIGN_KEYS/],
      ['a client without a grant', ['client', 'add', 'app'], /required option '--grant <grant>' not specified/],
      ['a grant that is not there', ['client', 'add', 'app', '--grant', 'implicit'], /password, refresh_token/],
      [
        'a scope that is none',
        ['client', 'add', 'app', '--grant', 'password', '--scope', 'a  b'],
        /scope: must be words separated by single spaces/,
      ],
      ['a client with a name that can not be one', ['client', 'add', ' ', '--grant', 'password'], /name: /],
      ['a channel that is not there', ['message', 'test', 'fax', '+12025550123'], /'fax' is invalid.*sms, email/],
      ['a test message to no number', ['message', 'test', 'sms', '555'], /sms: the number cannot receive messages/],
      [
        'a test message to no address',
        ['message', 'test', 'email', 'ada'],
        /email: the address cannot receive messages/,
      ],
      ['clients of a database that is not there', ['client', 'list'], /no database .*countersign\.db/],
      ['a user of a database that is not there', ['user', 'unlock', 'ada'], /no database .*countersign\.db/],
    ];
    for (const [what, args, said] of mistakes) {
      test(what, async () => {
        assert.match(errorLineOf(await countersign(args), 2), said);
      });
    }

    test('a database out of reach is one line, with sslmode too, of which pg would warn in many', async () => {
      const env = { COUNTERSIGN_DATABASE: 'postgres://127.0.0.1:1/name?sslmode=require' };
      assert.match(errorLineOf(await countersign(['migrate'], { env }), 1), /ECONNREFUSED/);
    });

    test('no command at all shows the help on standard error', async () => {
      const { code, stdout, stderr } = await countersign([]);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, /^Usage: countersign /);
    });

    for (const command of [
      ['serve'],
      ['migrate'],
      ['keys', 'make'],
      ['keys', 'rotate'],
      ['user', 'unlock', 'ada'],
      ['client', 'list'],
      ['message', 'test', 'email', 'a@example.com'],
    ]) {
      test(`an environment variable that ${command.join(' ')} does not know`, async () => {
        const ended = await countersign(command, { env: { COUNTERSIGN_PROT: '80', COUNTERSIGN_PORT: '0' } });
        assert.match(errorLineOf(ended, 2), /unknown variable COUNTERSIGN_PROT/);
      });
    }
  },
);
