/** 回访：告诉您七天以后的一个问题，只问一次，点一下就答完。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const settings = require('../../services/settings')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const THANKS = {
  applied: '好的，进度在“我的办件”里看',
  will_apply: '好的，想好了随时来办',
  did_not_understand: '对不起，没有说清楚。可以看看“为什么是您”，也可以打电话问人',
  not_for_me: '好的，这项政策不再提示',
}

Page(
  screen({
    data: { policyId: '', ready: false, question: null, answered: '', told: '' },

    onLoad(options) {
      this.setData({ policyId: options.policy_id || '' })
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const asked = await api.get('/me/follow-ups')
        const found = asked.items.find((one) => one.policy_id === this.data.policyId)
        this.setData({
          ready: true,
          question: found ? { title: found.policy_title, at: words.moment(found.asked_at) } : null,
        })
      })
    },

    retry() {
      this.load()
    },

    answer(event) {
      const { answer } = event.currentTarget.dataset
      const { policyId, busy } = this.data
      if (busy) return
      attempt(this, async () => {
        await keys.once(`follow-up:${policyId}`, (key) =>
          api.post(`/me/matches/${encodeURIComponent(policyId)}/follow-up`, { body: { answer }, key }),
        )
        this.setData({ answered: answer, told: THANKS[answer] })
      })
    },

    openPolicy() {
      wx.navigateTo({ url: `/pages/matches/detail${api.query({ policy_id: this.data.policyId })}` })
    },

    objectTo() {
      wx.navigateTo({ url: `/pages/matches/wrong${api.query({ policy_id: this.data.policyId })}` })
    },

    call() {
      wx.makePhoneCall({ phoneNumber: settings.hotline, fail: () => undefined })
    },
  }),
)
