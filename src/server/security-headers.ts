import type { RequestHandler } from 'express';
import helmet from 'helmet';

const SELF = "'self'";
/** Where Apollo Sandbox comes from. */
const APOLLO_CDN = 'https://*.cdn.apollographql.com';
const APOLLO_EMBED = 'https://sandbox.embed.apollographql.com';

/** Strict: for the page and for everything that is not a page. */
const strict = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: [SELF],
      imgSrc: [SELF, 'blob:', 'data:'],
      objectSrc: ["'none'"],
      baseUri: [SELF],
      formAction: [SELF],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false, // A matter of the proxy that ends TLS.
  crossOriginResourcePolicy: false, // CORS decides who may read.
});

/** For the explorers, which bring scripts and styles inside their pages; the Sandbox also a frame and a CDN. */
const explorer = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: [SELF],
      scriptSrc: [SELF, "'unsafe-inline'", APOLLO_CDN],
      styleSrc: [SELF, "'unsafe-inline'", APOLLO_CDN, 'https://fonts.googleapis.com'],
      fontSrc: [SELF, 'data:', 'https://fonts.gstatic.com'],
      imgSrc: [SELF, 'data:', APOLLO_CDN],
      manifestSrc: [SELF, APOLLO_CDN],
      connectSrc: [SELF, 'ws:', 'wss:', APOLLO_CDN, APOLLO_EMBED],
      frameSrc: [SELF, APOLLO_EMBED],
      objectSrc: ["'none'"],
      baseUri: [SELF],
      frameAncestors: ["'none'"],
    },
  },
  strictTransportSecurity: false,
  crossOriginResourcePolicy: false,
  crossOriginOpenerPolicy: { policy: 'same-origin-allow-popups' }, // The Sandbox signs in through a pop-up.
});

const EXPLORER = /^\/(graphql|explorer\/)/;

/** What browsers are told about every answer. */
export const securityHeaders: RequestHandler = (request, response, next) => {
  (EXPLORER.test(request.path) ? explorer : strict)(request, response, next);
};
