/**
 * What the same job costs on the clusters that Verger replaces. In their favour: every vCPU of every worker is always
 * busy, the code is as fast as Verger's, a reduce spreads over all workers, and requests, disks and stored features are free.
 */
import { type Factor, type Line, line, quantity } from './arithmetic.ts';
import { CLUSTER, photoSeconds } from './assumptions.ts';
import { PRICES } from './prices.ts';
import { REDUCE_VCPUS, reduceSeconds } from './verger.ts';

/** A month of work: photos that arrive, and how often all of them are reduced; each at least 1. */
export interface Workload {
  photos: number;
  reducesPerMonth: number;
}

/** One cluster, used in one way. */
export interface ClusterPlan {
  name: string;
  /** Cost of a month. */
  cost: (workload: Workload) => Line;
}

interface Cluster {
  name: string;
  /** Nodes paid for; all but one work. */
  nodes: number;
  nodeHour: Factor;
}

/** Notebooks on a cluster that never stops. */
function alwaysOn({ name, nodes, nodeHour }: Cluster): ClusterPlan {
  const hours = quantity(CLUSTER.hoursPerMonth, 'hours');
  const cost = line(`${name}, always on`, quantity(nodes, 'nodes'), hours, nodeHour);
  return { name: cost.what, cost: () => cost };
}

/** A cluster started for each reduce, and stopped after it; before each reduce it featurizes the photos. */
function startedForEach({ name, nodes, nodeHour }: Cluster, which: 'new photos' | 'all anew'): ClusterPlan {
  const what = `${name}, started for each reduce, ${which}`;
  const workers = (nodes - 1) * CLUSTER.vcpusPerNode;
  return {
    name: what,
    cost({ photos, reducesPerMonth }) {
      const timesEach = which === 'all anew' ? reducesPerMonth : 1;
      const featurizing = (timesEach * photos * photoSeconds('small')) / workers;
      const reducing = (reducesPerMonth * reduceSeconds(photos) * REDUCE_VCPUS) / workers;
      const hours = reducesPerMonth * CLUSTER.startHours + (featurizing + reducing) / 3600;
      return line(what, quantity(nodes, 'nodes'), quantity(hours, 'hours'), nodeHour);
    },
  };
}

const emr: Cluster = {
  name: `EMR ${CLUSTER.emrNodes} × m5.xlarge`,
  nodes: CLUSTER.emrNodes,
  nodeHour: sumOf(PRICES.m5xlarge.usd, PRICES.emrFee.usd),
};

function databricks(nodes: number, dbu: 'dbuNotebook' | 'dbuJob'): Cluster {
  return {
    name: `Databricks ${nodes - 1} workers`,
    nodes,
    nodeHour: sumOf(PRICES.i3xlarge.usd, CLUSTER.dbusPerNodeHour * PRICES[dbu].usd),
  };
}

function sumOf(machine: number, fee: number): Factor {
  return { value: machine + fee, text: `(${machine} + ${fee}) USD/node-hour` };
}

/** Each cluster, used in each way that people use it. */
export const CLUSTER_PLANS: ClusterPlan[] = [
  alwaysOn(emr),
  startedForEach(emr, 'new photos'),
  startedForEach(emr, 'all anew'),
  alwaysOn(databricks(CLUSTER.databricksFewestNodes, 'dbuNotebook')),
  alwaysOn(databricks(CLUSTER.databricksMostNodes, 'dbuNotebook')),
  startedForEach(databricks(CLUSTER.databricksMostNodes, 'dbuJob'), 'new photos'),
  startedForEach(databricks(CLUSTER.databricksMostNodes, 'dbuJob'), 'all anew'),
];
