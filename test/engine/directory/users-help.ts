import type { NewUser } from '../../../src/engine/directory/create-user.ts';
import type { House } from '../../../kit/house.ts';

export const input = (name: string, more: Partial<NewUser> = {}): NewUser => ({
  name,
  email: null,
  phone: null,
  firstName: null,
  lastName: null,
  roles: ['user'],
  ...more,
});

export const password = 'a good password';

export const addAdmin = (home: House, account?: string) =>
  home.addPerson('admin', { roles: ['admin'], ...(account !== undefined && { account }) });
