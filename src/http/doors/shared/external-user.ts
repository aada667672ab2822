/** For a service that names a user with a login method here: such users manage their factors themselves. */
export const ownFactors = { detail: 'This user can log in and changes this themselves.' };
