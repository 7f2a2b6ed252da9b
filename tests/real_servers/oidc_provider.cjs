// A token service: npm's oidc-provider with the client credentials grant. Standard input has JSON: where it listens
// and which clients it has. "listening" on standard output means that it answers.
const { createServer } = require('https');
const { readFileSync } = require('fs');
const { pathToFileURL } = require('url');

const options = JSON.parse(readFileSync(0, 'utf8'));
const stale = new Set(options.clients.filter((client) => client.stale).map((client) => client.client_id));
const mailboxes = new Map(options.clients.map((client) => [client.client_id, client.mailbox]));

import(pathToFileURL(require.resolve('oidc-provider'))).then(({ default: Provider }) => {
  const provider = new Provider(options.issuer, {
    clients: options.clients.map(({ client_id, client_secret }) => ({
      client_id,
      client_secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: 'client_secret_post',
    })),
    jwks: { keys: [options.key] },
    scopes: [options.scope],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => options.audience,
        getResourceServerInfo: () => ({
          scope: options.scope,
          audience: options.audience,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: (context, token) => ({ mailbox: mailboxes.get(token.clientId) }),
    formats: {
      customizers: {
        jwt: (context, token, jwt) => {
          jwt.header = { typ: 'JWT' }; // Dovecot 2.3 takes no other type
          // As a cache does that never looks at the time: the token is an hour too old when it is handed out.
          if (stale.has(token.clientId)) {
            jwt.payload.iat -= 7200;
            jwt.payload.exp = jwt.payload.iat + 3600;
          }
        },
      },
    },
  });
  const answer = provider.callback();
  const prefix = new URL(options.issuer).pathname;
  createServer({ key: options.tls, cert: options.tls }, (request, response) => {
    if (!request.url.startsWith(`${prefix}/`)) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found');
      return;
    }
    request.originalUrl = request.url; // the provider finds its own prefix from the two
    request.url = request.url.slice(prefix.length);
    answer(request, response);
  }).listen(options.port, '127.0.0.1', () => console.log('listening'));
});
