import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RequestHandler } from 'express';
import { ClipgraphError } from '../errors/index.js';

/** Connections over the limit that may wait for their refusal, as a multiple of it; more are closed unread. */
const REFUSABLE = 1;

/**
 * Keeps count of the connections. A client whose connection is one too many is told so, and when to come back: one that is
 * closed without a word looks like a server that has died.
 */
export class Connections {
  readonly #max: number;
  readonly #counted = new Set<Duplex>();

  /** @param maxConnections that are served at once */
  constructor(server: Server, maxConnections: number) {
    this.#max = maxConnections;
    server.maxConnections = maxConnections * (1 + REFUSABLE);
    server.on('connection', (socket) => {
      if (this.#counted.size >= maxConnections) return;
      this.#counted.add(socket);
      socket.once('close', () => this.#counted.delete(socket));
    });
  }

  /** Whether requests of this connection are served. */
  isServed(socket: Duplex): boolean {
    return this.#counted.has(socket);
  }

  /** Refuses what comes over a connection too many, which ends with the refusal. */
  readonly admission: RequestHandler = ({ socket }, response, next) => {
    if (this.isServed(socket)) {
      next();
      return;
    }
    response.setHeader('Connection', 'close');
    const message = `${this.#max} connections are open (server.maxConnections). Try again in a moment.`;
    next(new ClipgraphError('OVERLOADED', message));
  };
}
