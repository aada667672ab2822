/**
 * A rule that oxlint lacks: `new Date()`, `new Date` and `Date()` read the system's clock; `new Date(time)` does not.
 */
type Callee = { readonly type: string; readonly name?: string };
type Call = { readonly callee: Callee; readonly arguments: readonly unknown[] };
type RuleContext = { report(problem: { message: string; node: Call }): void };

function isCurrentDate({ callee, arguments: given }: Call): boolean {
  return callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0;
}

function create(context: RuleContext) {
  const check = (node: Call): void => {
    if (isCurrentDate(node)) context.report({ message: 'Time is an argument: use what is handed in.', node });
  };
  return { NewExpression: check, CallExpression: check };
}

export default { meta: { name: 'clock' }, rules: { 'no-current-date': { create } } };
