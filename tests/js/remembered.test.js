// What the browser remembers of the networks.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chosenNetwork, networkCookie } from "../../ser/ui/page/remembered.js";

test("a browser without a cookie scores with the small network", () => {
  for (const cookies of ["", "other=wide", "emotion-listener-network=", "emotion-listener-network=wider"])
    assert.equal(chosenNetwork(cookies), "small");
});

test("a chosen network is found among other cookies, and the small one needs none", () => {
  const [stored] = networkCookie("wide", "/app/").split(";");
  assert.equal(chosenNetwork(`a=b; ${stored}; c=d`), "wide");
  assert.match(networkCookie("wide", "/app/"), /path=\/app\/; max-age=31536000; samesite=strict$/);
  assert.match(networkCookie("small", "/"), /max-age=0/);
});
