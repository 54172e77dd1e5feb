// What the server tells browsers of other origins. Written with node:http, because fetch adds and
// hides headers of its own.

import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import test from "node:test";
import { origin, url } from "./support.js";

const path = "/coderunner.v1.AuthService/GetMe";
const stranger = "https://stranger.example";

function send(method, headers) {
  const { request } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, url), { method, headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response));
    });
    sent.on("error", reject);
    sent.end(method === "POST" ? Buffer.alloc(5) : undefined);
  });
}

function preflight(from) {
  return send("OPTIONS", {
    origin: from,
    "access-control-request-method": "POST",
    "access-control-request-headers":
      "authorization,content-type,grpc-timeout,x-grpc-web,x-user-agent",
  });
}

const list = (header = "") => header.toLowerCase().split(/\s*,\s*/);

test("a preflight from an allowed origin lets gRPC-web through", async () => {
  const { statusCode, headers } = await preflight(origin);
  assert.ok(statusCode >= 200 && statusCode < 300, `status ${statusCode}`);
  assert.equal(headers["access-control-allow-origin"], origin);
  assert.ok(list(headers["access-control-allow-methods"]).includes("post"));
  const allowed = list(headers["access-control-allow-headers"]);
  for (const header of ["authorization", "content-type", "grpc-timeout", "x-grpc-web", "x-user-agent"]) {
    assert.ok(allowed.includes(header), `${header} is among ${allowed}`);
  }
});

test("an answer to an allowed origin lets the page read the status", async () => {
  const { headers } = await send("POST", {
    origin,
    "content-type": "application/grpc-web+proto",
    "x-grpc-web": "1",
  });
  assert.equal(headers["access-control-allow-origin"], origin);
  const exposed = list(headers["access-control-expose-headers"]);
  for (const header of ["grpc-status", "grpc-message", "grpc-status-details-bin"]) {
    assert.ok(exposed.includes(header), `${header} is among ${exposed}`);
  }
});

test("a stranger's origin is not let in", async () => {
  const { headers } = await preflight(stranger);
  assert.notEqual(headers["access-control-allow-origin"], stranger);
  assert.notEqual(headers["access-control-allow-origin"], "*");
  const answer = await send("POST", {
    origin: stranger,
    "content-type": "application/grpc-web+proto",
    "x-grpc-web": "1",
  });
  assert.notEqual(answer.headers["access-control-allow-origin"], stranger);
  assert.notEqual(answer.headers["access-control-allow-origin"], "*");
});
