"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const articles = [...document.querySelectorAll("article")];
const texts = data.questions.map((row) => [row.question, row.gold, row.dense_answer, row.other_answer].join("\n").toLowerCase());
const chips = [...document.querySelectorAll("[aria-pressed]")];
const subject = document.getElementById("subject");
const search = document.getElementById("search");
let outcome = "all";

function show() {
  const wanted = search.value.trim().toLowerCase();
  let n = 0;
  articles.forEach((article, i) => {
    const isOutcome = outcome === "all" || (outcome === "different" ? article.dataset.different === "yes" : article.dataset.outcome === outcome);
    const isSubject = !subject || !subject.value || article.dataset.subject === subject.value;
    article.hidden = !(isOutcome && isSubject && texts[i].includes(wanted));
    n += article.hidden ? 0 : 1;
  });
  document.getElementById("shown").textContent = n === articles.length ? `${n} listed` : `${n} of ${articles.length} listed`;
}

chips.forEach((chip) =>
  chip.addEventListener("click", () => {
    outcome = chip.dataset.outcome;
    chips.forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
    show();
  }),
);
if (subject) subject.addEventListener("change", show);
search.addEventListener("input", show);
document.getElementById("save").addEventListener("click", () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([JSON.stringify(data, null, 1)], { type: "application/json" }));
  link.download = "questions.json";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
show();
