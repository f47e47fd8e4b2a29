// The list of messages: stays where the reader is, notices what was read, loads more, and lets many be chosen.
import { Component, createElement as h, useEffect, useRef, useState } from "react";

const SEEN_AFTER_MS = 1000;
const TELL_AFTER_MS = 300;
const NEAR = "600px";
const AT_TOP_PX = 80;
const STEPS = [0, 0.25, 0.5, 0.75, 1];

function plural(count, one, many) {
  return `${count.toLocaleString()} ${count === 1 ? one : many}`;
}

/** Notices which unread messages were on the screen for a second, and tells it a few at a time. */
class Reading {
  constructor(tell) {
    this.tell = tell;
    this.timers = new Map();
    this.told = new Set();
    this.seen = [];
    this.observer = new IntersectionObserver((entries) => entries.forEach((entry) => this.note(entry)), { threshold: STEPS });
    this.wake = () => this.look();
    document.addEventListener("visibilitychange", this.wake);
  }

  watch(list) {
    this.list = list;
    for (const item of list.querySelectorAll("li[data-unread='true']")) this.observer.observe(item);
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
      this.timers.delete(id);
    } else if (!this.timers.has(id) && !this.told.has(id)) {
      this.timers.set(id, setTimeout(() => this.read(target, id), SEEN_AFTER_MS));
    }
  }

  read(target, id) {
    this.timers.delete(id);
    if (document.hidden || target.dataset.unread !== "true") return;
    this.told.add(id);
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

/** Says that messages have come: aloud, in the title, and above the list to whoever reads further down. */
export function Arrivals({ arrived, unread, within, onTop }) {
  const [seen, setSeen] = useState(arrived);
  const isAtTop = () => (document.getElementById(within)?.getBoundingClientRect().top ?? 0) > -AT_TOP_PX;
  useEffect(() => {
    const look = () => isAtTop() && setSeen(arrived);
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
    { className: "arrivals no-print" },
    h("p", { role: "status", className: "sr-only" }, arrived > 0 ? plural(arrived, "new message", "new messages") : ""),
    count > 0 ? h("button", { type: "button", id: "arrivals", className: "button button-primary", onClick: go }, plural(count, "new message", "new messages")) : null,
  );
}

const UNDO_KEY = "anonmsg-undo";
const UNDO_MS = 10_000;

function lastUndo() {
  try {
    return JSON.parse(window.sessionStorage.getItem(UNDO_KEY) || "null");
  } catch {
    return null;
  }
}

function writeUndo(kept) {
  try {
    window.sessionStorage.setItem(UNDO_KEY, JSON.stringify(kept));
  } catch {
    // Storage is switched off: the offer is there as long as the page is.
  }
}

/** Offers for ten seconds to take back what was done, also after a reload or when the server was away. */
export function UndoToast({ act, text, onUndo }) {
  const [offer, setOffer] = useState(null);
  useEffect(() => {
    const offered = { act, text, until: Date.now() + UNDO_MS };
    const last = lastUndo();
    const isNew = act && last?.act !== act; // a page that is opened again may still hold an old act
    if (isNew) writeUndo(offered);
    const kept = isNew ? offered : last;
    const isDue = kept && kept.until > Date.now();
    setOffer(isDue ? kept : null);
    if (!isDue) return undefined;
    const timer = setTimeout(() => setOffer(null), kept.until - Date.now());
    return () => clearTimeout(timer);
  }, [act]);
  const undo = () => {
    writeUndo({ act: offer.act, until: 0 });
    setOffer(null);
    onUndo(offer.act);
  };
  return h(
    "div",
    { className: offer ? "toast no-print" : undefined },
    h("p", { role: "status" }, offer ? offer.text : ""),
    offer ? h("button", { type: "button", id: "undo", className: "button", onClick: undo }, "Undo") : null,
  );
}

function boxes() {
  return [...document.querySelectorAll("input.pick")];
}

/** Lets many messages be chosen, one by one, in a row with Shift, or all there are, and does something with them. */
export function Selection({ within, total, name, actions, onAct, onActAll, className }) {
  const [isOn, setOn] = useState(false);
  const [chosen, setChosen] = useState(() => new Set());
  const [isAll, setAll] = useState(false);
  const last = useRef("");
  const toggle = useRef(null);

  useEffect(() => {
    document.getElementById(within)?.classList.toggle("choosing", isOn);
    for (const box of boxes()) box.checked = isAll || chosen.has(box.value);
  });
  useEffect(() => {
    const choose = (event) => {
      const box = event.target;
      if (!box.matches?.("input.pick")) return;
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
  const loaded = boxes().map((box) => box.value);
  const hasLoaded = loaded.length > 0 && loaded.every((id) => chosen.has(id));
  const isNone = !isAll && chosen.size === 0;
  const more = hasLoaded && !isAll ? `Select all ${total} in ${name}` : "Select all";
  const choose = () => (hasLoaded ? setAll(true) : setChosen(new Set(loaded)));
  return h(
    "div",
    { className: `${className} selection card`, role: "group", "aria-label": "Selected messages" },
    h("p", { role: "status" }, `${isAll ? `All in ${name}` : plural(chosen.size, "message", "messages")} selected`),
    h("div", { className: "choices" }, button("select-all", more, choose), button("select-none", "Cancel", () => stop())),
    h("div", { className: "choices" }, actions.map(({ action, label }) => button(`all-${action}`, label, () => act(action), isNone))),
  );
}
