/** 信息有误：判断用了哪几项、谁说的；挑出不对的那一项，请那个部门核实。 */
const api = require('../../services/api')
const session = require('../../services/session')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

/** 说不清是哪一项：判断所依据的，每个部门都核实。 */
const EVERY = 'every'

function choices(facts) {
  const known = facts
    .filter((one) => one.label)
    .map((one) => ({ value: one.fact, label: `${one.label}（${one.source}，${words.day(one.as_of)}）` }))
  return known.concat({ value: EVERY, label: '说不清是哪一项，请都核实一下' })
}

Page(
  screen({
    data: { policyId: '', title: '', field: null, fact: '', comment: '', errors: {}, sent: false },

    onLoad(options) {
      this.setData({ policyId: options.policy_id || '' })
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const id = encodeURIComponent(this.data.policyId)
        const [policy, told] = await Promise.all([api.get(`/policies/${id}`), api.get(`/me/matches/${id}`)])
        const options = choices(told.matched ? told.matched.facts : [])
        this.setData({
          title: policy.title,
          field: { key: 'fact', label: '哪一项不对？', type: 'select', help: '', options, required: true, readonly: false },
        })
      })
    },

    retry() {
      this.load()
    },

    choose(event) {
      this.setData({ fact: event.detail.value, errors: {} })
    },

    write(event) {
      this.setData({ comment: event.detail.value })
    },

    send() {
      const { policyId, comment, busy } = this.data
      if (busy) return
      if (!this.data.fact) {
        this.setData({ errors: { fact: ['请先选一项，再点“请部门核实”'] } })
        return
      }
      const fact = this.data.fact === EVERY ? null : this.data.fact
      attempt(this, async () => {
        await api.post(`/me/matches/${encodeURIComponent(policyId)}/dismissal`, { body: { reason: 'information_wrong', fact, comment } })
        this.setData({ sent: true })
      })
    },

    openPolicy() {
      wx.redirectTo({ url: `/pages/matches/detail${api.query({ policy_id: this.data.policyId })}` })
    },
  }),
)
