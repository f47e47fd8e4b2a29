// The one thing about sharing that only a browser can do: open the list of ways that its device has.
import { createElement as h, useEffect, useState } from "react";

/** A button that shares a link; there is none where the browser can't. */
export function ShareButton({ link, title, className, children }) {
  const [can, setCan] = useState(false);
  useEffect(() => setCan(typeof navigator.share === "function"), []);
  // Who closes the list again has not failed at anything.
  const share = () => navigator.share({ title, url: link }).catch(() => undefined);
  return can ? h("button", { type: "button", className, onClick: share }, children) : null;
}
