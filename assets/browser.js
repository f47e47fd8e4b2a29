// What only a browser can do: read its clock, its clipboard, its storage and its address bar.
// Each export is a React component that anonmsg/components/browser.py wraps for the pages.
import { createElement as h, useEffect, useRef, useState } from "react";

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
  const seconds = Math.round((at - now) / 1000);
  const step = STEPS.find(([limit]) => Math.abs(seconds) < limit);
  if (!step) return new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }).format(at);
  if (step[1] === "second") return "just now";
  return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(seconds / step[2]), step[1]);
}

/** A moment in the reader's own language and zone, exact on hover and focus. */
export function LocalTime({ at, className }) {
  const [now, setNow] = useState(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 30_000);
    return () => clearInterval(timer);
  }, []);
  const moment = new Date(at);
  const exact =
    now === null ? undefined : new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" }).format(moment);
  return h("time", { dateTime: at, title: exact, className }, now === null ? "" : sayTime(moment, now));
}

/** A button that waits until its cool-down is over, and says how long that takes. */
export function CooldownButton({ label, seconds, stamp, onPress, className }) {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const end = Date.now() + seconds * 1000;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [seconds, stamp]);
  const noteId = "cooldown-note";
  return h(
    "div",
    { className: "cooldown" },
    h("button", { type: "button", className, disabled: left > 0, onClick: onPress, "aria-describedby": noteId }, label),
    h("p", { id: noteId, className: "hint" }, left > 0 ? `You can ask for another code in ${left} s.` : ""),
  );
}

/** Takes code and sign-up from the mailed link's fragment, which no server ever sees, into the form. */
export function FillFromFragment() {
  useEffect(() => {
    const values = new URLSearchParams(window.location.hash.slice(1));
    for (const [key, id] of [["code", "code"], ["sign-up", "hint"]]) {
      const field = document.getElementById(id);
      if (field && values.get(key)) field.value = values.get(key);
    }
    if (values.get("code")) {
      window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
      (document.getElementById("password") || document.getElementById("verify"))?.focus();
    }
  }, []);
  return null;
}

function tidy(text) {
  return text.replace(/\r\n?/g, "\n").normalize("NFC").trim();
}

const DRAFT_TTL = 24 * HOUR * 1000;

function readDraft(key) {
  try {
    const draft = JSON.parse(window.sessionStorage.getItem(key) || "null");
    return draft && Date.now() - draft.at < DRAFT_TTL ? draft.text : "";
  } catch {
    return "";
  }
}

function writeDraft(key, text) {
  try {
    if (text) window.sessionStorage.setItem(key, JSON.stringify({ text, at: Date.now() }));
    else window.sessionStorage.removeItem(key);
  } catch {
    // Storage is switched off: the text stays in the field, only a reload would lose it.
  }
}

/** Counts what is typed as the server does, and keeps it in this tab until it was sent. */
export function Draft({ field, name, most }) {
  const [length, setLength] = useState(0);
  useEffect(() => {
    const area = document.getElementById(field);
    if (!area) return undefined;
    const key = `anonmsg-draft:${name.toLowerCase()}`;
    const note = () => {
      setLength(Array.from(tidy(area.value)).length);
      writeDraft(key, area.value);
    };
    if (!area.value) area.value = readDraft(key);
    note();
    area.addEventListener("input", note);
    return () => area.removeEventListener("input", note);
  }, [field, name]);
  const over = length > most;
  return h("p", { className: over ? "counter over text-end" : "counter text-end", id: `${field}-counter` }, `${length} / ${most}`);
}

/** Forgets the draft, because it was sent. */
export function ForgetDraft({ name }) {
  useEffect(() => writeDraft(`anonmsg-draft:${name.toLowerCase()}`, ""), [name]);
  return null;
}

/** Questions that fill the field with one press; what somebody typed is replaced only when they say so. */
export function Prompts({ field, ideas }) {
  const pick = (idea) => {
    const area = document.getElementById(field);
    if (!area) return;
    const typed = area.value.trim();
    if (typed && !ideas.includes(typed) && !window.confirm("Replace what you have written?")) return;
    area.value = idea;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    area.focus();
  };
  return h(
    "ul",
    { className: "prompts" },
    ideas.map((idea) => h("li", { key: idea }, h("button", { type: "button", className: "prompt", onClick: () => pick(idea) }, idea))),
  );
}

/** A field with a button that copies it; where the browser forbids that, it selects the text for one key press. */
export function CopyField({ field, className, children }) {
  const [state, setState] = useState("");
  const timer = useRef(0);
  const copy = async () => {
    const input = document.getElementById(field);
    try {
      await navigator.clipboard.writeText(input.value);
      setState("Copied");
    } catch {
      input.focus();
      input.select();
      setState(document.execCommand("copy") ? "Copied" : "Press Ctrl+C to copy");
    }
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState(""), 3000);
  };
  return h(
    "div",
    { className },
    children,
    h("button", { type: "button", className: "button button-primary", onClick: copy }, "Copy"),
    h("span", { role: "status", className: "copied" }, state),
  );
}

/**
 * Exchanges a one-use ticket for the session cookie, then loads the next page as a document.
 * Only after a form was sent here: a ticket that was there before was meant for an earlier page of this tab.
 */
export function SessionExchange({ ticket, to, onFail }) {
  const wasSent = useRef(false);
  useEffect(() => {
    const note = () => (wasSent.current = true);
    document.addEventListener("submit", note, true);
    return () => document.removeEventListener("submit", note, true);
  }, []);
  useEffect(() => {
    if (!ticket || !wasSent.current) return;
    fetch("/session", { method: "POST", body: ticket, credentials: "same-origin", headers: { "Content-Type": "text/plain" } })
      .then((response) => (response.ok ? window.location.assign(to) : onFail()))
      .catch(() => onFail());
  }, [ticket]);
  return null;
}

const LEAVE_AFTER_MS = 300;

/**
 * Loads another page as a document, so that nothing of this one stays in memory.
 * It waits a moment: if this page is leaving already, because its own "Sign out" was pressed, that goes first.
 */
export function LeaveTo({ to }) {
  useEffect(() => {
    const timer = setTimeout(() => window.location.replace(to), LEAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [to]);
  return null;
}

/** Calls its handler again and again while it is shown: for pages that wait for the server to come back. */
export function Retry({ seconds, onRetry }) {
  useEffect(() => {
    const timer = setInterval(onRetry, seconds * 1000);
    return () => clearInterval(timer);
  }, [seconds]);
  return null;
}
