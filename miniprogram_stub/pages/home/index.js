/** 首页：现在就属于我的政策在最前面，其次是还差信息的。 */
const api = require('../../services/api')
const session = require('../../services/session')
const settings = require('../../services/settings')
const { screen, attempt } = require('../../services/screen')

function row(match) {
  const missing = match.missing.map((one) => one.label).join('、')
  return {
    id: match.policy.id,
    title: match.policy.title,
    summary: match.policy.summary,
    amount: match.amount ? match.amount.text : '',
    fresh: match.new,
    missing,
    eligible: match.outcome === 'eligible',
  }
}

Page(
  screen({
    data: { ready: false, verified: false, mine: [], nearly: [], told: '' },

    onShow() {
      this.load()
    },

    onPullDownRefresh() {
      this.load().then(() => wx.stopPullDownRefresh())
    },

    load() {
      return attempt(this, async () => {
        const [mine, found] = await Promise.all([session.me(), session.start().then(() => api.get('/me/matches'))])
        const rows = found.items.map(row)
        this.setData({
          ready: true,
          verified: mine.assurance === 'real_name',
          mine: rows.filter((one) => one.eligible),
          nearly: rows.filter((one) => !one.eligible),
        })
      })
    },

    retry() {
      this.load()
    },

    toggleCare() {
      attempt(this, () => session.setCareMode(!this.data.care))
    },

    refresh() {
      attempt(this, async () => {
        const fetched = await api.post('/me/facts/refresh', { body: { purposes: ['matching'] } })
        const failed = fetched.failed.length ? `；${fetched.failed.join('、')}暂时没有回应，过一会儿再试` : ''
        this.setData({ told: `已向${fetched.answered.length}个部门更新信息${failed}` })
        await this.load()
      })
    },

    open(event) {
      wx.navigateTo({ url: event.currentTarget.dataset.url })
    },

    call() {
      wx.makePhoneCall({ phoneNumber: settings.hotline, fail: () => undefined })
    },
  }),
)
