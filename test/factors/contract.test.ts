import { factors, type Kind } from '../../src/factors/registry.ts';
import { factorContract, type Owner } from '../contracts/factor.ts';
import { owners } from './owners.ts';

const ownerOf: Record<Kind, Owner> = owners;

// Object.keys forgets which keys there are.
for (const kind of Object.keys(factors) as Kind[]) {
  factorContract(factors[kind], ownerOf[kind]);
}
