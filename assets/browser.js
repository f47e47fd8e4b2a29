// What only a browser can do: read its clock, its clipboard, its storage and its address bar.
// Each export is a React component that anonmsg/components/browser.py wraps for the pages.
import { createElement as h, useContext, useEffect, useRef, useState } from "react";
import { ColorModeContext } from "$/utils/context";

const HOUR = 3600;

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
    h("button", { type: "button", id: `${field}-copy`, className: "button button-primary", onClick: copy }, "Copy"),
    h("span", { role: "status", className: "copied" }, state),
  );
}

/** A notice, or the one that comes with this page and is known before the server has heard of its opening. */
export function NoticeText({ text, coming, comingAt }) {
  return text || (typeof window !== "undefined" && window.location.pathname === comingAt ? coming : "");
}

/** Hands over what was typed into a field before the page could listen. */
export function TypedBefore({ field, ready, onTyped }) {
  useEffect(() => {
    const typed = document.getElementById(field)?.value;
    if (ready && typed) onTyped(typed);
  }, [field, ready]);
  return null;
}

/** A password field with a button that shows what is typed; it is hidden again as the form is sent. */
export function RevealField({ field, className, children }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    const input = document.getElementById(field);
    if (!input) return;
    const hide = () => setShown(false);
    const type = shown ? "text" : "password";
    const keep = () => input.type !== type && (input.type = type);
    keep();
    const observer = new MutationObserver(keep); // React writes the type again whenever anything of the field changes
    observer.observe(input, { attributeFilter: ["type"] });
    input.form?.addEventListener("submit", hide);
    return () => {
      observer.disconnect();
      input.form?.removeEventListener("submit", hide);
    };
  }, [field, shown]);
  const about = { "aria-pressed": shown, "aria-controls": field, "aria-describedby": `${field}-label` };
  const toggle = () => setShown(!shown);
  return h(
    "div",
    { className },
    children,
    h("button", { type: "button", className: "reveal-button", onClick: toggle, ...about }, shown ? "Hide" : "Show"),
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

const TONES = 6;

/** A round sign for a name: its first letter, on one of a few colours. No picture service is asked. */
export function Avatar({ name }) {
  let sum = 0;
  for (const character of name.toLowerCase()) sum = (sum * 31 + character.codePointAt(0)) % 9973;
  return h("span", { className: `avatar avatar-${sum % TONES}`, "aria-hidden": "true" }, (name[0] || "").toUpperCase());
}

/** Leads to a part of this page. It moves the focus itself: the framework's links would open the page anew. */
export function SkipLink({ to, className, children }) {
  const go = (event) => {
    event.preventDefault();
    document.getElementById(to)?.focus();
  };
  return h("a", { href: `#${to}`, className, onClick: go }, children);
}

const THEMES = [
  ["system", "Like my device"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/**
 * Light, dark, or like the device. The framework remembers it, follows the device, and reads it before anything
 * is drawn; a second memory here would disagree with it as soon as the device changes.
 */
export function ThemeChoice() {
  const { rawColorMode, setColorMode } = useContext(ColorModeContext);
  const choose = (event) => setColorMode(event.target.value);
  return h(
    "label",
    { className: "theme" },
    h("span", null, "Colours"),
    h(
      "select",
      { value: rawColorMode, onChange: choose, className: "select" },
      THEMES.map(([value, label]) => h("option", { key: value, value }, label)),
    ),
  );
}

/** A dialog of the browser's own: it keeps the focus inside, gives it back, and closes with Escape. */
export function Dialog({ id, label, children }) {
  const close = (event) => {
    if (event.target === event.currentTarget) event.currentTarget.close();
  };
  return h(
    "dialog",
    { id, "aria-labelledby": `${id}-title`, className: "dialog", onClick: close },
    h(
      "div",
      { className: "dialog-body" },
      h("h2", { id: `${id}-title`, className: "text-xl font-semibold" }, label),
      children,
      h("form", { method: "dialog" }, h("button", { className: "button button-quiet" }, "Close")),
    ),
  );
}

/** A button that opens a dialog. */
export function DialogButton({ dialog, className, children }) {
  const open = () => document.getElementById(dialog)?.showModal();
  return h("button", { type: "button", className, onClick: open, "aria-haspopup": "dialog" }, children);
}

/** A short list behind a button; Escape and a press elsewhere close it. */
export function Menu({ label, className, children }) {
  const [open, setOpen] = useState(false);
  const root = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!open) return undefined;
    const leave = (event) => {
      if (event.type === "keydown" && event.key !== "Escape") return;
      if (event.type === "pointerdown" && root.current?.contains(event.target)) return;
      setOpen(false);
      if (event.type === "keydown") button.current?.focus();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("keydown", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("keydown", leave);
    };
  }, [open]);
  return h(
    "div",
    { className: "menu", ref: root },
    h("button", { type: "button", className, ref: button, "aria-expanded": open, onClick: () => setOpen(!open) }, label),
    open ? h("div", { className: "menu-list card", onClick: () => setOpen(false) }, children) : null,
  );
}

function isTyping(event) {
  const target = event.target;
  return event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable;
}

/** Keys that press buttons of the page, and a sheet under `?` that lists those that work right now. */
export function Shortcuts({ keys }) {
  const [listed, setListed] = useState([]);
  useEffect(() => {
    const press = (event) => {
      if (isTyping(event) || document.querySelector("dialog[open]")) return;
      if (event.key === "?") {
        setListed(keys.filter(({ target }) => document.getElementById(target)));
        document.getElementById("shortcuts")?.showModal();
        return;
      }
      const found = keys.find(({ key }) => key === event.key);
      const button = found && document.getElementById(found.target);
      if (button) {
        event.preventDefault();
        if (button.matches("input")) button.focus();
        else button.click();
      }
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, [keys]);
  const row = ({ key, label }) => h("div", { key, className: "shortcut" }, h("dt", null, h("kbd", null, key)), h("dd", null, label));
  return h(
    Dialog,
    { id: "shortcuts", label: "Keyboard shortcuts" },
    h("dl", { className: "shortcuts" }, [...listed, { key: "?", label: "Show this list" }].map(row)),
  );
}

/** Lets the app open a page of its own while there is no network. Only for people who have signed in. */
export function OfflinePage() {
  useEffect(() => {
    navigator.serviceWorker?.register("/service-worker.js").catch(() => undefined);
  }, []);
  return null;
}
