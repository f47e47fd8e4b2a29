// What only the send page needs in the browser: it takes over from the form that the server wrote, keeps what is
// typed in this tab, counts it, and waits for a connection.
import { createElement as h, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

const DAY_MS = 24 * 60 * 60 * 1000;
const ANSWER_MS = 8000;
const SLOW_MS = 1000;
const MOST_BYTES = 30_000; // more than any message has; the server ends a connection on which twice as much comes
const NO_CONNECTION = "No connection. Your message is kept here and can be sent when you are back";
const BACK = "You are back. Your message can be sent now.";
const SENDING = "Sending…";
const UNANSWERED = "No answer yet. Your message is kept here and is sent once, as soon as there is a connection.";

const byId = (id) => document.getElementById(id);
const tidy = (text) => text.replace(/\r\n?/g, "\n").normalize("NFC").trim();

/** A key that tells a second try of a message from a second message. It says no time: this clock may be wrong. */
function newKey() {
  return `b.${Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

const place = (name) => `anonmsg-draft:${name.toLowerCase()}`;

/** The last draft that was written: it outlives its field, also where storage is switched off. */
let last = { place: "", text: "" };

function storedDraft(name) {
  try {
    return JSON.parse(sessionStorage.getItem(place(name)) || "null");
  } catch {
    return null;
  }
}

function readDraft(name) {
  const draft = last.text && last.place === place(name) ? last : storedDraft(name);
  return draft && Date.now() - draft.at < DAY_MS ? draft : { text: "" };
}

/** Writes down what is in the field; a text that did not change gets no younger. */
function writeDraft(name, text, key) {
  const before = readDraft(name);
  last = { place: place(name), text, key, at: before.text === text && before.at ? before.at : Date.now() };
  try {
    if (text) sessionStorage.setItem(place(name), JSON.stringify({ text, key, at: last.at }));
    else sessionStorage.removeItem(place(name));
  } catch {
    // Storage is switched off: the text stays in the field, only a reload would lose it.
  }
}

/** Keeps a field in this tab from now on and tells its length, as the server counts; returns how to stop. */
function keep(area, name, onLength) {
  const key = byId("key");
  const draft = readDraft(name);
  if (!area.value && draft.text) {
    area.value = draft.text;
    if (draft.key) key.value = draft.key; // it may have been sent, and the answer lost
  }
  if (!key.value) key.value = newKey();
  let timer = 0;
  const clear = () => {
    clearTimeout(timer);
    if (!area.value) return;
    const left = last.at + DAY_MS - Date.now();
    if (left > 0) timer = setTimeout(clear, left);
    else put(area, "");
  };
  const note = () => {
    onLength(Array.from(tidy(area.value)).length);
    writeDraft(name, area.value, key.value);
    clear();
  };
  note();
  area.addEventListener("input", note);
  // A device that slept has not counted the time.
  for (const back of ["visibilitychange", "pageshow"]) addEventListener(back, clear, true);
  return () => {
    clearTimeout(timer);
    area.removeEventListener("input", note);
    for (const back of ["visibilitychange", "pageshow"]) removeEventListener(back, clear, true);
  };
}

const tally = (length, most) => (length < most * 0.8 ? "" : `${length} / ${most}`);

/** What is said of the length: in steps, because nobody wants to hear each key. */
function spoken(length, most) {
  if (length > most) return `Too long. A message has at most ${most} characters.`;
  const left = [0.02, 0.05, 0.1, 0.2].find((share) => most - length <= most * share);
  return left ? `At most ${Math.round(most * left)} characters left` : "";
}

function put(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
}

/**
 * The message that is on its way until an answer says what became of it. It may have arrived, so meanwhile nobody may
 * change or discard it; when a connection comes back, it is sent once more with its key, which makes it the same.
 */
let onItsWay = null;
const watchers = new Set();

function setOnItsWay(message) {
  onItsWay = message;
  const area = byId("content");
  if (area) area.readOnly = Boolean(message);
  for (const tell of watchers) tell();
}

function watch(tell) {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

const useIsOnItsWay = () => useSyncExternalStore(watch, () => Boolean(onItsWay), () => false);

/** When the form was shown, by the clock that no one sets. */
let shownAt = 0;

/** Keeps what is typed, counts it near its end, and throws it away when asked; a wrong press can be undone. */
export function Draft({ field, name, most }) {
  const [length, setLength] = useState(0);
  const [thrown, setThrown] = useState(null);
  const isHeld = useIsOnItsWay();
  useEffect(() => {
    const area = byId(field);
    if (!area) return undefined;
    if (isAnother) area.focus();
    shownAt = performance.now() - (!area.value && readDraft(name).text ? DAY_MS : 0);
    return keep(area, name, (now) => {
      setLength(now);
      if (now) setThrown(null);
    });
  }, [field, name]);
  const press = () => {
    const area = byId(field);
    const key = byId("key");
    const before = { text: area.value, key: key.value };
    key.value = thrown ? thrown.key : newKey(); // the same text again is the same message again
    put(area, thrown ? thrown.text : "");
    setThrown(thrown ? null : before);
    area.focus();
  };
  const button = { type: "button", className: "button button-bare tally-button", disabled: isHeld, onClick: press };
  return h(
    "div",
    { className: "tally" },
    length || thrown ? h("button", button, thrown ? "Undo" : "Discard") : null,
    h("p", { role: "status", className: "sr-only" }, thrown ? "Discarded" : spoken(length, most)),
    h("p", { id: `${field}-counter`, className: length > most ? "counter over" : "counter" }, tally(length, most)),
  );
}

/** Whether the form is there because somebody wants to write another message. */
let isAnother = false;

/** To whom this page says that a message was sent, "" if it doesn't. */
let sentTo = "";

/** Whether to say that a message was sent: a connection that comes back may find a server that knows nothing of it. */
export const wasSent = (isSent, name) => isSent || (sentTo !== "" && (!name || name === sentTo));

/**
 * Forgets the draft, because it was sent, and moves the focus, whose place is gone, to the sentence that says so.
 * What this page has not sent, or is not what was sent, stays a draft.
 */
export function ForgetDraft({ name, card }) {
  useEffect(() => {
    if (!onItsWay) return;
    const { text } = readDraft(name);
    writeDraft(name, text === onItsWay.text ? "" : text, newKey());
    sentTo = name;
    setOnItsWay(null);
  }, [name]);
  useEffect(() => {
    handed.ideas = [];
    if (document.activeElement === document.body) byId(card)?.focus();
    const leave = (event) => {
      if (event.target.closest("button")) sentTo = ""; // somebody wants to write another message
    };
    const place = byId(card);
    place?.addEventListener("click", leave, true);
    return () => {
      place?.removeEventListener("click", leave, true);
      sentTo = "";
      isAnother = true;
      setTimeout(() => (isAnother = false));
    };
  }, [card]);
  return null;
}

/** Shows what somebody wrote who can't send it, to be copied. */
export function Unsent({ name }) {
  const [text, setText] = useState("");
  const [said, setSaid] = useState("");
  useEffect(() => {
    setOnItsWay(null);
    setText(readDraft(name).text);
  }, [name]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      byId("unsent").select();
      setSaid(document.execCommand("copy") ? "Copied" : "Press Ctrl+C to copy");
    }
  };
  if (!text) return null;
  const about = { id: "unsent", rows: 7, readOnly: true, dir: "auto", className: "input", value: text };
  return h(
    "div",
    { className: "mt-6 flex flex-col gap-1.5" },
    h("label", { htmlFor: "unsent", className: "font-semibold" }, "What you wrote"),
    h("textarea", about),
    h(
      "div",
      { className: "flex flex-wrap items-center gap-3" },
      h("button", { type: "button", className: "button button-quiet", onClick: copy }, "Copy"),
      h("span", { role: "status", className: "hint" }, said),
    ),
  );
}

/** Inside a form: keeps it from being sent into nothing or with far too much, and says when it can be sent again. */
export function Connection({ name, errors, busy, answered, most }) {
  const [said, setSaid] = useState("");
  const timer = useRef(0);
  const isLost = useRef(false);
  isLost.current = errors.length > 0;
  const back = () => {
    if (navigator.onLine && !isLost.current) setSaid((before) => (before === NO_CONNECTION ? BACK : before));
  };

  useEffect(() => {
    if (onItsWay && onItsWay.name !== name) setOnItsWay(null); // nobody waits for that answer any more
    const { form } = byId("content");
    const submit = (event) => {
      clearTimeout(timer.current);
      const text = byId("content").value;
      const isHuge = new Blob([text]).size > MOST_BYTES;
      const isKept = isLost.current || !navigator.onLine;
      const lost = isKept ? (onItsWay ? UNANSWERED : NO_CONNECTION) : "";
      const refusal = isHuge ? `Message must be at most ${most} characters` : lost;
      setSaid(refusal);
      if (refusal) {
        event.preventDefault();
        event.stopPropagation();
        return;
      }
      const attempt = newKey();
      byId("mark").value = readMark() || makeMark();
      byId("age").value = Math.round(performance.now() - shownAt);
      byId("attempt").value = attempt;
      setOnItsWay({ name, text, key: byId("key").value, attempt });
      timer.current = setTimeout(() => {
        setSaid(SENDING);
        timer.current = setTimeout(() => setSaid(UNANSWERED), ANSWER_MS - SLOW_MS);
      }, SLOW_MS);
    };
    form.addEventListener("submit", submit, true);
    addEventListener("online", back);
    return () => {
      clearTimeout(timer.current);
      form.removeEventListener("submit", submit, true);
      removeEventListener("online", back);
    };
  }, [name, most]);

  useEffect(() => {
    clearTimeout(timer.current);
    if (busy) setSaid("");
  }, [busy]);

  useEffect(() => {
    if (!onItsWay || answered !== onItsWay.attempt) return;
    clearTimeout(timer.current);
    setSaid("");
    setOnItsWay(null);
  }, [answered]);

  // Each time that a connection has come or could not be made.
  useEffect(() => {
    if (!onItsWay) back();
    else if (errors.length) setSaid(UNANSWERED);
    else {
      const area = byId("content");
      area.value = onItsWay.text; // the form may be a new one
      byId("key").value = onItsWay.key;
      area.form.requestSubmit();
    }
  }, [errors]);

  return h("p", { role: "alert", className: said === BACK || said === SENDING ? "notice" : "banner" }, said);
}

/** What the server's page had and this one goes on with: the ideas that somebody is looking at. */
export const handed = { ideas: [] };

/** What a picked idea puts into the field, ready to go on after it unless it is a question. */
export const begun = (idea) => (/[?\uff1f\u061f]$/.test(idea) ? idea : `${idea} `);

/** Does with the app's form what somebody has just done with the server's. */
function repeat(button) {
  const form = byId("content")?.form;
  if (!form) return; // the inbox has closed meanwhile, which the page says
  if (button.name === "idea") [...document.querySelectorAll(".prompt")].find((each) => each.textContent === button.value)?.click();
  else if (button.name === "others") document.querySelector(".prompts + button")?.click();
  else if (button.name === "replace") put(byId("content"), begun(button.value));
  else if (button.name !== "keep") form.requestSubmit();
}

/** Puts what is in the server's form into the app's, with the caret where it was, and takes the former away. */
function handOver(first) {
  const old = first.querySelector("#content");
  const focused = first.contains(document.activeElement) ? document.activeElement : null;
  const key = first.querySelector("#key")?.value;
  const trapped = first.querySelector("#website")?.value;
  const from = old && [old.selectionStart, old.selectionEnd, old.selectionDirection];
  const top = old?.scrollTop;
  first.remove();
  if (document.head.querySelectorAll("title").length > 1) byId("first-title")?.remove();
  document.querySelector(".arrive")?.classList.remove("arrive"); // it was there already
  const area = byId("content");
  if (!old || !area) return; // what was written is shown by `Unsent`
  area.value = old.value;
  if (old.value) byId("key").value = key;
  byId("website").value = trapped;
  area.style.height = old.style.height;
  area.scrollTop = top;
  if (focused === old) {
    area.focus({ preventScroll: true });
    area.setSelectionRange(...from);
  } else if (focused?.id === "main") byId("main").focus({ preventScroll: true });
  else if (focused) area.form.querySelector("[type=submit]").focus({ preventScroll: true });
}

/**
 * Shows the app's page in place of the one that the server wrote into the document, if there is one: as soon as the
 * app knows as much, and nobody is in the middle of something there, or when the form is sent. Until then the
 * server's page is the only one, and works by itself; what was typed there is kept too.
 */
export function TakeOver({ ready, children }) {
  const [first] = useState(() => byId("first"));
  const [isOurs, setOurs] = useState(!first);
  const pressed = useRef(null);
  const now = useRef({}).current;

  useEffect(() => {
    handed.ideas = first ? Array.from(first.querySelectorAll(".prompt"), (idea) => idea.textContent) : [];
  }, []);

  useEffect(() => {
    const area = isOurs ? null : first.querySelector("#content");
    if (!area) return undefined;
    const counter = byId("content-counter");
    return keep(area, first.dataset.name, (length) => {
      counter.textContent = tally(length, first.dataset.most);
    });
  }, [isOurs]);

  useEffect(() => {
    if (isOurs) return undefined;
    const stays = first.dataset.stays !== undefined;
    const say = (text) => (first.querySelector(".banner").textContent = text);
    const look = () => {
      const focused = document.activeElement;
      const isBusy = now.composes || now.presses || now.leaves || (first.contains(focused) && focused.id !== "main");
      if (ready && !stays && !isBusy) setOurs(true);
    };
    const lookSoon = () => setTimeout(look);
    const note = (what, value) => () => {
      now[what] = value;
      if (!value) lookSoon();
    };
    const submit = (event) => {
      if (navigator.onLine && !ready) {
        now.leaves = true; // the browser sends it by itself
        return;
      }
      event.preventDefault();
      if (navigator.onLine) {
        pressed.current = event.submitter || event.target;
        setOurs(true);
      } else say(NO_CONNECTION);
    };
    const events = [
      ["compositionstart", note("composes", true)],
      ["compositionend", note("composes", false)],
      ["pointerdown", note("presses", true)],
      ["pointerup", note("presses", false)],
      ["pointercancel", note("presses", false)],
      ["pageshow", note("leaves", false)],
      ["focusout", lookSoon],
      ["submit", submit],
      ["online", () => first.querySelector(".banner")?.textContent === NO_CONNECTION && say(BACK)],
    ];
    for (const [type, listen] of events) addEventListener(type, listen, true);
    lookSoon();
    return () => events.forEach(([type, listen]) => removeEventListener(type, listen, true));
  }, [ready, isOurs]);

  useLayoutEffect(() => {
    if (!isOurs || !first?.isConnected) return;
    handOver(first);
    if (pressed.current) setTimeout(repeat, 0, pressed.current); // once the app's form listens
  }, [isOurs]);

  return isOurs ? children : null;
}

const MARK = "anonmsg-mark";
const MARKED =
  "This browser has a random mark that goes with what you send, so that people can block it without learning who you are. It is a different one for every inbox.";
const FORGOTTEN = "Forgotten. What you send next goes with a new mark.";
const MARK_TTL_MS = 30 * DAY_MS;

function readMark() {
  try {
    const mark = JSON.parse(localStorage.getItem(MARK) || "null");
    return mark && Date.now() - mark.at < MARK_TTL_MS ? mark.value : "";
  } catch {
    return "";
  }
}

/** A random value that this browser makes up, and nobody can connect with anything. */
function makeMark() {
  const value = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
  const mark = value.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  try {
    localStorage.setItem(MARK, JSON.stringify({ value: mark, at: Date.now() }));
    return mark;
  } catch {
    return ""; // storage is switched off: then there is nothing by which this sender could be blocked
  }
}

/** Says that this browser has a mark, which goes with what it sends, and forgets it when asked. */
export function SenderMark() {
  const [state, setState] = useState(() => (readMark() ? "kept" : ""));
  const forget = () => {
    localStorage.removeItem(MARK);
    setState("forgotten");
  };
  const button = { type: "button", className: "button button-bare", onClick: forget };
  return h(
    "div",
    null,
    h("p", { className: "hint", role: "status" }, state === "kept" ? MARKED : state && FORGOTTEN),
    state === "kept" ? h("button", button, "Forget this browser\u2019s mark") : null,
  );
}
