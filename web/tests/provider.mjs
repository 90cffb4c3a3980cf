// A provider of identities for tests: npm's `oidc-provider` on a free port of this machine. Whoever is named by `login_hint` is signed on
// without being asked for anything, or is `ada` where nobody is.
//
//     node provider.mjs RETURN-ADDRESS    prints its issuer and serves until its standard input ends
import { createServer } from "node:http";
import Provider from "oidc-provider";

const accounts = {
  ada: { email: "Ada@example.org", email_verified: true },
  // Somebody else who was given Ada's address.
  usurper: { email: "ada@example.org", email_verified: true },
  // Somebody who typed Ada's address.
  mallory: { email: "ada@example.org", email_verified: false },
  stranger: { email: "stranger@example.org", email_verified: true },
};

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "trueup",
      client_secret: "the client's own secret",
      redirect_uris: [process.argv[2]],
      application_type: "native",
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  cookies: { keys: ["tests"] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => accounts[id] && { accountId: id, claims: () => ({ sub: id, ...accounts[id] }) },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
});
const answer = provider.callback();
server.on("request", async (request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    answer(request, response);
    return;
  }
  const { params } = await provider.interactionDetails(request, response);
  await provider.interactionFinished(request, response, {
    login: { accountId: params.login_hint ?? "ada" },
    consent: {},
  });
});
console.log(issuer);
process.stdin.resume().on("end", () => process.exit(0));
