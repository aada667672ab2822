/** What programs for developers share: their options, `--help`, and one line for a mistake. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

export type OptionsOf<Known extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Known }>
>['values'];

/** Runs `work` with the options of the command line. What fails is told in a line that begins with `name`, and the exit code is 1. */
export async function command<const Known extends ParseArgsOptionsConfig>(
  { name, help, options }: { readonly name: string; readonly help: string; readonly options: Known },
  work: (options: OptionsOf<Known>) => Promise<void>,
): Promise<void> {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
    if ((values as { readonly help?: boolean }).help) process.stdout.write(help);
    else await work(values);
  } catch (error) {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
