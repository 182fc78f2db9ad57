// A client of event channels that is not netprov's: `ws`, as Playwright carries it. Says each thing on a line.
const [bundle, url, folder, login] = process.argv.slice(2);
const fs = require('fs');
const read = (name) => fs.readFileSync(`${folder}/${name}`);
const { ws: WebSocket } = require(bundle);
const options = { ca: read('trust.crt'), headers: {} };
if (login) {
  Object.assign(options, { cert: read('node.crt'), key: read('node.key') });
  options.headers.Authorization = `Basic ${Buffer.from(login).toString('base64')}`;
  options.headers['X-Netprov-Caller'] = 'operator';
}
const say = (kind, value) => console.log(JSON.stringify([kind, value]));
const channel = new WebSocket(url, options);
channel.on('open', () => { say('open', 0); channel.ping('still there'); });
channel.on('pong', (data) => say('pong', data.toString()));
channel.on('message', (data) => say('event', JSON.parse(data)));
channel.on('close', (code) => say('close', code));
channel.on('unexpected-response', (_, answer) => { say('refused', answer.statusCode); process.exit(); });
channel.on('error', (error) => say('error', error.message));
process.stdin.on('data', () => channel.close());
process.stdin.on('end', () => channel.terminate());
