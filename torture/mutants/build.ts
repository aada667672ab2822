import { change, copyProject } from '../../kit/copy-project.ts';
import type { Mutant } from './list.ts';

/** What an experiment needs. */
const parts = ['src', 'kit', 'torture', 'package.json'];

/** Copies the project into a folder and removes one guard from the copy. */
export function build(mutant: Mutant, folder: string): void {
  copyProject(folder, parts);
  change(folder, mutant);
}
