"use strict";

const WORDS = {
  logins: { title: "登录", count: "登录次数", residents: "登录人数" },
  residents: { title: "注册用户", wechat: "仅微信登录", phone: "已绑定手机", real_name: "已实名" },
  matches: { title: "政策匹配", eligible: "符合条件", undetermined: "还差信息", ineligible: "曾匹配、现不符合" },
  grants: { title: "免申即享", grantable: "可以一键确认的匹配", prepared: "已打开待确认", confirmed: "已确认成为办件", declined: "本人不领取" },
  pushes: {
    title: "消息推送", queued: "待发送", sending: "发送中", accepted: "微信已受理", delivered: "已送达",
    rejected: "微信未能送达", refused: "用户未订阅", suppressed: "未发微信，仅在站内", failed: "发送失败",
    unknown: "结果未知", unconfirmed: "未收到送达回执", joined: "合并在另一条微信通知里", held: "暂停发送", expired: "过期未发", dead: "发送失败（已放弃）",
  },
  cases: {
    title: "办件", draft: "草稿", submitted: "待受理", supplement: "待补正", accepted: "办理中", paused: "特别程序",
    approved: "办结（通过）", rejected: "办结（不予）", refused: "不予受理", withdrawn: "已撤回", revoked: "已撤销",
  },
  ratings: { title: "好差评", 5: "5 非常满意", 4: "4 满意", 3: "3 基本满意", 2: "2 不满意", 1: "1 非常不满意" },
};
const TOKEN = "ops-token";
const find = (id) => document.getElementById(id);

async function call(path, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const reply = await fetch(path, { ...options, headers });
  const body = reply.status === 204 ? {} : await reply.json();
  if (!reply.ok) {
    throw Object.assign(new Error(body.message || "系统繁忙，请稍后再试"), { status: reply.status });
  }
  return body;
}

function row(label, value, warn) {
  const line = document.createElement("tr");
  const name = document.createElement("th");
  const number = document.createElement("td");
  name.scope = "row";
  name.textContent = label;
  number.textContent = value;
  if (warn) number.className = "warn";
  line.append(name, number);
  return line;
}

function card(title, rows, note) {
  const box = document.createElement("section");
  const head = document.createElement("h2");
  const table = document.createElement("table");
  box.className = "card";
  head.textContent = title;
  table.append(...rows);
  box.append(head, table);
  if (note) {
    const text = document.createElement("p");
    text.textContent = note;
    box.append(text);
  }
  return box;
}

function counted(kind, counts, warned = []) {
  const words = WORDS[kind];
  const keys = [...new Set([...Object.keys(words).filter((key) => key !== "title"), ...Object.keys(counts)])];
  return keys
    .filter((key) => key in counts || kind === "ratings")
    .map((key) => row(words[key] || key, counts[key] || 0, warned.includes(key) && counts[key] > 0));
}

const percent = (share) => (share === null ? "—" : `${(share * 100).toFixed(1)}%`);

function show(data) {
  const pushes = counted("pushes", data.pushes.by_state, ["unknown", "failed", "dead"]);
  const cases = [...counted("cases", data.cases), row("超期未办结", data.overdue, data.overdue > 0)];
  const ratings = data.ratings;
  const interval = ratings.satisfied_interval;
  const stars = counted("ratings", ratings.by_score, ["1", "2"]).reverse();
  find("cards").replaceChildren(
    card(WORDS.logins.title, counted("logins", data.logins)),
    card(WORDS.residents.title, counted("residents", data.residents)),
    card(WORDS.matches.title, counted("matches", data.matches)),
    card(WORDS.grants.title, counted("grants", data.grants)),
    card(WORDS.pushes.title, pushes, `共 ${data.pushes.total} 条；最久应发未发 ${Math.round(data.pushes.oldest_due_seconds)} 秒`),
    card(WORDS.cases.title, cases),
    card(WORDS.ratings.title, [
      ...stars,
      row("参评率", `${ratings.rated}/${ratings.handled}（${percent(ratings.rated_share)}）`),
      row("满意率", percent(ratings.satisfied_share)),
      row("待整改差评", ratings.open_follow_ups, ratings.open_follow_ups > 0),
    ], interval ? `满意率 95% 区间 ${percent(interval[0])}–${percent(interval[1])}；未评价不计为满意` : "未评价不计为满意"),
  );
}

async function load() {
  const form = new FormData(find("period"));
  find("numbers-fault").textContent = "";
  try {
    show(await call(`/api/v1/ops/summary?from=${form.get("from")}&to=${form.get("to")}`));
  } catch (error) {
    if (error.status === 401) return leave();
    find("numbers-fault").textContent = error.message;
  }
}

function enter(name) {
  find("login").hidden = true;
  find("numbers").hidden = false;
  find("leave").hidden = false;
  find("who").hidden = false;
  find("who").textContent = name;
  load();
}

function leave() {
  sessionStorage.clear();
  find("login").hidden = false;
  find("numbers").hidden = true;
  find("leave").hidden = true;
  find("who").hidden = true;
  find("cards").replaceChildren();
}

find("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("login-fault").textContent = "";
  try {
    const entered = Object.fromEntries(new FormData(event.target));
    const session = await call("/api/v1/staff/auth/login", { method: "POST", body: JSON.stringify(entered) });
    sessionStorage.setItem(TOKEN, session.token);
    sessionStorage.setItem("ops-name", session.officer.name);
    event.target.reset();
    enter(session.officer.name);
  } catch (error) {
    find("login-fault").textContent = error.message;
  }
});
find("period").addEventListener("submit", (event) => { event.preventDefault(); load(); });
find("leave").addEventListener("click", async () => {
  try { await call("/api/v1/staff/auth/logout", { method: "POST" }); } catch { /* the session ends on this page either way */ }
  leave();
});

const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new Date());
for (const field of find("period").querySelectorAll("input")) field.value = today;
if (sessionStorage.getItem(TOKEN)) enter(sessionStorage.getItem("ops-name") || "");
