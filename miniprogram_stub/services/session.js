/** 我们自己的会话：wx.login 的 code 换令牌；长辈版由服务器记着，这里只留一份供第一眼显示。 */
const api = require('./api')

const PLACE = 'session'
const SPENT = ['auth.wechat.code_invalid', 'auth.wechat.code_used', 'auth.wechat.try_again']

let kept = wx.getStorageSync(PLACE) || { token: '', careMode: false }
let loggingIn = null

function keep(changes) {
  kept = { ...kept, ...changes }
  wx.setStorageSync(PLACE, kept)
}

function code() {
  return new Promise((resolve, reject) => {
    wx.login({
      success: (result) => resolve(result.code),
      fail: () => reject(new api.ApiError(0, { code: 'network', message: '微信登录没有成功，请稍后点“重试”' })),
    })
  })
}

async function exchange(again) {
  try {
    return await api.post('/auth/wechat/login', { body: { code: await code() }, anonymous: true })
  } catch (error) {
    // code 只能用一次、只有 5 分钟；换一个新的再来，且只再来一次
    if (!again || !SPENT.includes(error.code)) throw error
    return exchange(false)
  }
}

/** 登录；几处同时要登录时，只登录一次。 */
function renew() {
  if (!loggingIn) {
    loggingIn = exchange(true)
      .then((given) => {
        keep({ token: given.token, careMode: given.resident.care_mode })
        return given.resident
      })
      .finally(() => {
        loggingIn = null
      })
  }
  return loggingIn
}

/** 有令牌就用，没有才登录。 */
async function start() {
  if (loggingIn) await loggingIn
  if (!kept.token) await renew()
}

/** 我的资料与设置；长辈版以服务器说的为准。 */
async function me() {
  await start()
  const mine = await api.get('/me')
  keep({ careMode: mine.care_mode })
  return mine
}

/** 开关长辈版；记在服务器上，换一部手机也一样。 */
async function setCareMode(wanted) {
  const mine = await api.get('/me')
  // wx.request 发不出 PATCH，所以用 POST /me/settings
  const changed = await api.post('/me/settings', { body: { care_mode: wanted }, version: mine.version })
  keep({ careMode: changed.care_mode })
  return changed
}

/** 退出登录：服务器上的会话也结束。 */
async function logout() {
  await api.post('/auth/logout')
  keep({ token: '' })
}

api.authenticate({ token: () => kept.token, renew })

module.exports = { start, renew, me, setCareMode, logout, careMode: () => kept.careMode === true }
