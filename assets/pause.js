// Pausing the inbox: choosing until when, in the reader's own zone, or after how many messages.
import { createElement as h, useRef, useState } from "react";

const HOUR = 3_600_000;
const MORNING = 8;

function tomorrowMorning() {
  const morning = new Date();
  morning.setDate(morning.getDate() + 1);
  morning.setHours(MORNING, 0, 0, 0);
  return morning;
}

/** Until when, or after how many messages, the inbox closes. */
export function PauseChoice({ error, onPause, onCloseAfter }) {
  const [wrong, setWrong] = useState("");
  const [about, setAbout] = useState("pause-at");
  const until = useRef(null);
  const count = useRef(null);
  const pause = (moment) => {
    setAbout("pause-at");
    const isMoment = !Number.isNaN(moment.getTime());
    setWrong(isMoment ? "" : "Choose a day and a time");
    if (isMoment) onPause(moment.toISOString());
    else until.current.focus();
  };
  const closeAfter = () => {
    setAbout("pause-count");
    const number = Number(count.current.value);
    const isCount = Number.isInteger(number) && number > 0;
    setWrong(isCount ? "" : "Choose a number of messages");
    if (isCount) onCloseAfter(number);
    else count.current.focus();
  };
  const send = (act) => (event) => {
    event.preventDefault();
    act();
  };
  const quick = (label, moment) =>
    h("button", { key: label, type: "button", className: "button button-quiet", onClick: () => pause(moment()) }, label);
  const sentence = (id) => (about === id ? wrong || error : "");
  const field = (id) => ({ id, className: "input", "aria-invalid": sentence(id) !== "", "aria-describedby": `${id}-error` });
  const alert = (id) => h("p", { id: `${id}-error`, role: "alert", className: "bad text-sm" }, sentence(id));
  const go = (label) => h("button", { type: "submit", className: "button button-quiet" }, label);
  return h(
    "details",
    { className: "pause" },
    h("summary", null, "Pause your inbox"),
    h(
      "form",
      { onSubmit: send(() => pause(new Date(until.current.value))), method: "post", noValidate: true },
      h("p", { className: "font-semibold", id: "pause-until" }, "Close it until"),
      h(
        "div",
        { className: "pause-quick", role: "group", "aria-labelledby": "pause-until" },
        quick("1 hour from now", () => new Date(Date.now() + HOUR)),
        quick("Tomorrow morning", tomorrowMorning),
        quick("A week from now", () => new Date(Date.now() + 168 * HOUR)),
      ),
      h("label", { htmlFor: "pause-at", className: "hint" }, "Or a day and time of your own"),
      h(
        "div",
        { className: "pause-row" },
        h("input", { ...field("pause-at"), type: "datetime-local", ref: until }),
        go("Close until then"),
      ),
      alert("pause-at"),
    ),
    h(
      "form",
      { onSubmit: send(closeAfter), method: "post", noValidate: true },
      h("label", { htmlFor: "pause-count", className: "font-semibold" }, "Or close it after so many messages"),
      h(
        "div",
        { className: "pause-row" },
        h("input", { ...field("pause-count"), type: "number", min: 1, ref: count }),
        go("Close after these"),
      ),
      alert("pause-count"),
    ),
  );
}
