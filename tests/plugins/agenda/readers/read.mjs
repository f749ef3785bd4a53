// Reads calendars with three libraries that share no code. Input: a JSON array of texts; output: for each library a
// JSON array of {uid: [start, end, title]}, instants in seconds since 1970, null where a calendar was not understood.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const installed = createRequire(`${process.argv[2]}/`);
const load = async (name) => import(pathToFileURL(installed.resolve(name)));
const { default: ICAL } = await load("ical.js");
const { default: nodeIcal } = await load("node-ical");
const { convertIcsCalendar } = await load("ts-ics");

const seconds = (date) => date.getTime() / 1000;

function withIcalJs(text) {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const events = calendar.getAllSubcomponents("vevent").map((found) => new ICAL.Event(found));
  return Object.fromEntries(
    events.map((e) => [e.uid, [e.startDate.toUnixTime(), e.endDate.toUnixTime(), e.summary]]),
  );
}

function withNodeIcal(text) {
  const events = Object.values(nodeIcal.sync.parseICS(text)).filter((found) => found.type === "VEVENT");
  return Object.fromEntries(events.map((e) => [e.uid, [seconds(e.start), seconds(e.end), e.summary]]));
}

function withTsIcs(text) {
  const events = convertIcsCalendar(undefined, text).events ?? [];
  return Object.fromEntries(
    events.map((e) => [e.uid, [seconds(e.start.date), seconds(e.end.date), e.summary]]),
  );
}

const texts = JSON.parse(readFileSync(0, "utf8"));
const readers = { "ical.js": withIcalJs, "node-ical": withNodeIcal, "ts-ics": withTsIcs };
const found = {};
for (const [name, reader] of Object.entries(readers)) {
  found[name] = texts.map((text) => {
    try {
      return reader(text);
    } catch (problem) {
      console.error(`${name}: ${problem.stack ?? problem}`);
      return null;
    }
  });
}
console.log(JSON.stringify(found));
