// What the settings page alone needs of a browser: its dialog, its careful button, its download, its farewell.
import { createElement as h, useEffect, useRef } from "react";

/**
 * A dialog that the server opens, and closes when it has its answer. Each `stamp` opens it anew, because
 * somebody may have closed it here while the server could not be told.
 */
export function AskDialog({ id, label, isOpen, stamp, onClose, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (isOpen && !dialog.current.open) dialog.current.showModal();
    if (!isOpen && dialog.current.open) dialog.current.close();
  }, [isOpen, stamp]);
  const close = (event) => {
    if (event.target !== event.currentTarget) return;
    event.currentTarget.close();
    onClose();
  };
  return h(
    "dialog",
    { id, ref: dialog, "aria-labelledby": `${id}-title`, className: "dialog", onCancel: onClose, onClick: close },
    h("div", { className: "dialog-body" }, h("h2", { id: `${id}-title`, className: "text-xl font-semibold" }, label), children),
  );
}

/** Presses a button of the page, by its id, as soon as it is named. */
export function Press({ target }) {
  useEffect(() => {
    if (target) document.getElementById(target)?.click();
  }, [target]);
  return null;
}

/** Sends the form around it, and only when it is pressed: a form with no other button is not sent by Enter. */
export function CarefulButton({ id, disabled, className, children }) {
  const send = (event) => event.currentTarget.form.requestSubmit();
  return h("button", { type: "button", id, disabled, className, onClick: send }, children);
}

/**
 * A frame that nobody sees, for the answer of a form that downloads: a page that sends such a form itself would
 * close its connection. If something other than a file comes, the page goes where it is said what happened.
 */
export function DownloadFrame({ name, to }) {
  const wasSent = useRef(false);
  useEffect(() => {
    const note = (event) => {
      if (event.target.target === name) wasSent.current = true;
    };
    document.addEventListener("submit", note, true);
    return () => document.removeEventListener("submit", note, true);
  }, [name]);
  const answered = () => {
    if (wasSent.current) window.location.assign(to);
  };
  return h("iframe", { name, title: "Download", hidden: true, onLoad: answered });
}

/** Lets the browser forget a cookie that is of no use any more, then says so. */
export function ForgetCookie({ onDone }) {
  useEffect(() => {
    fetch("/sign-out", { method: "POST", credentials: "same-origin", redirect: "manual" }).finally(() => onDone());
  }, []);
  return null;
}
