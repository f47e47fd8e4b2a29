// What only a browser can do about sharing: open its device's list of ways, and save or open a file.
import { createElement as h, useEffect, useState } from "react";

/** A button that shares a link; there is none where the browser can't. */
export function ShareButton({ link, title, className, children }) {
  const [can, setCan] = useState(false);
  useEffect(() => setCan(typeof navigator.share === "function"), []);
  // Who closes the list again has not failed at anything.
  const share = () => navigator.share({ title, url: link }).catch(() => undefined);
  return can ? h("button", { type: "button", className, onClick: share }, children) : null;
}

/** A link to a file. The framework's links look for a page of the app at every address of ours. */
export function FileLink({ href, download, target, label, className, children }) {
  return h("a", { href, download, target, className, "aria-label": label }, children);
}
