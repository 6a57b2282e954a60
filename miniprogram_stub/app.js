/** 掌上办：开屏时静默登录，不弹窗、不强求手机号和实名。 */
const session = require('./services/session')

App({
  onLaunch() {
    // 失败不在这里打扰人：每一页自己说明，并给出“重试”
    session.start().catch(() => undefined)
  },
})
