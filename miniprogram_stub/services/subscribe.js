/**
 * 订阅消息。微信的规矩：wx.requestSubscribeMessage 只能在点击里直接调用，点击与调用之间不能有网络请求。
 * 所以先 prepare（页面打开时问服务器该问哪几个），点击时 ask 立刻调用，之后才上报。
 */
const api = require('./api')

const MOST = 3
const CHOICES = ['accept', 'reject', 'ban', 'filter']
const REFUSED = {
  20004: '您在微信里关闭了订阅消息。要打开：右上角“…”→ 设置 → 通知管理',
  20005: '微信暂时不能发送提醒，进度请在“消息”里看',
}
const NOT_ASKED = '这次没有打开提醒，进度随时可以在“消息”里看'
const prepared = {}

/** 问服务器这个时刻该问哪些模板；返回它们的名称，没有就是空。 */
async function prepare(moment) {
  const found = await api.get(`/me/subscriptions/prompts${api.query({ moment })}`)
  prepared[moment] = found.items.slice(0, MOST).map((item) => item.template_id)
  return found.items.slice(0, MOST).map((item) => item.title)
}

function chosen(asked, answer) {
  const results = {}
  asked.forEach((template) => {
    if (CHOICES.includes(answer[template])) results[template] = answer[template]
  })
  return results
}

async function report(results) {
  if (!Object.keys(results).length) return NOT_ASKED
  // 上报只是提示，服务器以微信的事件为准；报不上也不打扰人
  await api.post('/me/subscriptions', { body: { results } }).catch(() => undefined)
  const accepted = Object.keys(results).filter((template) => results[template] === 'accept').length
  return accepted ? '好的，有进展会在微信里提醒您' : NOT_ASKED
}

/** 只在点击处理函数里直接调用。返回给人看的一句话。 */
function ask(moment) {
  const asked = prepared[moment] || []
  if (!asked.length) return Promise.resolve(NOT_ASKED)
  return new Promise((resolve) => {
    wx.requestSubscribeMessage({
      tmplIds: asked,
      success: (answer) => resolve(report(chosen(asked, answer))),
      fail: (failure) => resolve(REFUSED[failure.errCode] || NOT_ASKED),
    })
  })
}

module.exports = { prepare, ask }
