// Sends one message with nodemailer as standard input tells in JSON, and prints what console.error shows of a failure.
const told = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const auth = told.token
  ? { type: 'OAuth2', user: told.user, accessToken: told.token }
  : { user: told.user, pass: told.password };
const transport = require('nodemailer').createTransport({
  host: told.host,
  port: told.port,
  name: told.name,
  secure: false,
  requireTLS: told.tls,
  ignoreTLS: !told.tls,
  auth: told.user === null ? undefined : auth,
  tls: /^[\d.]+$/.test(told.server) ? { ca: told.ca, host: told.server } : { ca: told.ca, servername: told.server },
  connectionTimeout: told.milliseconds,
  greetingTimeout: told.milliseconds,
  socketTimeout: told.milliseconds,
});
transport
  .sendMail({ envelope: { from: told.from, to: told.to }, raw: told.message })
  .then((info) => console.log(info.response))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
