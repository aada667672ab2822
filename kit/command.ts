/** For developers' programs: options, `--help`, and one line for an error. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

export type OptionsOf<Known extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ options: Known }>
>['values'];

/** Runs `work` with the command line's options. An error is printed in one line that begins with `name`, and the exit code is 1. */
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
