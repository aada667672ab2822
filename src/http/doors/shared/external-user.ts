/** Told to a service that reaches for somebody who has a way in here. */
export const ownFactors = { detail: 'This user can log in and changes this themselves.' };
