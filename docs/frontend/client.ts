import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { OperationTypeNode } from 'graphql';
import { createClient } from 'graphql-ws';

/**
 * An Apollo Client for a Clipgraph server: queries over HTTP, subscriptions over WebSocket.
 *
 * @param server such as `http://127.0.0.1:4000`
 * @param token one of the server's `auth.tokens`, if it has any
 */
export function createApolloClient(server: string, token?: string): ApolloClient {
  const authorization: Record<string, string> =
    token === undefined ? {} : { authorization: `Bearer ${token}` };
  const overHttp = new HttpLink({ uri: `${server}/graphql`, headers: authorization });
  const overWebSocket = new GraphQLWsLink(
    createClient({ url: `${server.replace(/^http/, 'ws')}/graphql`, connectionParams: authorization }),
  );
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      overWebSocket,
      overHttp,
    ),
    // A match has no id: it is kept where it was answered, with the prompt and the photos that it answers.
    cache: new InMemoryCache(),
  });
}
