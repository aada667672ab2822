import { change, copyProject } from '../../kit/copy-project.ts';
import type { Mutant } from './list.ts';

/** What an experiment runs on. */
const parts = ['src', 'kit', 'torture', 'package.json'];

/** Copies the project into a folder of its own and takes one guard out of the copy. */
export function build(mutant: Mutant, folder: string): void {
  copyProject(folder, parts);
  change(folder, mutant);
}
