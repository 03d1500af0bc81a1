import type { Browser } from 'playwright-core';
import { runServer } from '../running-server.js';
import { launchBrowser } from './chromium.js';
import { describeInBrowser } from './describe-in-browser.js';

describeInBrowser('the explorer', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  // The Sandbox comes from a CDN, which is refused here: the page must fall back by itself.
  it.each(['sandbox', 'graphiql'] as const)(
    '%s answers the first question in a browser without a network',
    async (explorer) => {
      const server = await runServer({ server: { explorer } });
      try {
        const page = await browser.newPage();
        await page.route('**/*', (route) =>
          route.request().url().startsWith(server.url)
            ? route.continue()
            : route.abort('internetdisconnected'),
        );
        await page.goto(`${server.url}/graphql`, { waitUntil: 'commit' });
        // The button opens a menu once the document's operations are known.
        await page.locator('.graphiql-execute-button[aria-haspopup="menu"]').click();
        await page.getByRole('menuitem', { name: 'Similarity', exact: true }).click();
        await page.locator('.result-window', { hasText: '"cosine": 0.59' }).waitFor();
        expect(await page.locator('.result-window').textContent()).toContain('"name": "cpu"');
        await page.close();
      } finally {
        await server.close();
      }
    },
  );

  it('runs a subscription in GraphiQL', async () => {
    const server = await runServer({ server: { explorer: 'graphiql' } });
    try {
      const page = await browser.newPage();
      const query = 'subscription { embedStream(inputs: [{text: "a"}, {text: "b"}]) { completed total } }';
      await page.goto(`${server.url}/graphql`);
      // The button opens a menu while the document holds several operations, and runs the only one of another.
      const button = page.locator('.graphiql-execute-button');
      await button.and(page.locator('[aria-haspopup="menu"]')).waitFor();
      // As text: the tests know no DOM.
      const editor = "document.querySelector('.graphiql-query-editor .CodeMirror').CodeMirror";
      await page.evaluate(`${editor}.setValue(${JSON.stringify(query)})`);
      await button.and(page.locator(':not([aria-haspopup])')).click();
      await page.locator('.result-window', { hasText: '"completed": 2' }).waitFor();
      await page.close();
    } finally {
      await server.close();
    }
  });

  it('is Apollo Sandbox by default, with the starting operations and without telemetry', async () => {
    const server = await runServer();
    try {
      const html = await (await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } })).text();
      expect(html).toContain('embeddable-sandbox.cdn.apollographql.com');
      expect(html).toContain('query Similarity');
      expect(html).toMatch(/runTelemetry[^,]*false/);
    } finally {
      await server.close();
    }
  });

  it('is not there when it is off', async () => {
    const server = await runServer({ server: { explorer: 'off' } });
    try {
      const response = await fetch(`${server.url}/graphql`, { headers: { accept: 'text/html' } });
      expect(response.headers.get('content-type')).toContain('application/json');
      expect((await fetch(`${server.url}/explorer/graphiql`)).status).toBe(404);
    } finally {
      await server.close();
    }
  });
});
