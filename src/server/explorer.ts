import path from 'node:path';
import express, { Router } from 'express';
import {
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginLandingPageLocalDefault,
  type ApolloServerPlugin,
} from '../graphql/apollo.js';
import { PACKAGE_ROOT, type Config } from '../config/index.js';
import type { Context } from '../graphql/index.js';
import { STARTING_OPERATIONS, STARTING_VARIABLES } from './starting-operations.js';

const GRAPHIQL_PATH = '/explorer/graphiql';
/** Built from the packages graphiql and react, so that it needs no network. */
const GRAPHIQL_FILES = path.join(PACKAGE_ROOT, 'dist', 'web', 'graphiql');

const GRAPHIQL_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Clipgraph · GraphiQL</title>
    <link rel="stylesheet" href="${GRAPHIQL_PATH}/graphiql.min.css" />
    <style>body { margin: 0; } #graphiql { height: 100vh; }</style>
  </head>
  <body>
    <div id="graphiql">Loading…</div>
    <script src="${GRAPHIQL_PATH}/react.production.min.js"></script>
    <script src="${GRAPHIQL_PATH}/react-dom.production.min.js"></script>
    <script src="${GRAPHIQL_PATH}/graphiql.min.js"></script>
    <script type="application/json" id="operations">${JSON.stringify(STARTING_OPERATIONS).replaceAll('<', '\\u003c')}</script>
    <script type="application/json" id="variables">${JSON.stringify(STARTING_VARIABLES, null, 2)}</script>
    <script>
      const variables = document.getElementById('variables').textContent;
      const operations = JSON.parse(document.getElementById('operations').textContent);
      ReactDOM.createRoot(document.getElementById('graphiql')).render(
        React.createElement(GraphiQL, {
          fetcher: GraphiQL.createFetcher({
            url: '/graphql',
            subscriptionUrl: location.origin.replace('http', 'ws') + '/graphql',
          }),
          defaultQuery: operations,
          variables,
          defaultEditorToolsVisibility: 'variables',
        }),
      );
    </script>
  </body>
</html>
`;

/** The Sandbox's page loads from a CDN: where that can't be reached, the browser goes to GraphiQL instead. */
const FALLBACK_SCRIPT = `<script>
  window.addEventListener('error', (event) => {
    if (event.target instanceof HTMLScriptElement) location.replace('${GRAPHIQL_PATH}');
  }, true);
</script>`;

function sandboxWithFallback(): ApolloServerPlugin<Context> {
  const sandbox = ApolloServerPluginLandingPageLocalDefault({
    embed: { runTelemetry: false },
    document: STARTING_OPERATIONS,
    variables: STARTING_VARIABLES,
    footer: false,
  });
  return {
    serverWillStart: async (service) => {
      const listener = await sandbox.serverWillStart?.(service);
      return {
        renderLandingPage: async () => {
          const page = await listener?.renderLandingPage?.();
          const html = typeof page?.html === 'function' ? await page.html() : (page?.html ?? '');
          return { html: html.replace('<head>', `<head>${FALLBACK_SCRIPT}`) };
        },
      };
    },
  };
}

function graphiql(): ApolloServerPlugin<Context> {
  return {
    serverWillStart: () =>
      Promise.resolve({ renderLandingPage: () => Promise.resolve({ html: GRAPHIQL_PAGE }) }),
  };
}

type Explorer = Config['server']['explorer'];

/** What a browser sees at `/graphql`. */
export function explorerPlugin(explorer: Explorer): ApolloServerPlugin<Context> {
  if (explorer === 'off') return ApolloServerPluginLandingPageDisabled();
  return explorer === 'graphiql' ? graphiql() : sandboxWithFallback();
}

/** GraphiQL's page and files. */
export function explorerRoutes(explorer: Explorer): Router {
  const routes = Router();
  if (explorer === 'off') return routes;
  routes.get(GRAPHIQL_PATH, (_request, response) => {
    response.type('html').send(GRAPHIQL_PAGE);
  });
  routes.use(GRAPHIQL_PATH, express.static(GRAPHIQL_FILES, { index: false }));
  return routes;
}
