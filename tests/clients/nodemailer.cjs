// Sends one message with nodemailer according to the JSON on standard input, and prints a failure as console.error shows it.
const settings = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const auth = settings.token
  ? { type: 'OAuth2', user: settings.user, accessToken: settings.token }
  : { user: settings.user, pass: settings.password };
const transport = require('nodemailer').createTransport({
  host: settings.host,
  port: settings.port,
  name: settings.name,
  secure: false,
  requireTLS: settings.tls,
  ignoreTLS: !settings.tls,
  auth: settings.user === null ? undefined : auth,
  tls: /^[\d.]+$/.test(settings.server) ? { ca: settings.ca, host: settings.server } : { ca: settings.ca, servername: settings.server },
  connectionTimeout: settings.milliseconds,
  greetingTimeout: settings.milliseconds,
  socketTimeout: settings.milliseconds,
});
transport
  .sendMail({ envelope: { from: settings.from, to: settings.to }, raw: settings.message })
  .then((info) => console.log(info.response))
  .catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
