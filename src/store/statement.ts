import type { Compilable, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.ts';

type Value = string | number | null;
type Values = Readonly<Record<string, Value | readonly Value[]>>;

type Compiled<Given, Row> = {
  readonly query: ReturnType<Compilable<Row>['compile']>;
  /** How to read each parameter from the values of a call. */
  readonly parameters: readonly ((given: Given) => unknown)[];
};

/**
 * A statement for every login or request. Kysely takes longer to build it than SQLite to run it, so it is compiled once
 * for each database and list length, with placeholders for the values. `build` gets these placeholders: it may insert
 * them into the statement and check whether a list is empty, but it must not read them.
 */
export function statement<Given extends Values, Row>(
  build: (db: Kysely<Tables>, given: Given) => Compilable<Row>,
): (db: Kysely<Tables>, given: Given) => Promise<QueryResult<Row>> {
  const cache = new WeakMap<object, Map<string, Compiled<Given, Row>>>();
  return async (db, given) => {
    // A database and its transactions share one adapter.
    const { adapter } = db.getExecutor();
    const ofDatabase = cache.get(adapter) ?? new Map<string, Compiled<Given, Row>>();
    cache.set(adapter, ofDatabase);
    const lengths = lengthsOf(given);
    const compiled = ofDatabase.get(lengths) ?? compile(db, given, build);
    ofDatabase.set(lengths, compiled);
    return db.executeQuery({ ...compiled.query, parameters: compiled.parameters.map((read) => read(given)) });
  };
}

const lengthsOf = (given: Values) =>
  Object.values(given)
    .filter((value) => Array.isArray(value))
    .map(({ length }) => length)
    .join();

function compile<Given extends Values, Row>(
  db: Kysely<Tables>,
  given: Given,
  build: (db: Kysely<Tables>, given: Given) => Compilable<Row>,
): Compiled<Given, Row> {
  // Placeholders are symbols, which throw if they are added or put into a text: a `build` that reads one fails at its
  // first call.
  const readers = new Map<unknown, (given: Given) => unknown>();
  const placeholder = (name: string, read: (given: Given) => unknown) => {
    const symbol = Symbol(name);
    readers.set(symbol, read);
    return symbol;
  };
  const placeholders = Object.entries(given).map(([name, value]) => [
    name,
    Array.isArray(value)
      ? value.map((_, at) => placeholder(name, (values) => Reflect.get(values[name] as readonly Value[], at)))
      : placeholder(name, (values) => values[name]),
  ]);
  const query = build(db, Object.fromEntries(placeholders) as Given).compile();
  const unused = [...readers.keys()].filter((symbol) => !query.parameters.includes(symbol));
  if (unused.length > 0) throw new Error(`a statement does not use these values: ${unused.map(String).join(', ')}`);
  return { query, parameters: query.parameters.map((parameter) => readers.get(parameter) ?? (() => parameter)) };
}
