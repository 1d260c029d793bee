// Asks iam-simulate what it decides: a line of JSON for each question, a line of JSON for each answer, in order.
//
// A question is a `Simulation` as its documentation has it. An answer is `{"decision": ...}`, or `{"error": ...}` where
// the question could not be asked so, which never is a decision.

import { createInterface } from "node:readline";

import { runSimulation } from "@cloud-copilot/iam-simulate";

const DECISIONS = new Map([
  ["Allowed", "allow"],
  ["ExplicitlyDenied", "explicitDeny"],
  ["ImplicitlyDenied", "implicitDeny"],
]);

async function answer(question) {
  const result = await runSimulation(question, { simulationMode: "Strict" });
  if (result.resultType !== "single") {
    return { error: result };
  }
  const ignored = result.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) {
    return { error: { ignoredContextKeys: ignored } };
  }
  const decision = DECISIONS.get(result.overallResult);
  return decision === undefined ? { error: result } : { decision };
}

for await (const line of createInterface({ input: process.stdin })) {
  let reply;
  try {
    reply = await answer(JSON.parse(line));
  } catch (error) {
    reply = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
