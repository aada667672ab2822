/** Written by `npm run docs`: what the factors take that have no type of their own here. */
export type OtherFactors = {};
