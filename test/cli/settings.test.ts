import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SetupError } from '../../src/base/fault.ts';
import { readSettings } from '../../src/cli/settings.ts';
import { variables, type Variable } from '../../src/cli/variables.ts';
import { cases } from './settings-cases.ts';

for (const [name, { read, absent, good, bad }] of Object.entries(cases)) {
  test(`${name} has its default`, () => {
    assert.equal(read(readSettings({})), absent);
  });

  test(`${name} is read`, () => {
    for (const [written, expected] of good) assert.equal(read(readSettings({ [name]: written })), expected, written);
  });

  test(`${name} with a bad value stops the start with a line that names it, and not the value`, () => {
    for (const written of bad) {
      const said = complaint({ [name]: written });
      assert.ok(said.startsWith(`${name}: `), said);
      assert.doesNotMatch(said, /\n/);
      if (written.length > 8) assert.ok(!said.includes(written), said);
    }
  });

  test(`${name} is in the help with its default`, () => {
    const { default: shown } = variables[name as Variable];
    const meant = {
      COUNTERSIGN_URL: 'http://localhost:PORT',
      COUNTERSIGN_ADMIN_PASSWORD: 'generated',
      COUNTERSIGN_CORS_ORIGINS: 'unset',
    }[name];
    assert.equal(shown, meant ?? String(absent ?? 'unset'));
  });
}

test('a COUNTERSIGN_ variable that is unknown stops the start and is named', () => {
  assert.match(complaint({ COUNTERSIGN_PROT: '8000' }), /^unknown variable COUNTERSIGN_PROT;/);
});

test('two mistakes are named in one line', () => {
  const said = complaint({ COUNTERSIGN_PROT: '8000', COUNTERSIGN_PORT: 'eight' });
  assert.match(said, /COUNTERSIGN_PORT/);
  assert.match(said, /COUNTERSIGN_PROT/);
  assert.doesNotMatch(said, /\n/);
});

test('a variable whose name has a line break is named in one line too', () => {
  assert.match(complaint({ 'COUNTERSIGN_A\nB': '' }), /^unknown variable COUNTERSIGN_A\\nB;/);
});

/** An empty place of the data is refused: the default would be a new installation. */
const places: readonly string[] = ['COUNTERSIGN_DATABASE', 'COUNTERSIGN_KEYS'];

for (const [name, { read, absent }] of Object.entries(cases).filter(([variable]) => !places.includes(variable)))
  test(`an empty ${name} counts as unset`, () => {
    assert.equal(read(readSettings({ [name]: '' })), absent);
  });

test('an empty variable that is unknown stops the start', () => {
  assert.match(complaint({ COUNTERSIGN_PROT: '' }), /^unknown variable COUNTERSIGN_PROT;/);
});

/** These have several rules, and say which one is broken. */
const detailed: readonly string[] = [
  'COUNTERSIGN_DATABASE',
  'COUNTERSIGN_GATEWAYS',
  'COUNTERSIGN_TEXTS',
  'COUNTERSIGN_ADMIN_USERNAME',
  'COUNTERSIGN_ADMIN_PASSWORD',
];

for (const [name, { bad }] of Object.entries(cases).filter(([variable]) => !detailed.includes(variable)))
  test(`${name} with a bad value says what is expected, as its reference does`, () => {
    for (const written of bad)
      assert.equal(complaint({ [name]: written }), `${name}: expected ${variables[name as Variable].type}`);
  });

test('variables of others are left alone', () => {
  assert.deepEqual(readSettings({ PORT: 'x', countersign_port: 'x', COUNTERSIGNX: 'x' }), readSettings({}));
});

function complaint(environment: Readonly<Record<string, string>>): string {
  try {
    readSettings(environment);
  } catch (error) {
    assert.ok(error instanceof SetupError);
    return error.message;
  }
  return assert.fail(`${JSON.stringify(environment)} was taken`);
}
