/** Told to a service that reaches for somebody who has a way in here. */
export const ownFactors = { detail: 'Users who can log in here change this themselves.' };
