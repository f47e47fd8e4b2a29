// Ideas for a field: three at a time, one press to take one, and nothing typed is lost without a yes.
import { createElement as h, useRef, useState } from "react";
import { begun, handed } from "$/public/send.js";

const AT_ONCE = 3;

/** Puts an idea into the field as if it had been typed. */
function fill(area, idea) {
  const text = begun(idea);
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
  area.setSelectionRange(text.length, text.length);
}

/**
 * The question that a picked idea asks when there is something else in the field. It takes the focus, so a screen
 * reader says its name; a press without looking keeps what is there.
 */
function Ask({ onReplace, onKeep }) {
  const leave = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    onKeep();
  };
  return h(
    "div",
    { role: "group", "aria-labelledby": "prompt-question", className: "prompt-ask", onKeyDown: leave },
    h("p", { id: "prompt-question" }, "Replace what you have written?"),
    h(
      "div",
      { className: "flex flex-wrap gap-2" },
      h("button", { type: "button", className: "button button-primary", onClick: onReplace }, "Replace"),
      h("button", { type: "button", className: "button button-quiet", onClick: onKeep, autoFocus: true }, "Keep mine"),
    ),
  );
}

/** Three of the ideas, and the way to three others, which come round again. */
export function Prompts({ field, ideas: chosen }) {
  const ideas = [...new Set([...handed.ideas, ...chosen])]; // those on the screen stay there
  const [start, setStart] = useState(0);
  const [asked, setAsked] = useState("");
  const [said, setSaid] = useState("");
  const list = useRef(null);
  const count = Math.min(AT_ONCE, ideas.length);
  const shown = Array.from({ length: count }, (_, number) => ideas[(start + number) % ideas.length]);

  const pick = (idea) => {
    const area = document.getElementById(field);
    if (!area || area.readOnly) return; // what is on its way stays as it is
    const typed = area.value.trim();
    if (typed && !ideas.includes(typed)) {
      setSaid("");
      setAsked(idea);
    } else {
      setAsked("");
      fill(area, idea);
    }
  };
  const replace = () => {
    const area = document.getElementById(field);
    setAsked("");
    if (area && !area.readOnly) fill(area, asked);
  };
  const keep = () => {
    list.current.querySelectorAll(".prompt")[shown.indexOf(asked)]?.focus();
    setAsked("");
    setSaid("Your text stays as it is.");
  };
  const others = () => {
    setStart((start + count) % ideas.length);
    setAsked("");
    setSaid("Here are other ideas.");
  };
  const row = (idea) =>
    h(
      "li",
      { key: idea },
      h("button", { type: "button", className: "prompt", dir: "auto", onClick: () => pick(idea) }, idea),
      idea === asked ? h(Ask, { onReplace: replace, onKeep: keep }) : null,
    );
  return h(
    "div",
    null,
    h("ul", { className: "prompts", ref: list }, shown.map(row)),
    ideas.length > AT_ONCE
      ? h("button", { type: "button", className: "button button-quiet mt-3", onClick: others }, "Other ideas")
      : null,
    h("p", { role: "status", className: "sr-only" }, said),
  );
}
