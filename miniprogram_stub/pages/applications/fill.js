/** 一步一屏地填：随改随存，错误写在那一项下面；核对；提交（点几次都只有一件）。 */
const api = require('../../services/api')
const keys = require('../../services/keys')
const session = require('../../services/session')
const subscribe = require('../../services/subscribe')
const words = require('../../services/words')
const { Draft } = require('../../services/draft')
const { screen, attempt } = require('../../services/screen')

const TYPING = 1200
const MOMENT = 'after_submit'

function reviewed(found) {
  return {
    complete: found.complete,
    firstIncomplete: found.first_incomplete,
    steps: found.steps.map((step) => ({
      number: step.number,
      title: step.title,
      answers: step.answers.map((answer) => ({
        key: answer.key,
        label: answer.label,
        display: answer.display || '（没有填）',
        wrong: (step.errors[answer.key] || []).join('；'),
      })),
    })),
    materials: found.materials,
  }
}

Page(
  screen({
    data: {
      mode: '',
      name: '',
      steps: [],
      step: null,
      values: {},
      errors: {},
      saved: '',
      saveFailed: false,
      review: null,
      receipt: null,
      canRemind: false,
      told: '',
    },

    onLoad(options) {
      this.applicationId = options.application_id || ''
      this.wanted = Number(options.step) || null
      this.load()
    },

    onHide() {
      this.flush()
    },

    onUnload() {
      this.flush()
    },

    /** 离开时把还没存的存上；存不上的，回来还在这一页上。 */
    flush() {
      clearTimeout(this.timer)
      if (this.draft && this.draft.dirty) this.draft.save(false).catch(() => undefined)
    },

    load() {
      return attempt(this, async () => {
        await session.start()
        const found = await api.get(`/applications/${this.applicationId}`)
        if (found.status !== 'draft') {
          wx.redirectTo({ url: `/pages/applications/detail${api.query({ application_id: found.id })}` })
          return
        }
        this.setData({ name: found.service_name, steps: found.steps })
        const number = this.wanted || found.next_step
        await (number === null ? this.openReview() : this.openStep(number))
      })
    },

    retry() {
      if (this.data.mode === 'step') this.saveNow()
      else this.load()
    },

    async openStep(number) {
      this.draft = new Draft(this.applicationId, number)
      this.touched = {}
      this.setData({ errors: {}, saved: '', saveFailed: false })
      this.show(await this.draft.read())
      wx.pageScrollTo({ scrollTop: 0, duration: 0 })
    },

    /** 显示这一步；正在改的那些以手机上的为准，其余以服务器为准，已经不该问的就没有了。 */
    show(step) {
      const values = {}
      step.fields.forEach((field) => {
        values[field.key] = field.key in this.touched ? this.touched[field.key] : field.value
      })
      this.setData({ mode: 'step', step, values })
    },

    answered(event) {
      const { key, value, settled } = event.detail
      this.touched[key] = value
      this.draft.edit(key, value)
      const errors = {}
      Object.keys(this.data.errors)
        .filter((path) => path.split('.')[0] !== key)
        .forEach((path) => {
          errors[path] = this.data.errors[path]
        })
      this.setData({ [`values.${key}`]: value, errors, saved: '还没保存' })
      clearTimeout(this.timer)
      this.timer = setTimeout(() => this.saveNow(), settled ? 0 : TYPING)
    },

    left() {
      clearTimeout(this.timer)
      if (this.draft.dirty) this.saveNow()
    },

    /** 随改随存；存好后再读一次，因为回答会让别的问题出现或消失。 */
    async saveNow() {
      const { draft } = this
      this.setData({ saved: '正在保存…', saveFailed: false })
      try {
        await draft.save(false)
        const step = draft.dirty ? null : await draft.read()
        if (step && draft === this.draft && !draft.dirty) this.show(step)
        this.setData({ saved: draft.dirty ? '还没保存' : `已保存 ${words.clock()}`, failure: '' })
      } catch (error) {
        this.refused(error)
      }
    },

    refused(error) {
      if (error.code === undefined) throw error
      const named = Object.keys(error.errors).length > 0
      this.setData({
        errors: { ...this.data.errors, ...error.errors },
        saved: named ? '有一项没有保存，请看下面的说明' : `没有保存上：${error.message}`,
        saveFailed: true,
      })
    },

    next() {
      clearTimeout(this.timer)
      if (this.data.busy) return
      attempt(this, async () => {
        const saved = await this.draft.save(true)
        this.setData({ errors: saved.errors, saved: `已保存 ${words.clock()}` })
        if (Object.keys(saved.errors).length) {
          this.setData({ failure: '还有没填好的，请看每一项下面的说明' })
          return
        }
        await this.refreshSteps()
        await (saved.next_step === null ? this.openReview() : this.openStep(saved.next_step))
      }).then((done) => done || this.setData({ saved: '没有保存上' }))
    },

    previous() {
      clearTimeout(this.timer)
      attempt(this, async () => {
        if (this.draft.dirty) await this.draft.save(false)
        await this.openStep(this.data.step.previous_step)
      })
    },

    async refreshSteps() {
      this.setData({ steps: (await api.get(`/applications/${this.applicationId}`)).steps })
    },

    async openReview() {
      const found = await api.get(`/applications/${this.applicationId}/review`)
      this.setData({ mode: 'review', review: reviewed(found) })
      wx.pageScrollTo({ scrollTop: 0, duration: 0 })
      const titles = await subscribe.prepare(MOMENT).catch(() => [])
      this.setData({ canRemind: titles.length > 0 })
    },

    change(event) {
      attempt(this, () => this.openStep(Number(event.currentTarget.dataset.number)))
    },

    submit() {
      if (this.data.busy) return
      attempt(this, async () => {
        const receipt = await keys.once(`submission:${this.applicationId}`, (key) =>
          api.post(`/applications/${this.applicationId}/submission`, { key }),
        )
        this.draft = null
        this.setData({
          mode: 'receipt',
          receipt: { number: receipt.receipt_no, at: words.moment(receipt.submitted_at), due: words.day(receipt.deadline) },
        })
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
