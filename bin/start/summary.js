import { demoLogins } from '../tools/demo-login.js';

const { demo, admin } = demoLogins;

/** What a person wants to know once everything is up: where, who, what is real, and what to try first. */
export function summary({ url, servers, sandbox, upstreams, isProduction, dataDirectory }) {
  const { mysql, redis } = servers;
  const rows = [
    ['Live page', `${url}/`],
    ['API', url],
    ['API reference', `${url}/docs`],
    ['Queues', `${url}/admin/queues`],
    sandbox.control && ['Sandbox', sandbox.control],
    mysql && ['MySQL', `${mysql.host}:${mysql.port}  database ${mysql.database}, user ${mysql.user}`],
    redis && ['Redis', `${redis.host}:${redis.port}  db ${redis.db}`],
    ['Logs', `${dataDirectory}/logs`],
    ...Object.entries(upstreams),
    !isProduction && ['Demo login', `${demo.email} / ${demo.password}`],
    !isProduction && ['Administrator', `${admin.email} / ${admin.password}, unless ADMIN_* say otherwise`],
  ].filter(Boolean);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const table = rows.map(([name, text]) => `  ${name.padEnd(width)}${text}`).join('\n');
  const lines = isProduction
    ? ''
    : `\nTry it:\n\n${commands(url)
        .map((line) => `  ${line}\n`)
        .join('\n')}`;
  return `\nOrderflow is ready.\n\n${table}\n${lines}\nCtrl-C stops it; the data stays.\n`;
}

/** Log in, watch, order: each one line, for any shell with curl. */
function commands(url) {
  const json = `-H 'content-type: application/json'`;
  const login = `-d '${JSON.stringify(demo)}'`;
  const order = `-d '{"user_id":1,"products":[1,2],"total_amount":100}'`;
  return [
    `TOKEN=$(curl -s ${url}/auth/login ${json} ${login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    // Watched from before the order, so that nothing of it is missed.
    `curl -sN ${url}/streams/orders -H "authorization: Bearer $TOKEN" &`,
    `curl -s ${url}/orders/ -H "authorization: Bearer $TOKEN" ${json} ${order}`,
  ];
}
