// Pays for one request by the official TypeScript client and tells what it got as JSON.
// Arguments: key, version, method, url, body (base64; empty for none).
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.TESTBUY_NODE + "/");
const load = (name) => import(pathToFileURL(require.resolve(name)).href);
const { wrapFetchWithPayment, x402Client } = await load("@x402/fetch");
const { privateKeyToAccount } = await load("viem/accounts");
const [key, version, method, url, body] = process.argv.slice(2);
const account = privateKeyToAccount(key);
const client = new x402Client();
if (version === "1") {
  const { ExactEvmSchemeV1 } = await load("@x402/evm/v1");
  client.registerV1("base", new ExactEvmSchemeV1(account));
} else {
  const { ExactEvmScheme } = await load("@x402/evm");
  client.register("eip155:8453", new ExactEvmScheme(account));
}
if (typeof client.setSpendControls === "function") client.setSpendControls(false);
const init = body
  ? { method, body: Buffer.from(body, "base64"), headers: { "content-type": "application/json" } }
  : { method };
const answer = await wrapFetchWithPayment(fetch, client)(url, init);
const receipt = answer.headers.get("payment-response") ?? answer.headers.get("x-payment-response");
console.log(JSON.stringify({ status: answer.status, receipt, body: Buffer.from(await answer.arrayBuffer()).toString("base64") }));
