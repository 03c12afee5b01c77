/**
 * Serverless plugin: makes what is deployed before it is deployed, and has it taken as it is.
 * Plain JavaScript, so that `sls` loads it by itself; the rest is TypeScript and loaded when it is needed.
 */
import { join } from 'node:path';

export default class Packages {
  #serverless;

  constructor(serverless) {
    this.#serverless = serverless;
    this.hooks = {
      initialize: () => this.#leaveOut(),
      'before:package:createDeploymentArtifacts': () => this.#build(),
      'before:package:function:package': () => this.#buildForOneFunction(),
      'before:package:compileLayers': () => this.#stayOffline(),
    };
  }

  /** On one machine all functions run; some are deployed only where a parameter asks for them. */
  #leaveOut() {
    const { service, processedInput } = this.#serverless;
    const isDeployed = ['package', 'deploy', 'info'].includes(processedInput.commands[0]);
    const { deployed } = service.custom ?? {};
    for (const name of Object.keys(service.functions))
      if (isDeployed && deployed && !deployed.includes(name)) delete service.functions[name];
  }

  /** The functions' packages are not named in serverless.yml: `sls offline` would unpack and run them. */
  async #build() {
    const { service, serviceDir } = this.#serverless;
    const { register } = await import('tsx/esm/api');
    register();
    const { buildPackages } = await import('./package.ts');
    const { describeModel } = await import('../model/ensure-model.ts');
    const { model, modelPath } = await buildPackages([service.provider.architecture]);
    console.error(describeModel(model));
    for (const [name, definition] of Object.entries(service.functions)) {
      if (definition.environment?.MODEL_PATH) definition.environment.MODEL_PATH = modelPath;
      const artifact = join(serviceDir, 'build', 'package', 'functions', `${name}.zip`);
      definition.package = { individually: true, artifact }; // `sls deploy` reads the one only where the other is set
    }
  }

  /** `sls deploy function` would look up its role by a name, which a role of this stack does not have: it keeps the role. */
  async #buildForOneFunction() {
    await this.#build();
    for (const definition of Object.values(this.#serverless.service.functions)) delete definition.role;
  }

  /**
   * To learn whether a layer has changed, the framework asks the deployed stack. `sls deploy` can; `sls package`
   * has to work where there is no AWS.
   */
  #stayOffline() {
    if (this.#serverless.processedInput.commands[0] !== 'package') return;
    const compiler = this.#serverless.pluginManager.plugins.find(
      (plugin) => plugin.constructor.name === 'AwsCompileLayers',
    );
    compiler.compareWithLastLayer = async () => {};
  }
}
