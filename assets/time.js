// Times: said as people say them, in the reader's own language and zone, and noticed when they come.
import { createElement as h, useEffect, useId, useRef, useState, useSyncExternalStore } from "react";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  [MINUTE, "second", 1],
  [HOUR, "minute", MINUTE],
  [DAY, "hour", HOUR],
  [7 * DAY, "day", DAY],
];

function sayTime(at, now) {
  const seconds = Math.min(0, Math.round((at - now) / 1000)); // what is later by a slow clock is just now
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (!step) return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(at);
  if (step[1] === "second") return "just now";
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / step[2]), step[1]);
}

const DAY_MS = DAY * 1000;
const HOUR_MS = HOUR * 1000;
const AGAIN_MS = 5000;

/** A day of UTC, said as coarsely as that it gives nobody away. */
function sayDay(day, now) {
  const days = Math.round((Date.parse(new Date(now).toISOString().slice(0, 10)) - Date.parse(day)) / DAY_MS);
  if (days < 1) return "today";
  if (days === 1) return "yesterday";
  if (days < 7) return "this week";
  if (day.slice(0, 7) === new Date(now).toISOString().slice(0, 7)) return "this month";
  return new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(day));
}

const never = () => () => {};

/** Whether this is drawn as the build drew it, in which no reader's time can stand. */
function useIsFromBuild() {
  return useSyncExternalStore(never, () => false, () => true);
}

/** A moment in the reader's own language and zone, exact on hover and focus; of a day there is nothing exact. */
export function LocalTime({ at, isExact, className }) {
  const [now, setNow] = useState(Date.now); // at once: a line that came later would move what somebody reads
  const [isHidden, setHidden] = useState(false);
  const id = useId();
  const isFromBuild = useIsFromBuild();
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  if (isFromBuild) return h("time", { dateTime: at, className });
  const moment = new Date(at);
  const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }).format(moment);
  if (isExact) return h("time", { dateTime: at, className }, exact);
  if (!at.includes("T")) return h("time", { dateTime: at, className }, sayDay(at, now));
  const leave = () => setHidden(false);
  return h(
    "span",
    { className: "moment", onMouseLeave: leave, onBlur: leave, onKeyDown: (event) => event.key === "Escape" && setHidden(true) },
    h("time", { dateTime: at, className, tabIndex: 0, "aria-describedby": id }, sayTime(moment, now)),
    h("span", { id, role: "tooltip", className: "tip", hidden: isHidden }, exact),
  );
}

/** Calls its handler when a moment has come; as clocks differ, again every few seconds while nothing has changed. */
export function Due({ at, onDue }) {
  const call = useRef(onDue);
  call.current = onDue;
  useEffect(() => {
    let timer;
    const wait = () => {
      const left = new Date(at) - Date.now();
      // A browser's timers end after 24 days at most, and stand still while a device sleeps.
      timer = setTimeout(() => (left > HOUR_MS ? wait() : (call.current(), (timer = setTimeout(wait, AGAIN_MS)))), Math.min(Math.max(left, 500), HOUR_MS));
    };
    wait();
    return () => clearTimeout(timer);
  }, [at]);
  return null;
}
