import type { TypedDocumentString } from './generated/client.js';

interface Answer<Result> {
  readonly data?: Result | null;
  readonly errors?: readonly { readonly message: string }[];
}

const TOKEN = 'clipgraph-token';

function post(body: string): Promise<Response> {
  const token = sessionStorage.getItem(TOKEN);
  const authorization = token === null ? undefined : { authorization: `Bearer ${token}` };
  return fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...authorization },
    body,
  });
}

/**
 * Runs a generated operation; its variables and its result are typed.
 *
 * @throws Error with the server's sentence when the operation failed
 */
export async function request<Result, Variables>(
  operation: TypedDocumentString<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const body = JSON.stringify({ query: operation.toString(), variables });
  let response = await post(body);
  if (response.status === 401) {
    const token = window.prompt('This server asks for a token:');
    if (token !== null) {
      sessionStorage.setItem(TOKEN, token);
      response = await post(body);
    }
  }
  const { data, errors } = (await response.json()) as Answer<Result>;
  if (errors !== undefined && errors.length > 0) throw new Error(errors[0].message);
  if (data == null) throw new Error(`The server answered ${response.status} without data.`);
  return data;
}
