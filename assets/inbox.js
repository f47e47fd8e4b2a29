// The list of messages: stays where the reader is, notices what was read, loads more, and lets many be chosen.
import { Component, createElement as h, useEffect, useRef, useState } from "react";

const SEEN_AFTER_MS = 1000;
const TELL_AFTER_MS = 300;
const NEAR = "600px";
const AT_TOP_PX = 80;
const STEPS = [0, 0.25, 0.5, 0.75, 1];

function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/**
 * Notices which unread messages were on the screen for a second, and tells it a few at a time. What was told, or was
 * read before and is marked as unread under somebody's eyes, is left alone until it has left the screen.
 */
class Reading {
  constructor(tell) {
    this.tell = tell;
    this.timers = new Map();
    this.onScreen = new Set();
    this.leftAlone = new Set();
    this.seen = [];
    this.observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.note(entry)), { threshold: STEPS });
    this.wake = () => this.look();
    document.addEventListener("visibilitychange", this.wake);
  }

  watch(list) {
    this.list = list;
    for (const item of list.children) {
      const { id, unread } = item.dataset;
      if (unread !== "true" && this.onScreen.has(id)) this.leftAlone.add(id);
      this.observer.observe(item);
    }
  }

  /** Begins anew with everything on the screen, because the page was hidden. */
  look() {
    this.observer.disconnect();
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    if (this.list && !document.hidden) this.watch(this.list);
  }

  note({ target, intersectionRatio, intersectionRect }) {
    const id = target.dataset.id;
    const isVisible = intersectionRatio >= 0.5 || intersectionRect.height >= window.innerHeight / 2;
    if (!isVisible) {
      clearTimeout(this.timers.get(id));
      for (const known of [this.timers, this.onScreen, this.leftAlone]) known.delete(id);
      return;
    }
    this.onScreen.add(id);
    if (target.dataset.unread !== "true") this.leftAlone.add(id);
    else if (!this.timers.has(id) && !this.leftAlone.has(id)) {
      this.timers.set(id, setTimeout(() => this.read(target, id), SEEN_AFTER_MS));
    }
  }

  read(target, id) {
    this.timers.delete(id);
    if (document.hidden || target.dataset.unread !== "true") return;
    this.leftAlone.add(id);
    this.seen.push(id);
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.tell(this.seen.splice(0, 100)), TELL_AFTER_MS);
  }

  end() {
    this.observer.disconnect();
    document.removeEventListener("visibilitychange", this.wake);
    for (const timer of this.timers.values()) clearTimeout(timer);
  }
}

/** The messages. Whatever is put in or taken out above, what somebody reads stays under their eyes. */
export class MessageList extends Component {
  componentDidMount() {
    this.reading = new Reading((ids) => this.props.onSeen(ids));
    this.reading.watch(this.list);
  }

  componentWillUnmount() {
    this.reading.end();
  }

  getSnapshotBeforeUpdate() {
    if (this.list.getBoundingClientRect().top > -AT_TOP_PX) return null;
    const places = [];
    for (const item of this.list.children) {
      const { top, bottom } = item.getBoundingClientRect();
      if (bottom > 0) places.push([item.dataset.id, top]);
      if (top > window.innerHeight) break;
    }
    return places;
  }

  componentDidUpdate(_props, _state, places) {
    for (const [id, before] of places || []) {
      const item = this.list.querySelector(`li[data-id="${CSS.escape(id)}"]`);
      if (!item) continue;
      const moved = item.getBoundingClientRect().top - before;
      if (Math.abs(moved) >= 1) window.scrollBy({ top: moved, behavior: "instant" });
      break;
    }
    this.reading.watch(this.list);
  }

  render() {
    const { id, className, children } = this.props;
    return h("ul", { id, className, ref: (list) => (this.list = list || this.list) }, children);
  }
}

/** A button that presses itself when it comes near the screen. */
export function MoreButton({ id, label, stamp, onPress, className }) {
  const button = useRef(null);
  const press = useRef(onPress);
  press.current = onPress;
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && press.current(), { rootMargin: NEAR });
    observer.observe(button.current);
    return () => observer.disconnect();
  }, [stamp]);
  return h("button", { type: "button", id, ref: button, className, onClick: onPress }, label);
}

const SAY_AFTER_MS = 1000;
const SAME_AGAIN = "\u00a0";

/** What is to be said aloud: how many came since it was last said, some together. */
function useSaid(came) {
  const [said, setSaid] = useState("");
  const known = useRef({ came, told: came, timer: 0 });
  known.current.came = came;
  useEffect(() => {
    const one = known.current;
    one.told = Math.min(one.told, came);
    if (one.timer || one.told === came) return;
    one.timer = setTimeout(() => {
      const text = plural(one.came - one.told, "new message", "new messages");
      Object.assign(one, { told: one.came, timer: 0 });
      setSaid((before) => (before === text ? text + SAME_AGAIN : text));
    }, SAY_AFTER_MS);
  }, [came]);
  useEffect(() => () => clearTimeout(known.current.timer), []);
  return said;
}

/** Says that messages have come: aloud, in the title, and to whoever does not see the top of the list. */
export function Arrivals({ arrived, came, unread, within, onTop }) {
  const [seen, setSeen] = useState(arrived);
  const [isBelow, setBelow] = useState(false);
  const said = useSaid(came);
  useEffect(() => {
    const look = () => {
      const top = document.getElementById(within)?.getBoundingClientRect().top ?? 0;
      const below = top >= window.innerHeight - AT_TOP_PX;
      setBelow(below);
      if (top > -AT_TOP_PX && !below) setSeen(arrived);
    };
    look();
    window.addEventListener("scroll", look, { passive: true });
    return () => window.removeEventListener("scroll", look);
  }, [arrived]);
  useEffect(() => {
    const number = unread >= 1000 ? "999+" : unread;
    document.title = unread > 0 ? `(${number}) Your inbox` : "Your inbox";
  }, [unread]);
  const count = Math.max(0, arrived - seen);
  const go = () => {
    setSeen(arrived);
    onTop();
    const title = document.getElementById("messages-title");
    title?.scrollIntoView({ block: "start" });
    title?.focus({ preventScroll: true });
  };
  return h(
    "div",
    { className: `arrivals no-print ${isBelow ? "arrivals-below" : ""}` },
    h("p", { role: "status", className: "sr-only" }, said),
    count > 0 ? h("button", { type: "button", id: "arrivals", className: "button button-primary", onClick: go }, plural(count, "new message", "new messages")) : null,
  );
}

const UNDO_MS = 10_000;
const MOST_OFFERS = 3;
const UNDO_KEY = "anonmsg-undo-";

const isLive = ({ until, isPending }) => isPending || (until > Date.now() && until <= Date.now() + UNDO_MS);

function readOffers(key) {
  try {
    return JSON.parse(window.localStorage.getItem(key) || "[]").filter(isLive);
  } catch {
    return []; // nothing that we wrote, or storage is switched off: the offers are there as long as the page is
  }
}

function writeOffers(key, offers) {
  try {
    if (offers.length > 0) window.localStorage.setItem(key, JSON.stringify(offers));
    else window.localStorage.removeItem(key);
  } catch {
    // Storage is switched off.
  }
}

/** Keeps nothing that is over, whoever was signed in here. */
function forgetOld() {
  let keys = [];
  try {
    keys = Object.keys(window.localStorage).filter((key) => key.startsWith(UNDO_KEY));
  } catch {
    // Storage is switched off.
  }
  for (const key of keys) writeOffers(key, readOffers(key));
}

/** Keeps an offer for tabs that are opened later, beside those of other tabs, in place of what was offered of its act. */
function keepOffer(owner, act, offer) {
  const others = readOffers(UNDO_KEY + owner).filter((one) => one.act !== act);
  writeOffers(UNDO_KEY + owner, offer ? [...others, offer] : others);
}

/**
 * What the server says was interrupted, without what was pressed a moment ago, which may come back if that failed, and
 * what was put away, which comes back when the page is opened again.
 */
function useInterrupted(interrupted) {
  const [pressed, setPressed] = useState([]);
  const [away, setAway] = useState([]);
  useEffect(() => {
    if (pressed.length === 0) return undefined;
    const timer = setTimeout(() => setPressed([]), UNDO_MS);
    return () => clearTimeout(timer);
  }, [pressed]);
  const offers = interrupted.map((one) => ({ act: one.act_id, text: one.text, isInterrupted: true }));
  const shown = offers.filter(({ act }) => !pressed.includes(act) && !away.includes(act));
  return [shown, (act) => setPressed((before) => [...before, act]), (act) => setAway((before) => [...before, act])];
}

/**
 * Offers for ten seconds to take back what was done, each act by itself, also in a tab that is opened later. An act
 * that is `pending` stays until the server says that it is done, under the same name and with another text. One that
 * was interrupted has no end that a page could know; it stays, before those that end, as long as the server names it
 * or until it is put away.
 */
export function UndoToast({ act, text, pending, interrupted, owner, onUndo }) {
  const [ending, setOffers] = useState([]);
  const [stopped, hide, putAway] = useInterrupted(interrupted);
  const offers = [...stopped, ...ending.filter((one) => !interrupted.some(({ act_id }) => act_id === one.act))];
  const [said, setSaid] = useState("");
  const opened = useRef("");
  const undone = useRef(new Set());
  useEffect(() => {
    if (!owner) return;
    const isOpening = opened.current !== owner;
    if (isOpening) {
      opened.current = owner;
      forgetOld();
      setOffers(readOffers(UNDO_KEY + owner));
    }
    const until = Date.now() + UNDO_MS;
    // Of an act that goes on while something else is done, the page does not hear any more.
    const settle = (one) => (one.isPending && one.act !== act ? { ...one, isPending: false, until } : one);
    setOffers((before) => before.map(settle));
    // What the server still knows when a page is opened may be long over; what is not was read just now.
    if (!act || (isOpening && !pending) || undone.current.has(act)) return;
    keepOffer(owner, act, { act, text, until });
    setOffers((before) => [...before.filter((one) => one.act !== act), { act, text, until, isPending: pending }]);
    setSaid(act);
  }, [owner, act, text, pending]);
  const newestStopped = interrupted.at(-1)?.act_id;
  useEffect(() => {
    if (newestStopped) setSaid(newestStopped);
  }, [newestStopped]);
  useEffect(() => {
    const ends = ending.filter((one) => !one.isPending).map((one) => one.until);
    if (ends.length === 0) return undefined;
    const drop = () => {
      setOffers((before) => before.filter(isLive));
      forgetOld();
    };
    const timer = setTimeout(drop, Math.max(0, Math.min(...ends) - Date.now()));
    return () => clearTimeout(timer);
  }, [ending]);
  const undo = (offer, pressed) => {
    undone.current.add(offer.act);
    keepOffer(owner, offer.act, null);
    hide(offer.act);
    setOffers((before) => before.filter((one) => one.act !== offer.act));
    onUndo(offer.act);
    leave(pressed);
  };
  // The button may stay, with the act before.
  const leave = (pressed) => {
    if ([pressed, document.body].includes(document.activeElement)) {
      document.getElementById("messages-title")?.focus({ preventScroll: true });
    }
  };
  const close = (offer, pressed) => {
    putAway(offer.act);
    leave(pressed);
  };
  const button = (offer, more) =>
    h(
      "div",
      null,
      h("button", { type: "button", className: "button", onClick: ({ currentTarget }) => undo(offer, currentTarget), ...more }, "Undo"),
      offer.isInterrupted &&
        h("button", { type: "button", className: "button", "aria-label": `Dismiss: ${offer.text}`, onClick: ({ currentTarget }) => close(offer, currentTarget) }, "✕"),
    );
  const older = offers.slice(-MOST_OFFERS, -1);
  const newest = offers.at(-1);
  const isSaid = newest?.act === said; // one that was said before is not said again when it is the newest again
  return h(
    "div",
    { className: "toasts no-print" },
    h("p", { role: "status", className: "sr-only" }, act ? "" : text),
    older.map((offer) =>
      h("div", { key: offer.act, className: "toast" }, h("p", null, offer.text), button(offer, { "aria-label": `Undo: ${offer.text}` })),
    ),
    h(
      "div",
      { key: "newest", className: newest ? "toast" : undefined },
      h(
        "div",
        null,
        // A new element each time, or a sentence that comes again would not be said again.
        h("p", { role: "status" }, newest && isSaid ? h("span", { key: newest.until || newest.act }, newest.text) : ""),
        newest && !isSaid ? h("p", null, newest.text) : null,
      ),
      newest ? button(newest, { id: "undo" }) : null,
    ),
  );
}

const FOCUSABLE = "button:not(:disabled), a[href], summary, input:not(:disabled), select, textarea";
const NEXT = { undo: "#messages-title", "end-search": "#search", more: "#messages li:last-child", newer: "#messages li" };

/** Finds the place nearest to where something was that had the focus. */
function nextTo({ element, row, around }) {
  const named = NEXT[element.id] && document.querySelector(NEXT[element.id]);
  if (named) return named;
  if (row >= 0) {
    const rows = document.querySelectorAll("#messages > li");
    return rows[Math.min(row, rows.length - 1)] || document.getElementById("messages-title");
  }
  const places = around.filter((each) => each.isConnected && !each.contains(document.querySelector("main")));
  return places.map((each) => each.querySelector(FOCUSABLE)).find(Boolean);
}

/** Gives the focus a new place when what had it is taken away; else who uses a keyboard begins again at the top. */
export function FocusKeeper() {
  useEffect(() => {
    let held = null;
    const note = ({ target }) => {
      const item = target.closest("#messages > li");
      const around = [];
      for (let each = target.parentElement; each; each = each.parentElement) around.push(each);
      const from = target.closest("#defence") ? (held?.row ?? -1) : -1; // the message that the dialog is about
      held = { element: target, row: item ? [...item.parentElement.children].indexOf(item) : from, around };
    };
    const letGo = () => queueMicrotask(() => held && !isGone() && document.activeElement === document.body && (held = null));
    const isGone = () => !held.element.isConnected || held.element.closest("dialog:not([open])") !== null;
    const look = () => {
      if (!held || !isGone()) return;
      const isLost = !document.activeElement || document.activeElement === document.body;
      const next = isLost && nextTo(held);
      held = null;
      if (!next) return;
      if (!next.matches(FOCUSABLE)) next.tabIndex = -1;
      next.focus({ preventScroll: true });
      // A hand on a mouse finds under it what was there; a keyboard needs to see where it is.
      if (next.matches("li:focus-visible")) next.scrollIntoView({ block: "nearest" });
    };
    // Of a dialog that closes, the browser gives the focus back first, if it can.
    const wait = () => (held?.element.closest("dialog") ? setTimeout(look) : look());
    const observer = new MutationObserver(wait);
    observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ["open"] });
    document.addEventListener("focusin", note);
    document.addEventListener("focusout", letGo);
    return () => {
      observer.disconnect();
      document.removeEventListener("focusin", note);
      document.removeEventListener("focusout", letGo);
    };
  }, []);
  return null;
}

/** Empties the search field when its words are not looked for any more. */
export function SearchEnd({ query, field }) {
  const before = useRef(query);
  useEffect(() => {
    const input = document.getElementById(field);
    if (before.current && !query && input?.value === before.current) input.value = "";
    before.current = query;
  }, [query, field]);
  return null;
}

function boxes() {
  return [...document.querySelectorAll("input.pick")];
}

/** The box that a click ticks: its own, or while some are chosen, that of the message that is pressed anywhere. */
function boxOf(event) {
  const { target, shiftKey } = event;
  if (target.matches?.("input.pick")) return target;
  const message = target.closest?.(".choosing .message");
  const isSelecting = !shiftKey && !getSelection().isCollapsed;
  if (!message || isSelecting || target.closest("a, button")) return null;
  if (shiftKey) getSelection().removeAllRanges(); // the browser takes it for a selection of text
  const box = message.querySelector("input.pick");
  box.checked = !box.checked;
  return box;
}

const MOST_CHOSEN = 500;
const TOO_MANY = `Choose at most ${MOST_CHOSEN}, or select all`;

/** Lets many messages be chosen, one by one, in a row with Shift, or all there are, and does something with them. */
export function Selection({ within, total, name, isWhole, isSearching, actions, onAct, onActAll, onChooseAll, className }) {
  const [isOn, setOn] = useState(false);
  const [chosen, setChosen] = useState(() => new Set());
  const [isAll, setAll] = useState(false);
  const [loaded, setLoaded] = useState([]);
  const known = useRef(new Set());
  const last = useRef("");
  const toggle = useRef(null);

  useEffect(() => {
    document.getElementById(within)?.classList.toggle("choosing", isOn);
    const isLate = (box) => box.closest("li")?.dataset.new === "true" && !known.current.has(box.value);
    for (const box of boxes()) box.checked = isAll ? !isLate(box) : chosen.has(box.value);
    // While this is drawn, rows that come with it are not there yet.
    const there = boxes().map((box) => box.value);
    setLoaded((before) => (before.join() === there.join() ? before : there));
  });
  useEffect(() => {
    const choose = (event) => {
      const box = boxOf(event);
      if (!box) return;
      const all = boxes();
      const [from, to] = [all.findIndex((one) => one.value === last.current), all.indexOf(box)];
      const range = event.shiftKey && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
      setAll(false);
      setChosen((before) => {
        const after = new Set(before);
        for (const one of range) box.checked ? after.add(one.value) : after.delete(one.value);
        return after;
      });
      last.current = box.value;
    };
    document.addEventListener("click", choose);
    return () => document.removeEventListener("click", choose);
  }, []);
  const stop = (focus = true) => {
    setOn(false);
    setAll(false);
    setChosen(new Set());
    if (focus) setTimeout(() => toggle.current?.focus());
  };
  useEffect(() => stop(false), [name]);
  const act = (action) => {
    if (isAll) onActAll(action);
    else onAct(action, [...chosen]);
    stop();
  };
  const open = () => {
    setOn(true);
    setTimeout(() => document.getElementById("select-all")?.focus());
  };
  useEffect(() => {
    if (!isOn) return undefined;
    const leave = (event) => event.key === "Escape" && !document.querySelector("dialog[open]") && stop();
    document.addEventListener("keydown", leave);
    return () => document.removeEventListener("keydown", leave);
  }, [isOn]);
  const button = (id, label, onClick, disabled = false) =>
    h("button", { key: id, type: "button", id, className: "button button-bare", disabled, onClick }, label);
  if (!isOn) {
    return h("button", { type: "button", id: "select", ref: toggle, className: `button button-quiet ${className}`, onClick: open }, "Select");
  }
  const hasLoaded = loaded.length > 0 && loaded.every((id) => chosen.has(id));
  const isTooMany = !isAll && chosen.size > MOST_CHOSEN;
  const isNone = !isAll && chosen.size === 0;
  const hasEverything = isAll || (hasLoaded && isWhole && !isSearching);
  const ready = isSearching ? "Select all once the search is over" : `Select all ${total} in ${name}`;
  const toActions = () => setTimeout(() => document.getElementById(`all-${actions[0].action}`)?.focus());
  const choose = () => {
    if (!hasLoaded) {
      setChosen(new Set([...chosen, ...loaded]));
      if (isWhole || isSearching) toActions();
      return;
    }
    known.current = new Set(loaded);
    onChooseAll();
    setAll(true);
    toActions();
  };
  const selected = isAll ? `All in ${name} selected` : `${plural(chosen.size, "message", "messages")} selected`;
  return h(
    "div",
    { className: `${className} selection card`, role: "group", "aria-label": "Selected messages" },
    h("p", { role: "status" }, isTooMany ? `${selected}. ${TOO_MANY}` : selected),
    h("div", { className: "choices" }, hasEverything ? null : button("select-all", hasLoaded ? ready : "Select all", choose, hasLoaded && isSearching), button("select-none", "Cancel", () => stop())),
    h("div", { className: "choices" }, actions.map(({ action, label }) => button(`all-${action}`, label, () => act(action), isNone || isTooMany))),
  );
}
