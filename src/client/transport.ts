/** One request to the server: an operation of its OpenAPI document, and its input. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As the document writes it: `/users/{externalId}/factors`. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
};

/** The answer. `header` takes a name in lower case. */
export type ApiResponse = {
  readonly status: number;
  readonly json: unknown;
  readonly header: (name: string) => string | null;
};

/** How requests reach the server: over HTTP, or inside its own process. Throws if there was no answer. */
export type Transport = (asked: ApiRequest) => Promise<ApiResponse>;
