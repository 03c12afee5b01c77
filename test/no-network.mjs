/**
 * A closed network: `NODE_OPTIONS=--import=./test/no-network.mjs` makes every connection of a Node process fail that
 * does not stay on this machine, at once and the same way each time, whether there is a network or not.
 */
import { Socket } from 'node:net';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;
const connect = Socket.prototype.connect;

Socket.prototype.connect = function (...parameters) {
  // As net.connect calls it: an array of what normalize made of its arguments.
  const [options] = Array.isArray(parameters[0]) ? parameters[0] : parameters;
  const { path, host = 'localhost' } = typeof options === 'object' ? options : { host: parameters[1] };
  if (path || LOOPBACK.test(host)) return connect.apply(this, parameters);
  const error = Object.assign(new Error(`connect ENETUNREACH ${host}: test/no-network.mjs`), {
    code: 'ENETUNREACH',
  });
  process.nextTick(() => this.destroy(error));
  return this;
};
