// A bare node:http server that reads a body and answers with the bytes that it was started with: what an answer costs at least.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

const answer = Buffer.from(process.argv[2], 'base64');
const server = http.createServer((request, response) => {
  request
    .on('data', () => undefined)
    .on('end', () => {
      response.writeHead(200, {
        'content-type': 'application/json; charset=utf-8',
        'content-length': answer.length,
      });
      response.end(answer);
    });
});
server.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.on('disconnect', () => process.exit(0));
