// Takes the README's picture of the page: npm run screenshot
import { launchBrowser } from '../test/browser/chromium.js';
import { runServer } from '../test/running-server.js';

async function main(): Promise<void> {
  const server = await runServer();
  const browser = await launchBrowser();
  const page = await browser.newPage({ viewport: { width: 1000, height: 900 }, colorScheme: 'light' });
  await page.goto(server.url);
  await page.fill('#prompts', 'a dog\na puppy\na cat\na cup of coffee');
  await page.click('#examples button[title="a dog"]');
  await page.locator('#sentence', { hasText: 'a dog' }).waitFor();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: 'docs/images/page.png' });
  await browser.close();
  await server.close();
}

void main();
