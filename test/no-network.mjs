/**
 * A closed network: with `NODE_OPTIONS=--import=./test/no-network.mjs` every connection of a Node process that leaves
 * this machine fails, at once and the same way each time, whether there is a network or not. npm is let through: a
 * closed network has a package registry, or nobody could install anything.
 */
import { Socket } from 'node:net';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

if (!/[\\/](npm|npx)(-cli\.js)?$/.test(process.argv[1] ?? '')) closeNetwork();

function closeNetwork() {
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (...parameters) {
    // As net.connect calls it: an array of what normalize made of its arguments.
    const [options] = Array.isArray(parameters[0]) ? parameters[0] : parameters;
    const { path, host = 'localhost' } = typeof options === 'object' ? options : { host: parameters[1] };
    if (path || LOOPBACK.test(host)) return connect.apply(this, parameters);
    const message = `connect ENETUNREACH ${host}: test/no-network.mjs`;
    process.nextTick(() => this.destroy(Object.assign(new Error(message), { code: 'ENETUNREACH' })));
    return this;
  };
}
