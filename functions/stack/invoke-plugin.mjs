/** Serverless plugin: for each function of serverless.yml, `sls invoke NAME` is `sls invoke --function NAME`. */
export default class InvokeByName {
  constructor(serverless, options) {
    const { pluginManager, service } = serverless;
    const { invoke } = pluginManager.commands;
    this.commands = { invoke: { commands: {} } };
    this.hooks = {};
    for (const name of Object.keys(service.functions)) {
      if (name in invoke.commands) continue; // `sls invoke local` is the framework's own
      this.commands.invoke.commands[name] = {
        usage: `Invoke ${name}`,
        lifecycleEvents: ['invoke'],
        options: optionsOf(invoke),
      };
      this.hooks[`invoke:${name}:invoke`] = () => {
        options.function = name;
        return pluginManager.spawn('invoke');
      };
    }
  }
}

/** The options of a command without the function's name, with a type, which the framework requires of plugins alone. */
function optionsOf({ options: { function: _, ...others } }) {
  return Object.fromEntries(
    Object.entries(others).map(([name, option]) => [name, { type: 'string', ...option }]),
  );
}
