/** For a service that names a user who can log in here: such users manage their factors themselves. */
export const ownFactors = { detail: 'Only the user can change this, because the user can log in here.' };
