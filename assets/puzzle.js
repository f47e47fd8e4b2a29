// The puzzle that a busy site asks a sender to solve. Its program is loaded when it is asked for, and from here.
import { createElement as h, useEffect, useRef } from "react";

const ALGORITHM = "PBKDF2/SHA-256";
const SAID = {
  label: "Solve the puzzle",
  verifying: "Solving a small puzzle…",
  verified: "Solved",
  error: "The puzzle could not be solved",
};

function loadProgram() {
  return Promise.all([
    import("altcha/workers/pbkdf2?worker"),
    import("altcha/external"),
    import("altcha/altcha.css"),
  ]).then(([worker]) => {
    const { algorithms, i18n } = globalThis.$altcha;
    algorithms.set(ALGORITHM, () => new worker.default());
    i18n.set("en", { ...i18n.get("en"), ...SAID });
  });
}

function createWidget(challenge) {
  const widget = document.createElement("altcha-widget");
  const settings = { hideFooter: true, hideLogo: true, humanInteractionSignature: false, disableAutoFocus: true, minDuration: 0 };
  const attributes = { challenge, name: "proof", auto: "onload", language: "en", type: "native", configuration: JSON.stringify(settings) };
  for (const [name, value] of Object.entries(attributes)) widget.setAttribute(name, value);
  return widget;
}

/** Solves a puzzle, then sends the form that it is in once more, with the solution in the field `proof`. */
export function Puzzle({ challenge, onFail }) {
  const place = useRef(null);
  useEffect(() => {
    let widget = null;
    let isGone = false;
    const note = ({ detail }) => {
      if (isGone) return;
      if (detail.state === "verified") setTimeout(() => place.current?.closest("form")?.requestSubmit());
      else if (detail.state === "error" || detail.state === "expired") onFail();
    };
    loadProgram()
      .then(() => {
        if (isGone) return;
        widget = createWidget(challenge);
        widget.addEventListener("statechange", note);
        place.current.append(widget);
      })
      .catch(() => isGone || onFail());
    return () => {
      isGone = true;
      widget?.remove();
    };
  }, [challenge]);
  return h("div", { ref: place, className: "puzzle" });
}
