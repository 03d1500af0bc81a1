import { ApolloProvider } from '@apollo/client/react';
import { createRoot } from 'react-dom/client';
import { Progress, Search } from './app';
import { createApolloClient } from './client';

const server = new URLSearchParams(location.search).get('server') ?? 'http://127.0.0.1:4000';
const texts = Array.from({ length: 200 }, (_, i) => `caption number ${i}`);
const root = document.getElementById('root');
if (root === null) throw new Error('The page has no #root.');

createRoot(root).render(
  <ApolloProvider client={createApolloClient(server)}>
    <Search />
    <Progress texts={texts} />
  </ApolloProvider>,
);
