// Shlink's own client against our site: node shlink_client.mjs SDK_FOLDER SITE KEY. Prints what it was answered, as JSON.
import { pathToFileURL } from "node:url";

const [folder, baseUrl, apiKey] = process.argv.slice(2);
const { ShlinkApiClient } = await import(pathToFileURL(`${folder}/dist/index.js`).href);
const { NodeHttpClient } = await import(pathToFileURL(`${folder}/dist/node.js`).href);
const client = new ShlinkApiClient(new NodeHttpClient(), { baseUrl, apiKey });
const refused = (promise) => promise.then(() => "was not refused", ({ type, status, detail }) => ({ type, status, detail }));

const said = {};
said.health = await client.health();
said.made = await client.createShortUrl({
  longUrl: "https://example.org/one?a=1",
  customSlug: "docs/one",
  title: "One",
  tags: ["Red", "blue"],
  maxVisits: 7,
  validUntil: "2031-01-01T12:00:00+02:00",
});
said.short = await client.createShortUrl({ longUrl: "https://example.org/two", shortCodeLength: 5 });
said.again = await client.createShortUrl({ longUrl: "https://example.org/two", findIfExists: true });
said.taken = await refused(client.createShortUrl({ longUrl: "https://example.org/x", customSlug: "docs/one" }));
said.bad = await refused(client.createShortUrl({ longUrl: "javascript:alert(1)" }));
said.list = await client.listShortUrls({ itemsPerPage: 1, orderBy: { field: "shortCode", dir: "ASC" } });
said.tagged = await client.listShortUrls({ tags: ["red", "blue"], tagsMode: "all", excludeMaxVisitsReached: true });
said.searched = await client.listShortUrls({ searchTerm: "two", domain: "DEFAULT" });
said.read = await client.getShortUrl({ shortCode: "docs/one" });
said.edited = await client.updateShortUrl({ shortCode: "docs/one" }, { title: null, maxVisits: null, tags: ["green"], forwardQuery: false });
for (const agent of ["Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Googlebot/2.1 (+http://www.google.com/bot.html)"]) {
  await fetch(said.made.shortUrl, { redirect: "manual", headers: { "User-Agent": agent } });
}
// Clicks are stored a moment after they were answered.
while ((await client.getShortUrl({ shortCode: "docs/one" })).visitsSummary.total < 2) await new Promise((done) => setTimeout(done, 100));
said.visits = await client.getShortUrlVisits({ shortCode: "docs/one" }, { itemsPerPage: 1 });
said.people = await client.getShortUrlVisits({ shortCode: "docs/one" }, { excludeBots: true });
said.overview = await client.getVisitsOverview();
said.rules = await client.setShortUrlRedirectRules({ shortCode: "docs/one" }, { redirectRules: [
  { longUrl: "https://example.org/ios", conditions: [{ type: "device", matchKey: null, matchValue: "ios" }, { type: "query-param", matchKey: "a", matchValue: "1" }] },
  { longUrl: "https://example.org/later", conditions: [{ type: "after-date", matchKey: null, matchValue: "2031-01-01T00:00:00+00:00" }] },
] });
said.rulesRead = await client.getShortUrlRedirectRules({ shortCode: "docs/one" });
said.rulesBad = await refused(client.setShortUrlRedirectRules({ shortCode: "docs/one" }, { redirectRules: [
  { longUrl: "https://example.org/x", conditions: [{ type: "ip-address", matchKey: null, matchValue: "192.0.2.1" }] },
] }));
said.tagVisits = await client.getTagVisits("green", { excludeBots: true });
said.domainVisits = await client.getDomainVisits("DEFAULT");
said.allVisits = await client.getNonOrphanVisits({ itemsPerPage: 1 });
said.orphans = await client.getOrphanVisits();
said.forgotten = await client.deleteOrphanVisits();
await client.editTag({ oldName: "green", newName: "yellow" });
said.tags = await client.listTags();
said.tagStats = await client.tagsStats();
await client.deleteTags(["yellow"]);
said.noTags = await client.listTags();
said.domains = await client.listDomains();
await client.deleteShortUrl({ shortCode: "docs/one" });
said.gone = await refused(client.getShortUrl({ shortCode: "docs/one" }));
said.unknownTag = await refused(client.editTag({ oldName: "none", newName: "x" }));
console.log(JSON.stringify(said));
