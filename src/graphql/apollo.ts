/**
 * All that is used of Apollo Server. The build bundles it into this file, so that the published package does not depend
 * on it: docs/decisions/0009-apollo-is-bundled.md says why.
 *
 * @module
 */
export { ApolloServer, HeaderMap, type ApolloServerPlugin, type HTTPGraphQLResponse } from '@apollo/server';
export { ApolloServerErrorCode, unwrapResolverError } from '@apollo/server/errors';
export { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
export { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
export { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
