/** 补充材料：一次列全的单子，逐步改回答，写一句说明，一次交齐。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { screen, attempt } = require('../../services/screen')

const MOMENT = 'after_supplement'

Page(
  screen({
    data: { name: '', waiting: false, items: [], reason: '', due: '', steps: [], step: null, answers: {}, values: {}, errors: {}, note: '', sent: false, told: '', canRemind: false },

    onLoad(options) {
      this.applicationId = options.application_id || ''
      this.load()
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get(`/applications/${this.applicationId}`)
        const asked = found.supplement || { items: [], reason: '', due_on: null }
        this.setData({
          name: found.service_name,
          waiting: found.next_action === 'supplement',
          items: asked.items,
          reason: asked.reason,
          due: words.day(asked.due_on),
          steps: found.steps,
        })
        const titles = await subscribe.prepare(MOMENT).catch(() => [])
        this.setData({ canRemind: titles.length > 0 })
      })
    },

    retry() {
      this.load()
    },

    open(event) {
      const { number } = event.currentTarget.dataset
      attempt(this, async () => {
        const step = await api.get(`/applications/${this.applicationId}/steps/${number}`)
        const values = {}
        step.fields.forEach((field) => {
          values[field.key] = field.key in this.data.answers ? this.data.answers[field.key] : field.value
        })
        this.setData({ step, values })
      })
    },

    answered(event) {
      const { key, value } = event.detail
      this.setData({ [`answers.${key}`]: value, [`values.${key}`]: value, errors: {} })
    },

    write(event) {
      this.setData({ note: event.detail.value })
    },

    send() {
      const { answers, note, busy } = this.data
      if (busy) return
      attempt(this, async () => {
        try {
          await keys.once(`supplement:${this.applicationId}`, (key) =>
            api.post(`/applications/${this.applicationId}/supplement`, { body: { answers, note }, key }),
          )
        } catch (error) {
          this.setData({ errors: error.errors || {} })
          throw error
        }
        this.setData({ sent: true, step: null })
      })
    },

    remind() {
      subscribe.ask(MOMENT).then((told) => this.setData({ told }))
    },

    follow() {
      wx.redirectTo({ url: `/pages/applications/detail${api.query({ application_id: this.applicationId })}` })
    },
  }),
)
