import { SetupError } from '../../base/fault.ts';
import { CommandFailed } from '../explain.ts';
import { readSettings, type ServerSettings } from '../settings.ts';
import { checkClock } from './clock.ts';
import { checkDatabase } from './database.ts';
import { ok, problem, type Finding } from './finding.ts';
import { checkKeys } from './keys.ts';
import { checkGateways, checkUrl } from './setup.ts';

export type DoctorOptions = { readonly json?: true };

/** Checks everything that a server needs. It creates, migrates and sends nothing. */
export async function examine({ json }: DoctorOptions): Promise<void> {
  const findings = await findAll();
  process.stdout.write(json ? `${JSON.stringify(findings, null, 2)}\n` : findings.map(lineOf).join(''));
  const problems = findings.filter(({ level }) => level === 'problem').length;
  if (problems > 0) throw new CommandFailed(problems === 1 ? 'found one problem' : `found ${problems} problems`);
}

async function findAll(): Promise<readonly Finding[]> {
  const settings = settingsOf();
  if ('check' in settings) return [settings];
  const { keys, ring } = checkKeys(settings);
  return [
    ok('configuration', 'all variables are known and valid'),
    ...checkUrl(settings),
    ...checkGateways(settings),
    ...keys,
    ...(await checkDatabase(settings, ring)),
    ...(await checkClock(settings)),
  ];
}

function settingsOf(): ServerSettings | Finding {
  try {
    return readSettings(process.env);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    return problem('configuration', error.message, 'see countersign serve --help; nothing else was checked');
  }
}

const lineOf = ({ check, level, state, advice }: Finding) =>
  `${level.padEnd(7)}  ${check.padEnd(14)} ${state}${advice === undefined ? '' : `: ${advice}`}\n`;
