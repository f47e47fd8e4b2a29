// Solves puzzles with ALTCHA's program, served from here: nothing is fetched from elsewhere, and nothing is watched.
import "altcha/external";
import "altcha/altcha.css";
import "$/public/puzzle.css";
import Worker from "altcha/workers/pbkdf2?worker";

const { algorithms, i18n } = globalThis.$altcha;
algorithms.set("PBKDF2/SHA-256", () => new Worker());
i18n.set("en", {
  ...i18n.get("en"),
  label: "Solve the puzzle",
  verifying: "Solving a small puzzle…",
  verified: "Solved",
  error: "The puzzle could not be solved",
});

const SETTINGS = { hideFooter: true, hideLogo: true, humanInteractionSignature: false, disableAutoFocus: true, minDuration: 0 };

/** Shows the puzzle in a place and solves it; the promise fails if that can't be done. */
export function solve(place, challenge) {
  const widget = document.createElement("altcha-widget");
  const attributes = { challenge, name: "proof", auto: "onload", language: "en", type: "native", configuration: JSON.stringify(SETTINGS) };
  for (const [name, value] of Object.entries(attributes)) widget.setAttribute(name, value);
  place.replaceChildren(widget);
  return new Promise((resolve, reject) => {
    widget.addEventListener("statechange", ({ detail: { state } }) => {
      if (state === "verified") setTimeout(resolve); // once its field is in the form
      else if (state === "error" || state === "expired") reject(new Error(state));
    });
  });
}
