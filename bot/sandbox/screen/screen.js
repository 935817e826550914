// Two phones over the sandbox's control endpoints. Text from outside only ever becomes textContent.
"use strict";

const $ = (id) => document.getElementById(id);
const ZONE = "America/Sao_Paulo";
const REFRESH = 700; // milliseconds
const CHECKS = { accepted: "enviando", sent: "✓", delivered: "✓✓", read: "✓✓ lida" };
const chosen = { telegram: null, whatsapp: null };
const quoting = { telegram: null, whatsapp: null };
const drawn = {};
let state = null;

async function call(path, body) {
  const answer = await fetch(path, body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error || `erro ${answer.status}`);
  return content;
}

async function act(path, body) {
  try {
    $("problem").textContent = "";
    const answer = await call(path, body);
    await refresh();
    return answer;
  } catch (error) {
    $("problem").textContent = `Não deu certo: ${error.message}`;
    return null;
  }
}

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function button(text, press) {
  const made = element("button", "", text);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

function moment(iso) {
  return new Date(iso).toLocaleString("pt-BR", { timeZone: ZONE, dateStyle: "short", timeStyle: "short" });
}

// Draw only what changed, so that focus, selection and scrolling stay where the person left them.
function changed(name, value) {
  const now = JSON.stringify(value);
  if (drawn[name] === now) return false;
  drawn[name] = now;
  return true;
}

function fillChat(list, items) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 60;
  list.replaceChildren(...items);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function bubble(mine, text, quoted, meta, answer) {
  const item = element("li", mine ? "message mine" : "message");
  if (quoted) item.append(element("p", "quoted", quoted.slice(0, 120)));
  if (text) item.append(element("p", "text", text));
  const foot = element("p", "meta");
  const reply = button("Responder", answer);
  reply.className = "answer";
  foot.append(reply, meta);
  item.append(foot);
  return item;
}

function quote(phone, id, text) {
  quoting[phone] = id;
  const line = $(`${phone}-quoting`);
  line.replaceChildren();
  if (id === null) return;
  line.append(`Respondendo: ${text.slice(0, 80)} `, button("✕", () => quote(phone, null)));
  $(`${phone}-text`).focus();
}

function telegramMessage(message, byId) {
  const quoted = byId.get(message.reply_to_message_id);
  const meta = `${message.edited ? "editada · " : ""}${moment(message.date)}`;
  const item = bubble(message.from === "user", message.text, quoted && quoted.text, meta,
    () => quote("telegram", message.message_id, message.text));
  if (message.document) {
    const link = element("a", "", message.is_photo ? "" : message.document.filename);
    link.href = `sandbox/telegram/file/${encodeURIComponent(message.document.file_id)}`;
    if (message.is_photo) {
      const picture = element("img");
      picture.src = link.href;
      picture.alt = message.text;
      link.append(picture);
    }
    link.download = message.document.filename;
    item.prepend(link);
  }
  for (const row of message.buttons) {
    const line = element("div", "row");
    for (const one of row) line.append(button(one.url ? `${one.text} ↗` : one.text, () => tap(message.message_id, one)));
    item.append(line);
  }
  return item;
}

async function tap(messageId, one) {
  const body = { chat_id: chosen.telegram, message_id: messageId, text: one.text };
  if (one.data) body.data = one.data;
  const answer = await act("sandbox/telegram/taps", body);
  if (answer && answer.result.kind === "url") $("toast").textContent = `Abriria: ${answer.result.url}`;
}

function whatsappMessage(message, byId) {
  const quoted = byId.get(message.quoting);
  const mine = message.from === "dentist";
  const text = message.filename ? `[${message.filename}]\n${message.text}` : message.text || `(${message.type})`;
  const meta = `${moment(message.at)}${mine ? "" : ` ${CHECKS[message.status] || message.status}`}`;
  const item = bubble(mine, text, quoted && quoted.text, meta, () => quote("whatsapp", message.id, message.text));
  if (message.buttons.length) {
    const line = element("div", "row");
    for (const text of message.buttons) {
      line.append(button(text, () => act("sandbox/whatsapp/presses", { number: chosen.whatsapp, button: text, wamid: message.id })));
    }
    item.append(line);
  }
  return item;
}

function fillPeople(select, phone, people, key) {
  if (chosen[phone] === null && people.length) chosen[phone] = people[0][key];
  if (!changed(`${phone}-people`, [people, chosen[phone]])) return;
  select.replaceChildren(...people.map((person) => {
    const option = element("option", "", `${person.name} · ${person[key]}`);
    option.value = person[key];
    option.selected = person[key] === chosen[phone];
    return option;
  }));
}

function draw() {
  $("now").textContent = new Date(state.clock.now).toLocaleString("pt-BR", { timeZone: ZONE, dateStyle: "full", timeStyle: "medium" });
  fillPeople($("analyst"), "telegram", state.analysts, "chat_id");
  fillPeople($("dentist"), "whatsapp", state.dentists, "number");
  const telegram = state.telegram || { messages: [], toast: null, keyboard: null };
  if (changed("telegram", telegram)) {
    const byId = new Map(telegram.messages.map((message) => [message.message_id, message]));
    fillChat($("telegram-chat"), telegram.messages.map((message) => telegramMessage(message, byId)));
    $("toast").textContent = telegram.toast || "";
    $("reply-keyboard").replaceChildren(...(telegram.keyboard || []).flat().map((text) =>
      button(text, () => act("sandbox/telegram/writes", { chat_id: chosen.telegram, text }))));
  }
  const whatsapp = state.whatsapp || { messages: [], window_open_until: null };
  $("window").textContent = whatsapp.window_open_until
    ? `Janela de 24 horas aberta até ${moment(whatsapp.window_open_until)}` : "Janela de 24 horas fechada";
  if (changed("whatsapp", whatsapp.messages)) {
    const byId = new Map(whatsapp.messages.map((message) => [message.id, message]));
    fillChat($("whatsapp-chat"), whatsapp.messages.map((message) => whatsappMessage(message, byId)));
  }
}

async function refresh() {
  const query = new URLSearchParams();
  if (chosen.telegram !== null) query.set("telegram", chosen.telegram);
  if (chosen.whatsapp !== null) query.set("whatsapp", chosen.whatsapp);
  state = await call(`sandbox/state?${query}`);
  draw();
}

// Reading happens where a person looks: what is on the dentist's open screen counts as read.
async function watch() {
  try {
    await refresh();
    const unread = state.whatsapp && state.whatsapp.messages.some((message) => message.status === "delivered");
    if (unread && !document.hidden) await call("sandbox/whatsapp/opens", { number: chosen.whatsapp });
    if ($("problem").dataset.lost) { delete $("problem").dataset.lost; $("problem").textContent = ""; }
  } catch (error) {
    $("problem").dataset.lost = "yes";
    $("problem").textContent = "Sem resposta do simulador; tentando de novo…";
  }
  setTimeout(watch, REFRESH);
}

async function contentOf(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}

function onSend(phone, write) {
  const form = $(`${phone}-form`), field = $(`${phone}-text`);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (chosen[phone] === null || !field.value.trim()) return;
    if (await write(field.value)) { field.value = ""; quote(phone, null); }
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
  });
}

onSend("telegram", (text) => act("sandbox/telegram/writes",
  { chat_id: chosen.telegram, text, reply_to_message_id: quoting.telegram }));
onSend("whatsapp", (text) => act("sandbox/whatsapp/writes", { number: chosen.whatsapp, text, quoting: quoting.whatsapp }));

$("telegram-file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file && chosen.telegram !== null) {
    await act("sandbox/telegram/sends_document", { chat_id: chosen.telegram, filename: file.name, content_base64: await contentOf(file) });
  }
  event.target.value = "";
});
$("whatsapp-file").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file && chosen.whatsapp !== null) {
    const content = { number: chosen.whatsapp, content_base64: await contentOf(file), mime_type: file.type || "application/octet-stream" };
    if (file.type.startsWith("image/")) await act("sandbox/whatsapp/sends_image", content);
    else if (file.type.startsWith("audio/")) await act("sandbox/whatsapp/sends_audio", content);
    else await act("sandbox/whatsapp/sends_document", { ...content, filename: file.name });
  }
  event.target.value = "";
});

$("analyst").addEventListener("change", (event) => { chosen.telegram = Number(event.target.value); quote("telegram", null); refresh(); });
$("dentist").addEventListener("change", (event) => { chosen.whatsapp = event.target.value; quote("whatsapp", null); refresh(); });
$("new-analyst").addEventListener("click", async () => {
  const name = window.prompt("Nome do analista");
  if (!name) return;
  const chatId = 1001 + state.analysts.length;
  if (await act("sandbox/telegram/person", { chat_id: chatId, first_name: name })) { chosen.telegram = chatId; await refresh(); }
});
$("new-dentist").addEventListener("click", async () => {
  const number = window.prompt("Telefone do dentista, com DDD", "71 98000-0017");
  if (!number) return;
  const digits = number.replace(/\D/g, "");
  const name = window.prompt("Nome no WhatsApp") || undefined;
  const answer = await act("sandbox/whatsapp/person", { number: digits.length > 11 ? digits : `55${digits}`, name });
  if (answer) { chosen.whatsapp = answer.result.number; await refresh(); }
});

// São Paulo has kept UTC−3 since 2019, without daylight saving time.
const asUtc = (local) => new Date(`${local}:00-03:00`).toISOString();
$("hour").addEventListener("click", () => act("clock", { forward: 3600 }));
$("day").addEventListener("click", () => act("clock", { forward: 86400 }));
$("friday").addEventListener("click", () => {
  const local = new Date(new Date(state.clock.now).getTime() - 3 * 3600e3);
  local.setUTCDate(local.getUTCDate() + (((5 - local.getUTCDay() + 7) % 7) || 7));
  act("clock", { now: asUtc(`${local.toISOString().slice(0, 10)}T09:00`) });
});
$("go").addEventListener("click", () => { if ($("moment").value) act("clock", { now: asUtc($("moment").value) }); });

watch();
